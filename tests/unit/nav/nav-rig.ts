/** A small level with one wall, its mesh, and a service whose ticks and time are the test's. */
import { addBox } from "../../../bench/nav/level.js";
import { Metrics } from "../../../engine/base/metrics.js";
import { SeededRandom } from "../../../engine/base/random.js";
import type { Scheduler } from "../../../engine/base/scheduler.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";
import { type AeonConfig, defaultConfig } from "../../../engine/config/config.js";
import { type Level, LevelBuilder } from "../../../engine/nav/build/level.js";
import { buildNavMesh, DEFAULT_PARAMETERS } from "../../../engine/nav/build/mesh-builder.js";
import { loadInlineRunner } from "../../../engine/nav/inline-runner.js";
import type { NavParameters } from "../../../engine/nav/nav-file.js";
import type { NavRunner, OpenNavRunner, RunnerTask, TaskDone } from "../../../engine/nav/nav-runner.js";
import { NavService } from "../../../engine/nav/nav-service.js";
import { loadRecast } from "../../../engine/nav/recast.js";
import { SpaceNav } from "../../../engine/nav/space-nav.js";

/** 20 × 20 units of ground, a wall at x 9 … 10 that leaves a way round at z > 16, and mud in the way round. */
export function wallLevel(): Level {
  const level = new LevelBuilder();
  addBox(level, [0, -1, 0], [20, 0, 20]);
  addBox(level, [9, 0, 0], [10, 3, 16]);
  return level.finish();
}

/** Two islands: no way leads from one to the other. */
export function islandLevel(): Level {
  const level = new LevelBuilder();
  addBox(level, [0, -1, 0], [8, 0, 20]);
  addBox(level, [12, -1, 0], [20, 0, 20]);
  return level.finish();
}

export const recast = await loadRecast(256, 128);
export const openInline = await loadInlineRunner();

export function meshOf(level: Level, parameters: Partial<NavParameters> = {}, areaNames: string[] = []): Uint8Array {
  const all = { ...DEFAULT_PARAMETERS, regionCellsMin: 8, ...parameters };
  return buildNavMesh(recast, { level, inputHash: "of the level", parameters: all, areaNames });
}

export interface NavRig {
  readonly nav: SpaceNav;
  readonly service: NavService;
  readonly scheduler: VirtualScheduler;
  readonly metrics: Metrics;
  /** Asks, ticks until it is answered, and gives the answer. */
  ask<T>(question: Promise<T>): Promise<T>;
  tick(): void;
}

export function makeRig(
  file: Uint8Array,
  config: Partial<AeonConfig["nav"]> = {},
  open: OpenNavRunner = openInline,
  nowMs?: () => number,
): NavRig {
  const scheduler = new VirtualScheduler();
  const process = scheduler.process("game");
  const clock: Scheduler = {
    nowMs: () => process.nowMs(),
    wallMs: () => process.wallMs(),
    setTimer: (delayMs, run) => process.setTimer(delayMs, run),
    clearTimer: (handle) => process.clearTimer(handle),
    defer: (run) => process.defer(run),
  };
  const metrics = new Metrics();
  const service = new NavService({
    config: { ...defaultConfig().nav, workers: 0, ...config },
    scheduler: { ...clock, ...(nowMs === undefined ? {} : { nowMs }) },
    random: new SeededRandom(7),
    metrics,
    open,
    onSettled: () => undefined,
  });
  service.addFile("level", file);
  const nav = new SpaceNav(service, service.openMesh("level"));
  const tick = () => {
    service.tick();
    service.flush();
  };
  const ask = async <T>(question: Promise<T>): Promise<T> => {
    tick();
    tick();
    return question;
  };
  return { nav, service, scheduler, metrics, ask, tick };
}

/** A runner that answers nothing until the test says so. */
export class HeldRunner implements NavRunner {
  readonly tasks: { readonly task: RunnerTask; readonly done: TaskDone }[] = [];
  givenUp = 0;
  readonly open: OpenNavRunner = () => this;

  run(task: RunnerTask, done: TaskDone): () => void {
    this.tasks.push({ task, done });
    return () => {
      this.givenUp++;
      done(new Error("given up"));
    };
  }
  tick(): void {}
  close(): Promise<void> {
    return Promise.resolve();
  }
}
