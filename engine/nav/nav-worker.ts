/** A nav worker's program: one Recast instance and its meshes on a thread of its own. Started by nav-pool.ts. */
import { threadId, workerData } from "node:worker_threads";
import { AeonError } from "../base/errors.js";
import { type BatchTask, NavAnswerer } from "./nav-answerer.js";
import type { RunnerSetup } from "./nav-runner.js";
import { loadRecast } from "./recast.js";

const setup = workerData as RunnerSetup;
const answerer = new NavAnswerer(await loadRecast(setup.pathPolysMax, setup.pathPointsMax), setup);

/** The pool calls it for each task. Returns this worker's number, or its negative when the task must be repeated with all of its meshes. */
export default function answer(task: BatchTask): number {
  try {
    return answerer.answer(task) ? threadId : -threadId;
  } catch (error) {
    // Whatever Recast stumbled over, its memory cannot be trusted any more: the pool begins another thread.
    if (!(error instanceof AeonError)) process.exit(1);
    throw error;
  }
}
