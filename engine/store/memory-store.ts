/**
 * A store without a disk, for tests and the simulation. `MemoryDisk` is the disk: it outlives a process and can be made to fail;
 * `MemoryStore` is one process's hold on it.
 *
 * Each put reaches the disk at a moment of its own, in order, within the latency given, and the answer comes after the last. A process
 * that is killed in between (its scheduler drops its timers) has written some of a batch and answered nothing, as with a real disk.
 */
import { AeonError } from "../base/errors.js";
import type { Random } from "../base/random.js";
import type { Scheduler } from "../base/scheduler.js";
import { judgePut } from "./compare-and-set.js";
import type { DocumentPut, PutResult, Store, StoredDocument } from "./store.js";

/** `failing`: loads and puts are answered with an error. `stuck`: they are not answered until it is over. */
export type DiskHealth = "good" | "failing" | "stuck";

export class MemoryDisk {
  private readonly documents = new Map<string, StoredDocument>();
  private state: DiskHealth = "good";
  private readonly waiting: (() => void)[] = [];

  get health(): DiskHealth {
    return this.state;
  }

  /** What waits for a stuck disk goes on when it is so no more. */
  set health(health: DiskHealth) {
    this.state = health;
    if (health !== "stuck") for (const proceed of this.waiting.splice(0)) proceed();
  }

  /** At once, or when it is no longer stuck. */
  whenMoving(proceed: () => void): void {
    if (this.state === "stuck") this.waiting.push(proceed);
    else proceed();
  }

  get documentCount(): number {
    return this.documents.size;
  }

  read(collection: string, key: string): StoredDocument | null {
    const document = this.documents.get(documentKey(collection, key));
    return document === undefined ? null : { ...document, value: document.value.slice() };
  }

  apply(put: DocumentPut): PutResult {
    const id = documentKey(put.collection, put.key);
    const verdict = judgePut(this.documents.get(id) ?? null, put);
    if (verdict === "write") {
      const { epoch, schemaVersion, value } = put;
      this.documents.set(id, { epoch, schemaVersion, value: new Uint8Array(value) });
    }
    return verdict === "write" || verdict === "same" ? "" : verdict;
  }
}

export interface MemoryStoreOptions {
  readonly disk: MemoryDisk;
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** Each operation takes between these. */
  readonly latencyMinMs: number;
  readonly latencyMaxMs: number;
}

export class MemoryStore implements Store {
  private readonly options: MemoryStoreOptions;
  /** Puts reach the disk in order: not before this. */
  private diskFreeMs = 0;

  constructor(options: MemoryStoreOptions) {
    this.options = options;
  }

  load(collection: string, key: string): Promise<StoredDocument | null> {
    const { disk } = this.options;
    return new Promise((resolve, reject) => {
      const read = () => {
        if (disk.health === "good") resolve(disk.read(collection, key));
        else reject(new AeonError("STORE_FAILED", "the disk does not answer"));
      };
      disk.whenMoving(() => this.after(this.latencyMs(), read));
    });
  }

  putMany(puts: readonly DocumentPut[]): Promise<PutResult[]> {
    const owned = puts.map((put) => ({ ...put, value: new Uint8Array(put.value) }));
    return new Promise((resolve) => this.options.disk.whenMoving(() => this.write(owned, resolve)));
  }

  private write(owned: readonly DocumentPut[], resolve: (results: PutResult[]) => void): void {
    const { disk, scheduler } = this.options;
    const results: PutResult[] = [];
    const startMs = Math.max(scheduler.nowMs(), this.diskFreeMs);
    const stepMs = this.latencyMs() / (owned.length + 1);
    this.diskFreeMs = startMs + stepMs * owned.length;
    owned.forEach((put, index) => {
      this.at(startMs + stepMs * (index + 1), () => {
        results.push(disk.health === "good" ? disk.apply(put) : "STORE_FAILED");
      });
    });
    this.at(startMs + stepMs * (owned.length + 1), () => resolve(results));
  }

  async close(): Promise<void> {}

  private latencyMs(): number {
    const { random, latencyMinMs, latencyMaxMs } = this.options;
    return latencyMinMs + random.next() * (latencyMaxMs - latencyMinMs);
  }

  private at(timeMs: number, run: () => void): void {
    this.after(Math.max(0, timeMs - this.options.scheduler.nowMs()), run);
  }

  private after(delayMs: number, run: () => void): void {
    this.options.scheduler.setTimer(delayMs, run);
  }
}

/** Unambiguous: the length keeps "a" + "b/c" and "a/b" + "c" apart. */
function documentKey(collection: string, key: string): string {
  return `${collection.length}/${collection}/${key}`;
}
