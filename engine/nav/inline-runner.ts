/**
 * Batches answered on the thread that asks, at the beginning of its next tick: in order, at a time that depends on nothing outside. For
 * the simulation and for `nav.workers: 0`. Recast must have been loaded before, since a tick waits for nothing.
 */
import { AeonError } from "../base/errors.js";
import { NavAnswerer } from "./nav-answerer.js";
import type { NavRunner, OpenNavRunner, RunnerSetup, RunnerTask, TaskDone } from "./nav-runner.js";
import { loadRecastModule, type RawModule, Recast } from "./recast.js";

/** Resolves when Recast is there. */
export async function loadInlineRunner(): Promise<OpenNavRunner> {
  const raw = await loadRecastModule();
  return (setup) => new InlineRunner(raw, setup);
}

class InlineRunner implements NavRunner {
  private readonly answerer: NavAnswerer;
  private waiting: (() => void)[] = [];

  constructor(raw: RawModule, setup: RunnerSetup) {
    this.answerer = new NavAnswerer(new Recast(raw, setup.pathPolysMax, setup.pathPointsMax), setup);
  }

  run(task: RunnerTask, done: TaskDone): () => void {
    this.waiting.push(() => done(this.answer(task)));
    // It is answered within the next tick; its queries' own deadlines are enough.
    return () => undefined;
  }

  /** What is asked for meanwhile waits for the next tick. */
  tick(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const run of waiting) run();
  }

  close(): Promise<void> {
    this.waiting = [];
    this.answerer.close();
    return Promise.resolve();
  }

  private answer(task: RunnerTask): Error | null {
    try {
      this.answerer.answer(task);
      return null;
    } catch (cause) {
      return new AeonError("NAV_FAILED", "", { cause });
    }
  }
}
