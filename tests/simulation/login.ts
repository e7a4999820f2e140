/**
 * Scenarios: clients log in and walk while links flap, and some peers lose each other for longer; in the end each is in the world once,
 * and every mirror is what the server has.
 */
import assert from "node:assert/strict";
import { randomIndex } from "../../engine/base/random.js";
import { world } from "../../entities/world.js";
import { SimulatedCluster } from "../../testing/index.js";
import { drawCut, LONG_PARTITIONS_MS, SHORT_PARTITIONS_MS, unleash } from "./chaos.js";
import { eventually } from "./eventually.js";
import { mirrorProblems, presenceProblems, spaceProblems, stubProblems, watchStubs } from "./invariants.js";
import { makePlayers } from "./player.js";
import type { Scenario } from "./scenario.js";

const OPEN_LIMIT_MS = 30_000;
const ALL_IN_LIMIT_MS = 60_000;
const CHAOS_MS = 3_500;
const CUT_INTERVAL_MS = 100;
/** Besides those. */
const CUTS_MAX = 2;
const REST_MS = 1_000;
/** A session that was cut and replaced is kept for its client that long. */
const RESUME_LIMIT_MS = 15_000;

interface Crowd {
  readonly playerCount: number;
  /** Besides the flapping. */
  readonly partitionsMs: readonly number[];
  readonly tickMs: number;
}

export const loginUnderFlaps: Scenario = (seed, watch) =>
  login(seed, watch, { playerCount: 50, partitionsMs: SHORT_PARTITIONS_MS, tickMs: 100 });

/** Partitions that end links. */
export const loginUnderPartitions: Scenario = (seed, watch) =>
  login(seed, watch, { playerCount: 15, partitionsMs: LONG_PARTITIONS_MS, tickMs: 100 });

async function login(seed: number, watch: Parameters<Scenario>[1], crowd: Crowd): Promise<void> {
  const cluster = new SimulatedCluster(world, {
    seed,
    config: { cluster: { games: 2, gates: 2 }, game: { tickMs: crowd.tickMs } },
  });
  watch?.(cluster);
  cluster.startAll();
  watchStubs(cluster);
  assert.ok(await cluster.runUntil(() => cluster.isOpen, OPEN_LIMIT_MS), "the cluster opens");
  cluster.network.flap({ meanIntervalMs: CUT_INTERVAL_MS, untilMs: cluster.scheduler.nowMs() + CHAOS_MS });
  const cuts = Array.from({ length: randomIndex(cluster.random, CUTS_MAX + 1) }, () =>
    drawCut(cluster, CHAOS_MS / 2, crowd.partitionsMs),
  );
  const players = makePlayers(cluster, crowd.playerCount);
  await cluster.run(Math.max(CHAOS_MS, unleash(cluster, cuts)));
  const allIn = await cluster.runUntil(() => players.every(({ isIn }) => isIn), ALL_IN_LIMIT_MS);
  assert.ok(allIn, `not logged in: ${presenceProblems(cluster, players).join("; ")}`);
  for (const player of players) player.rest();
  await cluster.run(REST_MS);
  const problems = () => [...stubProblems(cluster), ...spaceProblems(cluster), ...presenceProblems(cluster, players)];
  assert.deepEqual(await eventually(cluster, RESUME_LIMIT_MS, problems), []);
  // A connection that only one end knows to be cut is found by its silence, and what was missed comes then.
  const differences = () => mirrorProblems(cluster, players);
  assert.deepEqual(await eventually(cluster, RESUME_LIMIT_MS, differences), []);
  cluster.stop();
}
