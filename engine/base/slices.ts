/**
 * Work on many things, spread out: a slice of it now, the rest in slices with pauses between them, so that nothing else waits long. Jobs
 * run one after the other. One per thread that has such work; pure, time is handed in.
 */
import type { Scheduler } from "./scheduler.js";

/** A slice ends behind the batch with which it has taken this long; with that batch and what it began it is to stay below 2 ms. */
export const SLICE_MS = 1;
/** In a batch, however long it takes: what is small is done at once. Between batches runs what their items have begun: it counts, too. */
const BATCH_ITEMS = 16;
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
  private sliceBeganMs = 0;
  private sliceItems = 0;

  constructor(scheduler: Scheduler, afterSlice: () => void = () => undefined) {
    this.scheduler = scheduler;
    this.afterSlice = afterSlice;
  }

  /** Resolves when `work` has been called for each item, in order; an idle runner does the first few now. */
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
    this.sliceBeganMs = this.scheduler.nowMs();
    this.sliceItems = 0;
    this.runBatch();
  }

  private runBatch(): void {
    try {
      this.doItems();
    } finally {
      this.goOn();
    }
  }

  private doItems(): void {
    for (let count = 0; count < BATCH_ITEMS; count++) {
      const job = this.jobs[0];
      if (job === undefined) return;
      this.sliceItems += 1;
      if (!job.step()) {
        this.jobs.shift();
        job.done();
      }
    }
  }

  private goOn(): void {
    if (this.jobs.length === 0) this.isRunning = false;
    else if (this.sliceItems < ITEMS_MAX && this.scheduler.nowMs() - this.sliceBeganMs < SLICE_MS) {
      this.scheduler.defer(() => this.runBatch());
      return;
    } else this.scheduler.setTimer(PAUSE_MS, () => this.run());
    this.afterSlice();
  }
}
