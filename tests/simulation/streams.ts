/**
 * Scenario: games with several streams, and avatars whose clients change stream all the time while links are cut. Each client hears every
 * step of its avatar once and in order, holds what belongs to it at that moment, and in the end what its avatar's script holds.
 */
import assert from "node:assert/strict";
import type { Client } from "../../client/client.js";
import { SimulatedCluster } from "../../testing/index.js";
import { eventually } from "./eventually.js";
import { mirrorProblems } from "./invariants.js";
import type { Scenario } from "./scenario.js";
import { world } from "./worlds/hop-world.js";

const OPEN_LIMIT_MS = 30_000;
const HOPPING_MS = 4_000;
const CALM_LIMIT_MS = 5_000;
const CLIENT_COUNT = 6;

export const streamSwitches: Scenario = async (seed, watch) => {
  const workers = 1 + (seed % 3);
  // Cut this often, a link may have to be dialled many times; what happens when it stays away is for the crash scenarios.
  const link = { closedGraceMs: 10_000 };
  const config = { cluster: { games: 2, gates: 2 }, game: { workers, tickMs: 50, opLogBytes: 65_536 }, link };
  const cluster = new SimulatedCluster(world, { seed, config });
  watch?.(cluster);
  cluster.startAll();
  assert.ok(await cluster.runUntil(() => cluster.isOpen, OPEN_LIMIT_MS), "the cluster opens");
  const hoppers = Array.from({ length: CLIENT_COUNT }, (_, i) => new Listener(cluster, `hopper${i}`));
  const untilMs = cluster.scheduler.nowMs() + HOPPING_MS;
  cluster.network.flap({ meanIntervalMs: 60, untilMs, among: (dialler) => dialler.startsWith("gate") });
  await cluster.run(HOPPING_MS);
  for (const hopper of hoppers) hopper.rest();
  const problems = () => [...mirrorProblems(cluster, hoppers), ...hoppers.flatMap((hopper) => hopper.problems())];
  assert.deepEqual(await eventually(cluster, CALM_LIMIT_MS, problems), []);
  if (workers > 1) assert.ok(switchCount(cluster) > HOPPING_MS / 100, `${switchCount(cluster)} switches`);
  cluster.stop();
};

function switchCount(cluster: SimulatedCluster): number {
  const gates = cluster.runningNames.filter((name) => name.startsWith("gate"));
  return gates.reduce((sum, name) => sum + (cluster.metrics(name).gate_stream_switches_total ?? 0), 0);
}

/** A client that notes what it hears. */
class Listener {
  readonly name: string;
  readonly client: Client;
  private readonly wrong: string[] = [];
  private heard = 0;
  private sessions = 0;

  constructor(cluster: SimulatedCluster, name: string) {
    this.name = name;
    this.client = cluster.client(name);
    this.client.on("own", (own) => {
      this.sessions++;
      this.heard = 0;
      if (this.sessions > 1) this.wrong.push("its own entity was announced again");
      own?.handle({ onStep: (step: number) => this.hear(step) } as never);
    });
    this.client.on("close", ({ code }) => this.wrong.push(`closed with ${code}`));
    this.client.connect().catch((error: unknown) => this.wrong.push(String(error)));
  }

  get own() {
    return this.client.own;
  }

  rest(): void {
    this.own?.send.rest?.();
  }

  problems(): string[] {
    const step = this.own?.get("step");
    const last = this.heard === step ? [] : [`${this.heard} steps were heard of ${step}`];
    return [...this.wrong, ...last].map((problem) => `${this.name}: ${problem}`);
  }

  private hear(step: number): void {
    const held = this.own?.get("step");
    // The first steps were before the client came.
    if (this.heard !== 0 && step !== this.heard + 1) this.wrong.push(`heard step ${step} after ${this.heard}`);
    if (held !== step) this.wrong.push(`holds step ${held} when it hears ${step}`);
    this.heard = step;
  }
}
