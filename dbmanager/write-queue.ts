/**
 * Puts that wait for the store. While one batch is being made durable the next gathers, so that many small saves share one commit.
 * Bounded in bytes: past the bound a put is refused at once. A document with a write under way is loaded only after it.
 * Owned by DatabaseManager.
 */
import { errorText } from "../engine/base/errors.js";
import type { Log } from "../engine/base/log.js";
import type { Scheduler, TimerHandle } from "../engine/base/scheduler.js";
import type { DocumentPut, PutResult, Store } from "../engine/store/store.js";

/** Charged to each put on top of its value. */
const PUT_OVERHEAD_BYTES = 128;

export interface WriteQueueOptions {
  readonly store: Store;
  readonly scheduler: Scheduler;
  readonly log: Log;
  /** Of everything that is not durable yet. */
  readonly bytesMax: number;
  /** Puts per batch. */
  readonly batchCountMax: number;
  /** A batch that takes longer is answered with STORE_FAILED; whether it is made after all is not known. */
  readonly timeoutMs: number;
}

interface Request {
  readonly puts: readonly DocumentPut[];
  readonly bytes: number;
  done: ((results: PutResult[]) => void) | null;
  timer: TimerHandle | null;
}

export class WriteQueue {
  private readonly options: WriteQueueOptions;
  private readonly waiting: Request[] = [];
  private readonly writing = new Map<string, number>();
  private readonly afterWrite = new Map<string, (() => void)[]>();
  private bytes = 0;
  private isBusy = false;
  private isQueued = false;
  private idle: (() => void)[] = [];

  constructor(options: WriteQueueOptions) {
    this.options = options;
  }

  get queuedBytes(): number {
    return this.bytes;
  }

  /** False: the queue is full and nothing was taken. The puts belong to the queue; `done` is called once. */
  push(puts: readonly DocumentPut[], done: (results: PutResult[]) => void): boolean {
    const bytes = puts.reduce((sum, put) => sum + put.value.length + PUT_OVERHEAD_BYTES, 0);
    if (this.bytes + bytes > this.options.bytesMax && this.bytes > 0) return false;
    const request: Request = { puts, bytes, done, timer: null };
    request.timer = this.options.scheduler.setTimer(this.options.timeoutMs, () => {
      this.options.log.error("store.stuck", { puts: puts.length, timeoutMs: this.options.timeoutMs });
      this.answer(request, failed(puts));
    });
    this.bytes += bytes;
    for (const put of puts) this.writing.set(documentId(put), (this.writing.get(documentId(put)) ?? 0) + 1);
    this.waiting.push(request);
    this.schedule();
    return true;
  }

  /** Runs `run` at once, or when no write of this document is under way. */
  whenWritten(collection: string, key: string, run: () => void): void {
    const id = documentId({ collection, key });
    if (!this.writing.has(id)) {
      run();
      return;
    }
    const waiters = this.afterWrite.get(id) ?? [];
    waiters.push(run);
    this.afterWrite.set(id, waiters);
  }

  /** Resolves when nothing waits and nothing is being written. */
  drained(): Promise<void> {
    if (!this.isBusy && this.waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.idle.push(resolve));
  }

  /** At the end of the turn, so that everything that came in it shares the batch. */
  private schedule(): void {
    if (this.isBusy || this.isQueued) return;
    this.isQueued = true;
    this.options.scheduler.defer(() => {
      this.isQueued = false;
      if (!this.isBusy) void this.writeBatch();
    });
  }

  private async writeBatch(): Promise<void> {
    const batch = this.takeBatch();
    if (batch.length === 0) {
      this.becomeIdle();
      return;
    }
    this.isBusy = true;
    const puts = batch.flatMap((request) => request.puts);
    const results = await this.write(puts);
    this.isBusy = false;
    let at = 0;
    for (const request of batch) {
      this.finish(request, results.slice(at, at + request.puts.length));
      at += request.puts.length;
    }
    void this.writeBatch();
  }

  private async write(puts: readonly DocumentPut[]): Promise<PutResult[]> {
    try {
      return await this.options.store.putMany(puts);
    } catch (error) {
      this.options.log.error("store.failed", { puts: puts.length, error: errorText(error) });
      return failed(puts);
    }
  }

  private takeBatch(): Request[] {
    const batch: Request[] = [];
    let count = 0;
    while (this.waiting.length > 0) {
      const next = this.waiting[0] as Request;
      if (count > 0 && count + next.puts.length > this.options.batchCountMax) break;
      count += next.puts.length;
      batch.push(next);
      this.waiting.shift();
    }
    return batch;
  }

  private finish(request: Request, results: PutResult[]): void {
    this.bytes -= request.bytes;
    for (const put of request.puts) this.release(documentId(put));
    this.answer(request, results);
  }

  private answer(request: Request, results: PutResult[]): void {
    if (request.timer !== null) this.options.scheduler.clearTimer(request.timer);
    request.timer = null;
    request.done?.(results);
    request.done = null;
  }

  private release(id: string): void {
    const count = (this.writing.get(id) ?? 1) - 1;
    if (count > 0) {
      this.writing.set(id, count);
      return;
    }
    this.writing.delete(id);
    const waiters = this.afterWrite.get(id) ?? [];
    this.afterWrite.delete(id);
    for (const run of waiters) run();
  }

  private becomeIdle(): void {
    const idle = this.idle;
    this.idle = [];
    for (const resolve of idle) resolve();
  }
}

function failed(puts: readonly DocumentPut[]): PutResult[] {
  return puts.map(() => "STORE_FAILED");
}

function documentId({ collection, key }: { collection: string; key: string }): string {
  return `${collection.length}/${collection}/${key}`;
}
