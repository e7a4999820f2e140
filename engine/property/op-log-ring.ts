/**
 * One ring of the op log as both ends see it: a buffer and the views over it. A log begins with one ring; when it is full, a larger one
 * follows it, so that the writer never waits for the reader. Made on the writing thread, viewed again on the reading one.
 */
import { CONTROL_HEAD, CONTROL_TAIL, CONTROL_WORDS } from "./op-log-format.js";

export type RingBuffer = ArrayBuffer | SharedArrayBuffer;

export const WORD_BYTES = 4;

export class OpLogRing {
  readonly buffer: RingBuffer;
  readonly control: Int32Array;
  readonly words: Int32Array;
  readonly floats: Float32Array;
  readonly bytes: Uint8Array;
  /** Writer: the index behind its `nextRing` op; −1 while it is the last. */
  closedAt = -1;

  constructor(buffer: RingBuffer) {
    const start = CONTROL_WORDS * WORD_BYTES;
    this.buffer = buffer;
    this.control = new Int32Array(buffer, 0, CONTROL_WORDS);
    this.words = new Int32Array(buffer, start);
    this.floats = new Float32Array(buffer, start);
    this.bytes = new Uint8Array(buffer, start);
  }

  static make(words: number, shared: boolean): OpLogRing {
    const byteLength = (words + CONTROL_WORDS) * WORD_BYTES;
    return new OpLogRing(shared ? new SharedArrayBuffer(byteLength) : new ArrayBuffer(byteLength));
  }

  get sizeBytes(): number {
    return this.words.length * WORD_BYTES;
  }

  get tail(): number {
    return Atomics.load(this.control, CONTROL_TAIL);
  }

  publish(head: number): void {
    Atomics.store(this.control, CONTROL_HEAD, head);
  }

  /** Words between what was read and `head`. */
  wordsUsed(head: number): number {
    const used = head - this.tail;
    return used < 0 ? used + this.words.length : used;
  }
}
