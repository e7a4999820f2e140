/** What script waits for: one query's promise, or many queries' as one. Settled by NavService, once. */
import { AeonError } from "../base/errors.js";
import { AnswerStatus, type AnswerStatusNumber, type BatchWords } from "./nav-batch.js";

export interface NavPending {
  /** The answer is there. */
  settle(batch: BatchWords, index: number, part: number): void;
  /** There will be none. */
  fail(error: Error): void;
}

/** Makes the result out of an answer whose status is complete or partial. `at` is its first float. */
export type ReadAnswer<T> = (
  batch: BatchWords,
  at: number,
  count: number,
  status: AnswerStatusNumber,
  version: number,
) => T;

export class NavRequest<T> implements NavPending {
  readonly promise: Promise<T>;
  private readonly read: ReadAnswer<T>;
  private resolve!: (value: T) => void;
  private reject!: (error: Error) => void;
  /** Undoes what was listened to. */
  onEnd: (() => void) | null = null;

  constructor(read: ReadAnswer<T>) {
    this.read = read;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  settle(batch: BatchWords, index: number): void {
    const { words } = batch;
    const at = batch.answerAt(index);
    const status = words[at] as AnswerStatusNumber;
    const error = errorOf(status);
    if (error !== null) return this.fail(error);
    this.onEnd?.();
    const version = words[at + 1] as number;
    this.resolve(this.read(batch, words[at + 2] as number, words[at + 3] as number, status, version));
  }

  /** Nobody may be waiting: that ends no process. */
  fail(error: Error): void {
    this.onEnd?.();
    this.promise.catch(() => undefined);
    this.reject(error);
  }
}

/** Many queries that script awaits as one; each that fails leaves its part as it was. */
export class NavGroup implements NavPending {
  readonly promise: Promise<number>;
  private readonly write: (batch: BatchWords, at: number, part: number) => void;
  private left: number;
  /** Of the meshes that answered: the smallest. */
  private version = Number.MAX_SAFE_INTEGER;
  private resolve!: (version: number) => void;

  /** `write` takes an answer; the promise resolves with the mesh's version when all queries have ended. */
  constructor(count: number, write: (batch: BatchWords, at: number, part: number) => void) {
    this.left = count;
    this.write = write;
    this.promise = new Promise((resolve) => {
      this.resolve = resolve;
    });
    this.finish();
  }

  settle(batch: BatchWords, index: number, part: number): void {
    const { words } = batch;
    const at = batch.answerAt(index);
    if (words[at] === AnswerStatus.complete) this.write(batch, words[at + 2] as number, part);
    this.version = Math.min(this.version, words[at + 1] as number);
    this.left--;
    this.finish();
  }

  fail(): void {
    this.left--;
    this.finish();
  }

  private finish(): void {
    if (this.left === 0) this.resolve(this.version === Number.MAX_SAFE_INTEGER ? 0 : this.version);
  }
}

function errorOf(status: AnswerStatusNumber): AeonError | null {
  switch (status) {
    case AnswerStatus.complete:
    case AnswerStatus.partial:
      return null;
    case AnswerStatus.offMesh:
      return new AeonError("NAV_OFF_MESH");
    case AnswerStatus.goalOffMesh:
      return new AeonError("NAV_NO_PATH", "the goal is not on the mesh");
    case AnswerStatus.nothing:
      return new AeonError("NAV_NO_PATH");
    case AnswerStatus.cancelled:
      return new AeonError("NAV_CANCELLED");
    default:
      return new AeonError("NAV_FAILED", `status ${status}`);
  }
}
