/**
 * Who answers batches: a pool of workers (nav-pool.ts), or the script thread itself (inline-runner.ts). Handed to NavService, which
 * notices no difference but the time.
 */
import type { AnswererSetup, SharedMesh } from "./nav-answerer.js";

/** Called once per task, never before `run` has returned; null: every query has its answer. */
export type TaskDone = (error: Error | null) => void;

/** A batch in its slot, and the meshes that its queries speak of by number. */
export interface RunnerTask {
  readonly slot: number;
  readonly count: number;
  readonly meshes: readonly SharedMesh[];
}

export interface NavRunner {
  /** Returns what gives the task up, with its worker if one is at it; `done` is called with an error then. */
  run(task: RunnerTask, done: TaskDone): () => void;
  /** The beginning of a tick. */
  tick(): void;
  /** Gives up what is under way; no `done` is called any more. */
  close(): Promise<void>;
}

export interface RunnerSetup extends AnswererSetup {
  readonly workers: number;
  readonly pathPolysMax: number;
}

export type OpenNavRunner = (setup: RunnerSetup) => NavRunner;
