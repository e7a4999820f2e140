/** Asks for paths as a game does: a service, its runner, and ticks by hand. */
import { Metrics } from "../../engine/base/metrics.js";
import { SeededRandom } from "../../engine/base/random.js";
import { realScheduler } from "../../engine/base/real-scheduler.js";
import { defaultConfig } from "../../engine/config/config.js";
import type { OpenNavRunner } from "../../engine/nav/nav-runner.js";
import { NavService } from "../../engine/nav/nav-service.js";
import { SpaceNav } from "../../engine/nav/space-nav.js";
import { ResultHash } from "../harness.js";
import type { Pairs } from "./setting.js";
import { ThreadClock } from "./thread-clock.js";

export interface PathRun {
  /** Per path, by the clock. */
  readonly us: number;
  /** Per path, of the thread that asks. */
  readonly scriptUs: number;
  readonly points: number;
  readonly hash: string;
}

/** Ticks' worth of paths that are under way at once. */
const TICKS_AHEAD = 2;

export class NavCrowd {
  readonly nav: SpaceNav;
  private readonly service: NavService;
  private readonly workers: number;
  private settled: (() => void) | null = null;

  private constructor(file: Uint8Array, workers: number, open: OpenNavRunner) {
    this.workers = workers;
    this.service = new NavService({
      config: { ...defaultConfig().nav, workers, timeoutMs: 60_000 },
      scheduler: realScheduler,
      random: new SeededRandom(1),
      metrics: new Metrics(),
      open,
      onSettled: () => this.settled?.(),
    });
    this.service.addFile("bench", file);
    this.nav = new SpaceNav(this.service, this.service.openMesh("bench"));
  }

  /** Resolves when the workers hold the mesh. */
  static async open(file: Uint8Array, workers: number, open: OpenNavRunner): Promise<NavCrowd> {
    const crowd = new NavCrowd(file, workers, open);
    if (workers === 0) return crowd;
    const asked: Promise<unknown>[] = [];
    for (let i = 0; i < workers * 256; i++) asked.push(crowd.nav.randomPoint());
    crowd.tick();
    await Promise.all(asked);
    return crowd;
  }

  tick(): void {
    this.service.tick();
    this.service.flush();
  }

  close(): Promise<void> {
    return this.service.close();
  }

  async run({ places, count }: Pairs, perTick: number): Promise<PathRun> {
    const { service, nav } = this;
    const sums = new Float64Array(count);
    let points = 0;
    let failure: unknown = null;
    const clock = new ThreadClock();
    for (let i = 0; i < count; ) {
      const end = Math.min(count, i + perTick);
      for (; i < end; i++) {
        const at = i * 6;
        const number = i;
        nav.findPath(pointAt(places, at), pointAt(places, at + 3)).then(
          (path) => {
            points += path.length;
            sums[number] = pathSum(path.coordinates);
          },
          (error: unknown) => {
            failure = error;
          },
        );
      }
      this.tick();
      await this.until(() => service.outstandingCount <= perTick * (TICKS_AHEAD - 1));
    }
    await this.until(() => service.outstandingCount === 0);
    await Promise.resolve();
    const { wallMs, ownMs } = clock.read(this.workers);
    if (failure !== null) throw failure;
    return { us: (wallMs * 1e3) / count, scriptUs: (ownMs * 1e3) / count, points: points / count, hash: hashOf(sums) };
  }

  private async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.settled = resolve;
      });
    }
    this.settled = null;
  }
}

export function pointAt(places: Float64Array, at: number) {
  return { x: places[at] as number, y: places[at + 1] as number, z: places[at + 2] as number };
}

/** A number that depends on each corner and its place in the path. */
function pathSum(coordinates: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < coordinates.length; i++) sum = addToSum(sum, coordinates[i] as number);
  return sum;
}

export function addToSum(sum: number, value: number): number {
  return sum * 0.75 + value;
}

export function hashOf(sums: Float64Array): string {
  const hash = new ResultHash();
  for (const sum of sums) hash.add(Math.round(sum * 1e3));
  return hash.text;
}
