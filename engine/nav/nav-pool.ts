/**
 * Batches answered by worker threads (Piscina; the program is nav-worker.ts beside this file). Any worker takes any batch. A mesh travels
 * as shared memory until every worker has answered about it as it is now, and by its number afterwards; a worker that does not know it
 * (new, or it had given the mesh up) says so, and the task is repeated with all of it. A worker that ends, or whose task is given up, is
 * replaced; its batch fails. Node only; the script thread's side.
 */
import { Piscina } from "piscina";
import { AeonError } from "../base/errors.js";
import type { BatchTask, KnownMesh, SharedMesh } from "./nav-answerer.js";
import type { NavRunner, RunnerSetup, RunnerTask, TaskDone } from "./nav-runner.js";

const PROGRAM = new URL("./nav-worker.js", import.meta.url);

export function openNavPool(setup: RunnerSetup): NavRunner {
  return new NavPool(setup);
}

class NavPool implements NavRunner {
  private readonly pool: Piscina<BatchTask, number>;
  private readonly workers: number;
  /** Which workers hold a mesh in this state. */
  private readonly holders = new WeakMap<SharedMesh, Set<number>>();
  private isClosed = false;

  constructor(setup: RunnerSetup) {
    this.workers = setup.workers;
    this.pool = new Piscina<BatchTask, number>({
      filename: PROGRAM.href,
      minThreads: setup.workers,
      maxThreads: setup.workers,
      workerData: setup,
      argv: [],
      recordTiming: false,
      workerHistogram: false,
    });
    // Each task hears of its own failure.
    this.pool.on("error", () => undefined);
  }

  run(task: RunnerTask, done: TaskDone): () => void {
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const meshes = task.meshes.map((mesh) => (this.isKnown(mesh) ? knownMesh(mesh) : mesh));
    this.pool
      .run({ slot: task.slot, count: task.count, meshes }, options)
      .then((worker) => {
        for (const mesh of task.meshes) this.holdersOf(mesh).add(Math.abs(worker));
        return worker > 0 ? worker : this.pool.run(task, options);
      })
      .then(
        () => this.settle(done, null),
        (error: unknown) => this.settle(done, error),
      );
    return () => controller.abort();
  }

  tick(): void {}

  async close(): Promise<void> {
    this.isClosed = true;
    await this.pool.destroy();
  }

  private isKnown(mesh: SharedMesh): boolean {
    return this.holdersOf(mesh).size >= this.workers;
  }

  private holdersOf(mesh: SharedMesh): Set<number> {
    const holders = this.holders.get(mesh) ?? new Set();
    this.holders.set(mesh, holders);
    return holders;
  }

  private settle(done: TaskDone, error: unknown): void {
    if (this.isClosed) return;
    done(error === null ? null : new AeonError("NAV_FAILED", "", { cause: error }));
  }
}

function knownMesh({ id, changes: { version } }: SharedMesh): KnownMesh {
  return { id, version };
}
