/**
 * What has arrived and was not read: [readNext, next) is whole and in order, behind it stands what came too early. By segment number in a
 * ring; the bytes stay in the datagrams they came in, each kept once in the pool however many segments it holds.
 */
import type { SegmentPool } from "./segment-pool.js";
import { NO_SLOT, SegmentRing } from "./segment-ring.js";

/** Words of a segment; the first is the slot of its datagram. */
const WORDS_LOG2 = 2;
const OFFSET = 1;
const LENGTH = 2;
/** How many fragments of its message follow. */
const FRAGMENT = 3;

export class ReceiveQueue {
  /** Segments in order that may wait for the reader. */
  window: number;
  readNext = 0;
  /** The first number that has not arrived, or is not admitted since the reader lags by a window. */
  next = 0;
  /** Bytes of the pool that its segments keep; each datagram once. */
  heldBytes = 0;
  private readonly pool: SegmentPool;
  private readonly ring = new SegmentRing(WORDS_LOG2);

  constructor(pool: SegmentPool, window: number) {
    this.pool = pool;
    this.window = window;
  }

  get unreadCount(): number {
    return (this.next - this.readNext) | 0;
  }

  /** How many more segments may wait for the reader; what the peer is told. */
  get room(): number {
    return Math.max(0, this.window - this.unreadCount);
  }

  isAhead(number: number): boolean {
    return ((number - this.next - this.window) | 0) >= 0;
  }

  /** Of a number that is not ahead of the window: whether it has not come before. */
  isNew(number: number): boolean {
    if (((number - this.next) | 0) < 0) return false;
    const { words, mask } = this.ring;
    return ((number - this.readNext) | 0) > mask || words[(number & mask) << WORDS_LOG2] === NO_SLOT;
  }

  /** Of a number that is new and within the window. One holder of `slot` passes over. */
  store(number: number, slot: number, offset: number, length: number, fragment: number): void {
    const { ring } = this;
    if (((number - this.readNext) | 0) > ring.mask) ring.reserve(this.readNext, (number + 1) | 0);
    const { words } = ring;
    const at = (number & ring.mask) << WORDS_LOG2;
    words[at] = slot;
    words[at + OFFSET] = offset;
    words[at + LENGTH] = length;
    words[at + FRAGMENT] = fragment;
    if (number === this.next) this.admit();
  }

  /** Bytes of the next whole message; −1: there is none. */
  peekSize(): number {
    const unread = this.unreadCount;
    if (unread === 0) return -1;
    const { words, mask } = this.ring;
    const first = (this.readNext & mask) << WORDS_LOG2;
    const fragment = words[first + FRAGMENT] as number;
    if (fragment === 0) return words[first + LENGTH] as number;
    if (unread < fragment + 1) return -1;
    let length = 0;
    for (let i = 0; i < unread; i++) {
      const at = ((this.readNext + i) & mask) << WORDS_LOG2;
      length += words[at + LENGTH] as number;
      if (words[at + FRAGMENT] === 0) break;
    }
    return length;
  }

  /** Copies the next whole message to target[at…], which has room for it, and forgets it. */
  take(target: Uint8Array, at: number): void {
    const { words, mask } = this.ring;
    for (let isLast = false; !isLast && this.readNext !== this.next; ) {
      const segment = (this.readNext & mask) << WORDS_LOG2;
      const length = words[segment + LENGTH] as number;
      this.pool.copyOut(words[segment + OFFSET] as number, length, target, at);
      at += length;
      isLast = words[segment + FRAGMENT] === 0;
      this.forgetFirst(segment);
    }
    this.admit();
  }

  /** The next message if it came in one segment, as a view that is good until a slot is taken; null: it has several, or there is none. */
  takeView(): Uint8Array | null {
    if (this.readNext === this.next) return null;
    const { words, mask } = this.ring;
    const at = (this.readNext & mask) << WORDS_LOG2;
    if (words[at + FRAGMENT] !== 0) return null;
    const offset = words[at + OFFSET] as number;
    const view = this.pool.bytes.subarray(offset, offset + (words[at + LENGTH] as number));
    this.forgetFirst(at);
    this.admit();
    return view;
  }

  private forgetFirst(at: number): void {
    const { words } = this.ring;
    this.heldBytes -= this.pool.release(words[at] as number);
    words[at] = NO_SLOT;
    this.readNext = (this.readNext + 1) | 0;
  }

  /** What was too early may be in order now, as far as the window allows. */
  private admit(): void {
    const { words, mask } = this.ring;
    const end = (this.readNext + Math.min(this.window, mask + 1)) | 0;
    let { next } = this;
    while (((next - end) | 0) < 0 && words[(next & mask) << WORDS_LOG2] !== NO_SLOT) next = (next + 1) | 0;
    this.next = next;
  }

  release(): void {
    this.ring.releaseAll(this.pool);
    this.heldBytes = 0;
    this.readNext = this.next;
  }
}
