/**
 * What probes of every server share: they stand side by side, move ten times a second at uneven moments, and measure how long it takes
 * until a neighbour sees it. All in one process and so on one clock. Driven by lines on standard input, as the load is.
 */
import { createInterface } from "node:readline";
import { Histogram } from "../../client/node/histogram.js";
import { MoveTrail } from "../../client/node/see-probe.js";

export const PROBE_COUNT = 6;
const MOVE_MS_MIN = 75;
const MOVE_MS_SPREAD = 50;
const STEP_UNITS = 0.1;
const LIFE_MS_MAX = 120_000;

export interface Probe {
  /** Where it stands. */
  readonly x: number;
  readonly z: number;
  join(): Promise<void>;
  move(x: number, z: number): void;
  leave(): void;
}

export class ProbeRun {
  private readonly see = new Histogram();
  private readonly trails: MoveTrail[] = [];
  private probes: readonly Probe[] = [];

  /** A probe sees that probe `index` is at `x`. */
  observe(index: number, x: number): void {
    const sentMs = this.trails[index]?.sentAtMs(x) ?? Number.NaN;
    if (!Number.isNaN(sentMs)) this.see.add(performance.now() - sentMs);
  }

  /** Runs until it is told to stop, two minutes at most. */
  async run(probes: readonly Probe[]): Promise<void> {
    this.probes = probes;
    setTimeout(() => process.exit(1), LIFE_MS_MAX).unref();
    createInterface({ input: process.stdin }).on("line", (line) => {
      if (line === "go") this.see.clear();
      else if (line === "stop") this.stop();
    });
    for (const [index, probe] of probes.entries()) {
      this.trails.push(new MoveTrail());
      await probe.join();
      this.moveOn(index, probe);
    }
    process.stdout.write(`${JSON.stringify({ event: "ready" })}\n`);
  }

  private moveOn(index: number, probe: Probe): void {
    const nowMs = performance.now();
    const away = (Math.random() * 2 - 1) * STEP_UNITS;
    const x = this.trails[index]?.note(probe.x + away, nowMs) ?? probe.x;
    probe.move(x, probe.z);
    setTimeout(() => this.moveOn(index, probe), MOVE_MS_MIN + Math.random() * MOVE_MS_SPREAD);
  }

  private stop(): void {
    const { see } = this;
    const line = { event: "summary", seen: see.count, seeMsP50: see.percentile(0.5), seeMsP99: see.percentile(0.99) };
    process.stdout.write(`${JSON.stringify(line)}\n`);
    for (const probe of this.probes) probe.leave();
    process.exit(0);
  }
}
