/**
 * Work on many things, spread out: a slice of it now, the rest in slices with pauses between them, so that nothing else waits long. Jobs
 * run one after the other. One per thread that has such work; pure, time is handed in.
 */
import type { Scheduler } from "./scheduler.js";

/** A slice ends behind the item with which it has taken this long. */
export const SLICE_MS = 2;
/** In a slice, however long it takes: what is small is done at once. */
const ITEMS_MIN = 16;
/** In a slice, however fast it goes: what it brings to others is bounded, too. */
const ITEMS_MAX = 512;
/** Between two slices, for everything else. */
const PAUSE_MS = 2;

interface Job {
  /** Does one item; false when there was none left. */
  step(): boolean;
  done(): void;
}

export class Slices {
  private readonly scheduler: Scheduler;
  private readonly jobs: Job[] = [];
  /** After each slice. */
  private readonly afterSlice: () => void;
  private isRunning = false;

  constructor(scheduler: Scheduler, afterSlice: () => void = () => undefined) {
    this.scheduler = scheduler;
    this.afterSlice = afterSlice;
  }

  /** Resolves when `work` has been called for each item, in order; the first slice of an idle runner runs now. */
  each<T>(items: readonly T[], work: (item: T) => void): Promise<void> {
    let at = 0;
    return new Promise((done) => {
      const step = () => {
        if (at === items.length) return false;
        work(items[at++] as T);
        return true;
      };
      this.jobs.push({ step, done });
      if (!this.isRunning) this.run();
    });
  }

  private run(): void {
    this.isRunning = true;
    try {
      this.runSlice();
    } finally {
      if (this.jobs.length > 0) this.scheduler.setTimer(PAUSE_MS, () => this.run());
      else this.isRunning = false;
    }
    this.afterSlice();
  }

  private runSlice(): void {
    const endMs = this.scheduler.nowMs() + SLICE_MS;
    for (let count = 0; count < ITEMS_MAX; count++) {
      const job = this.jobs[0];
      if (job === undefined) return;
      if (!job.step()) {
        this.jobs.shift();
        job.done();
      }
      if (count >= ITEMS_MIN && this.scheduler.nowMs() >= endMs) return;
    }
  }
}
