/**
 * Loads under way: bounded in number, each answered once, after the writes of its document that came before it.
 * A load that the store never answers keeps its place, so that a stuck store makes later loads fail at once. Owned by DatabaseManager.
 */
import { AeonError } from "../engine/base/errors.js";
import type { Scheduler } from "../engine/base/scheduler.js";
import type { Store, StoredDocument } from "../engine/store/store.js";
import type { WriteQueue } from "./write-queue.js";

export interface LoadDeskOptions {
  readonly store: Store;
  readonly queue: WriteQueue;
  readonly scheduler: Scheduler;
  readonly countMax: number;
  readonly timeoutMs: number;
}

export class LoadDesk {
  private readonly options: LoadDeskOptions;
  private count = 0;

  constructor(options: LoadDeskOptions) {
    this.options = options;
  }

  get underWay(): number {
    return this.count;
  }

  /** Rejects with STORE_FAILED when too many are under way, when the store fails, and after `timeoutMs`. */
  load(collection: string, key: string): Promise<StoredDocument | null> {
    const { queue, store, scheduler, countMax, timeoutMs } = this.options;
    if (this.count >= countMax) return Promise.reject(new AeonError("STORE_FAILED", "too many loads wait"));
    this.count++;
    return new Promise((resolve, reject) => {
      const late = () => reject(new AeonError("STORE_FAILED", `no answer for ${timeoutMs} ms`));
      const timer = scheduler.setTimer(timeoutMs, late);
      const end = () => {
        scheduler.clearTimer(timer);
        this.count--;
      };
      queue.whenWritten(collection, key, () => {
        store.load(collection, key).finally(end).then(resolve, reject);
      });
    });
  }
}
