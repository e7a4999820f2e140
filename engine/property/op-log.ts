/**
 * The op log: script writes changes here, one consumer reads them, on this thread or another (`shared`). Owns the ring and its writing
 * end; see op-log-format.ts for the drawing and OpLogReader for the reading end.
 *
 * Nothing is visible to the reader before flush() publishes it, and then the whole callback is. Only publishing touches shared words.
 * Bound: `bytesMax`. When the ring is full, the writer neither waits nor loses: a ring of twice the size follows it (`onRing` hands it to
 * a reader elsewhere), and the old one is let go when it has been read. When all rings that are not read yet would exceed the bound,
 * `onOverflow` is called, which ends the process, and OP_LOG_FULL is thrown. With `onFull`, a consumer on the same thread drains first:
 * then what is written is published in the middle of a callback. A value larger than a quarter of the ring is written in chunks, which
 * the reader puts together: unlike a table beside the ring this works across threads, and a large value needs no larger ring.
 */
import { ByteWriter } from "../base/bytes.js";
import { AeonError, assert } from "../base/errors.js";
import { ColdOps } from "./cold-ops.js";
import { writeJson } from "./json-value.js";
import { CHUNKED_BIT, FIELD_SHIFT, INT_KEY_BIT, OP, SCOPE_SHIFT, VALUE, VALUE_SHIFT } from "./op-log-format.js";
import { OpLogReader } from "./op-log-reader.js";
import { OpLogRing, type RingBuffer, WORD_BYTES } from "./op-log-ring.js";
import { type ColdOp, writeCold } from "./op-log-world.js";
import {
  type HasRootNumbers,
  type MapKey,
  type OpSink,
  OWN_SCOPES,
  type RootNumberLog,
  type Scalar,
  type ScopeMask,
} from "./op-sink.js";

export interface OpLogOptions {
  /** Size of the first ring; rounded down to whole words, at least 4 KiB. A larger one lets a callback change more before it is drained. */
  readonly bytes: number;
  /** All rings that are not read yet together. Absent: as `bytes`, the log does not grow. */
  readonly bytesMax?: number;
  /** In a SharedArrayBuffer, so that another thread can read. */
  readonly shared?: boolean;
}

const BYTES_MIN = 4096;
const GROWTH = 2;
/** A ring that is made for an op has room for this many of its size. */
const GROWTH_OPS = 4;
/** One, since a full ring must not look like an empty one, and one for `nextRing`. */
const WORDS_FREE = 2;
/** One value or body; what is larger is refused with OP_LOG_FULL. */
const VALUE_BYTES_MAX = 64 * 1024 * 1024;
const UTF8_BYTES_PER_UNIT_MAX = 3;
const SHORT_TEXT_UNITS = 48;
const SHORT_TEXT_BYTES_MAX = SHORT_TEXT_UNITS * UTF8_BYTES_PER_UNIT_MAX;

const encoder = new TextEncoder();
const doubles = new Float64Array(1);
const doubleWords = new Int32Array(doubles.buffer);

export class OpLog extends ColdOps implements OpSink, RootNumberLog {
  /** The first ring with its control words; what a reader on another thread is made from. */
  readonly buffer: RingBuffer;
  /** Called after each publishing. */
  onPublish: (() => void) | null = null;
  /** Called when the ring is full; a consumer on this thread drains. */
  onFull: (() => void) | null = null;
  /** A ring follows: hands it to a reader on another thread. Called before anything in it is published. */
  onRing: ((buffer: RingBuffer) => void) | null = null;
  /** The bound is reached, and an op is lost: the process must not go on. */
  onOverflow: ((error: AeonError) => void) | null = null;
  /** Of the last flush. */
  sequence = 0;
  /** Rings that followed a full one, since the beginning. */
  growths = 0;

  private wantedScopes: ScopeMask = OWN_SCOPES;
  private wantsBits = OWN_SCOPES << SCOPE_SHIFT;
  private readonly bytesMax: number;
  private readonly shared: boolean;
  private ring: OpLogRing;
  private words: Int32Array;
  private floats: Float32Array;
  private bytes: Uint8Array;
  private chunkBytes: number;
  private readonly scratch = new ByteWriter(1024);
  private readonly reader: OpLogReader;
  /** For the reader of this thread. */
  private readonly following: RingBuffer[] = [];
  /** Closed and not known to be read, oldest first; the last `unpublished` of them hold what is not published. */
  private closed: OpLogRing[] = [];
  private unpublished = 0;
  /** Where the next op is written, and the word before which it must end. */
  private head = 0;
  private limit: number;
  private published = 0;
  /** Something was published, for want of room, that no flush stands behind. */
  private isUnflushed = false;

  constructor(options: OpLogOptions) {
    super();
    this.shared = options.shared === true;
    this.ring = OpLogRing.make(Math.floor(Math.max(options.bytes, BYTES_MIN) / WORD_BYTES), this.shared);
    this.bytesMax = Math.max(options.bytesMax ?? 0, this.ring.sizeBytes);
    this.buffer = this.ring.buffer;
    this.words = this.ring.words;
    this.floats = this.ring.floats;
    this.bytes = this.ring.bytes;
    this.chunkBytes = Math.floor(this.words.length / 4) * WORD_BYTES;
    this.limit = this.words.length - 1;
    this.reader = new OpLogReader(this.buffer, () => this.following.shift());
  }

  /** Scopes that somebody reads. Property ops of others are not written. Fixed before the first entity is attached. */
  get wants(): ScopeMask {
    return this.wantedScopes;
  }
  set wants(scopes: ScopeMask) {
    this.wantedScopes = scopes;
    this.wantsBits = scopes << SCOPE_SHIFT;
  }

  /** Bytes written and not yet read. */
  get bytesUsed(): number {
    let words = this.ring.wordsUsed(this.head);
    for (const ring of this.closed) words += ring.wordsUsed(ring.closedAt);
    return words * WORD_BYTES;
  }

  /** Bytes of all rings that are not known to be read. */
  get bytesHeld(): number {
    return this.closed.reduce((sum, ring) => sum + ring.sizeBytes, this.ring.sizeBytes);
  }

  /** The reader of this thread stands between two callbacks. */
  get isAtFlush(): boolean {
    return this.reader.isAtFlush;
  }

  /** The end of a script callback: publishes what it wrote. False: it wrote nothing. */
  flush(sequence = this.sequence + 1): boolean {
    if (this.head === this.published && !this.isUnflushed) return false;
    const at = this.room(3);
    this.words[at] = OP.flush;
    this.words[at + 1] = sequence | 0;
    this.words[at + 2] = sequence < 2 ** 32 ? 0 : Math.floor(sequence / 2 ** 32);
    this.head = at + 3;
    this.sequence = sequence;
    this.isUnflushed = false;
    this.publish();
    return true;
  }

  /** Reads all that is published into a sink, on this thread; the number of ops read. A log has one reader: this or one on another thread. */
  drain(into: OpSink & HasRootNumbers): number {
    return this.reader.drain(into);
  }

  rootInt(entity: number, head: number, value: number): void {
    if ((head & this.wantsBits) === 0) return;
    const at = this.head + 3 <= this.limit ? this.head : this.room(3);
    const { words } = this;
    words[at] = head;
    words[at + 1] = entity;
    words[at + 2] = value;
    this.head = at + 3;
  }

  rootFloat(entity: number, head: number, value: number): void {
    if ((head & this.wantsBits) === 0) return;
    const at = this.head + 3 <= this.limit ? this.head : this.room(3);
    const { words } = this;
    words[at] = head;
    words[at + 1] = entity;
    this.floats[at + 2] = value;
    this.head = at + 3;
  }

  rootDouble(entity: number, head: number, value: number): void {
    if ((head & this.wantsBits) === 0) return;
    const at = this.head + 4 <= this.limit ? this.head : this.room(4);
    doubles[0] = value;
    const { words } = this;
    words[at] = head;
    words[at + 1] = entity;
    words[at + 2] = doubleWords[0] as number;
    words[at + 3] = doubleWords[1] as number;
    this.head = at + 4;
  }

  fieldSet(entity: number, node: number, field: number, scope: ScopeMask, value: Scalar): void {
    if ((scope & this.wantedScopes) === 0) return;
    const head = OP.fieldSet | (scope << SCOPE_SHIFT) | (field << FIELD_SHIFT);
    if (typeof value === "number" && (value | 0) === value) {
      const at = this.head + 4 <= this.limit ? this.head : this.room(4);
      const { words } = this;
      words[at] = head;
      words[at + 1] = entity;
      words[at + 2] = node;
      words[at + 3] = value;
      this.head = at + 4;
    } else if (typeof value === "number") {
      doubles[0] = value;
      const at = this.head + 5 <= this.limit ? this.head : this.room(5);
      const { words } = this;
      words[at] = head | (VALUE.double << VALUE_SHIFT);
      words[at + 1] = entity;
      words[at + 2] = node;
      words[at + 3] = doubleWords[0] as number;
      words[at + 4] = doubleWords[1] as number;
      this.head = at + 5;
    } else this.valueOp(head, entity, node, null, -1, value);
  }

  fieldNode(entity: number, node: number, field: number, scope: ScopeMask, child: number): void {
    if ((scope & this.wantedScopes) === 0) return;
    this.wordsOp(OP.fieldNode | (scope << SCOPE_SHIFT) | (field << FIELD_SHIFT), entity, node, child, 0);
  }

  mapSet(entity: number, node: number, key: MapKey, scope: ScopeMask, value: Scalar): void {
    if ((scope & this.wantedScopes) !== 0)
      this.valueOp(OP.mapSet | (scope << SCOPE_SHIFT), entity, node, key, -1, value);
  }

  mapNode(entity: number, node: number, key: MapKey, scope: ScopeMask, child: number): void {
    if ((scope & this.wantedScopes) !== 0)
      this.valueOp(OP.mapNode | (scope << SCOPE_SHIFT), entity, node, key, -1, child);
  }

  mapDelete(entity: number, node: number, key: MapKey, scope: ScopeMask): void {
    if ((scope & this.wantedScopes) !== 0)
      this.valueOp(OP.mapDelete | (scope << SCOPE_SHIFT), entity, node, key, -1, null);
  }

  mapClear(entity: number, node: number, scope: ScopeMask): void {
    if ((scope & this.wantedScopes) !== 0) this.wordsOp(OP.mapClear | (scope << SCOPE_SHIFT), entity, node, 0, 0);
  }

  listSet(entity: number, node: number, index: number, scope: ScopeMask, value: Scalar): void {
    if ((scope & this.wantedScopes) !== 0)
      this.valueOp(OP.listSet | (scope << SCOPE_SHIFT), entity, node, null, index, value);
  }

  listSetNode(entity: number, node: number, index: number, scope: ScopeMask, child: number): void {
    if ((scope & this.wantedScopes) !== 0)
      this.wordsOp(OP.listSetNode | (scope << SCOPE_SHIFT), entity, node, index, child);
  }

  listInsert(entity: number, node: number, index: number, scope: ScopeMask, value: Scalar): void {
    if ((scope & this.wantedScopes) === 0) return;
    this.valueOp(OP.listInsert | (scope << SCOPE_SHIFT), entity, node, null, index, value);
  }

  listInsertNode(entity: number, node: number, index: number, scope: ScopeMask, child: number): void {
    if ((scope & this.wantedScopes) === 0) return;
    this.wordsOp(OP.listInsertNode | (scope << SCOPE_SHIFT), entity, node, index, child);
  }

  listRemove(entity: number, node: number, index: number, count: number, scope: ScopeMask): void {
    if ((scope & this.wantedScopes) !== 0)
      this.wordsOp(OP.listRemove | (scope << SCOPE_SHIFT), entity, node, index, count);
  }

  listMove(entity: number, node: number, from: number, to: number, scope: ScopeMask): void {
    if ((scope & this.wantedScopes) !== 0) this.wordsOp(OP.listMove | (scope << SCOPE_SHIFT), entity, node, from, to);
  }

  listClear(entity: number, node: number, scope: ScopeMask): void {
    if ((scope & this.wantedScopes) !== 0) this.wordsOp(OP.listClear | (scope << SCOPE_SHIFT), entity, node, 0, 0);
  }

  entityDestroy(entity: number): void {
    this.wordsOp(OP.entityDestroy, entity, 0, 0, 0);
  }

  transforms(tick: number, serverMs: number, count: number, slots: Int32Array, positions: Float32Array): void {
    const length = 5 + count * 5;
    const chunked = length * WORD_BYTES > this.chunkBytes;
    if (chunked) this.chunks(transformBytes(count, slots, positions));
    const at = this.room(chunked ? 5 : length);
    doubles[0] = serverMs;
    this.words[at] = OP.transforms | (chunked ? CHUNKED_BIT : 0);
    this.words[at + 1] = tick;
    this.words[at + 2] = doubleWords[0] as number;
    this.words[at + 3] = doubleWords[1] as number;
    this.words[at + 4] = count;
    if (!chunked) {
      this.words.set(slots.subarray(0, count), at + 5);
      this.floats.set(positions.subarray(0, count * 4), at + 5 + count);
    }
    this.head = at + (chunked ? 5 : length);
  }

  private wordsOp(head: number, entity: number, node: number, a: number, b: number): void {
    const at = this.head + 5 <= this.limit ? this.head : this.room(5);
    const { words } = this;
    words[at] = head;
    words[at + 1] = entity;
    words[at + 2] = node;
    words[at + 3] = a;
    words[at + 4] = b;
    this.head = at + 5;
  }

  /** An op with a key or an index (neither: null and −1) and a value. */
  private valueOp(head: number, entity: number, node: number, key: MapKey | null, index: number, value: Scalar): void {
    const isShort = typeof value === "string" && value.length <= SHORT_TEXT_UNITS;
    const hasBody = !isShort && (typeof value === "string" || (typeof value === "object" && value !== null));
    const body = hasBody ? this.bodyOf(value) : null;
    const keyBytesMax = typeof key === "string" ? key.length * UTF8_BYTES_PER_UNIT_MAX : 0;
    assert(keyBytesMax <= this.chunkBytes, "a key is too long for the op log");
    const chunked = body !== null && body.length > this.chunkBytes;
    if (chunked) this.chunks(body);
    const inline = isShort ? SHORT_TEXT_BYTES_MAX : body === null || chunked ? 0 : body.length;
    const at = this.room(8 + Math.ceil(keyBytesMax / WORD_BYTES) + Math.ceil(inline / WORD_BYTES));
    this.words[at + 1] = entity;
    this.words[at + 2] = node;
    let end = at + 3;
    let flags = valueKind(value) << VALUE_SHIFT;
    if (chunked) flags |= CHUNKED_BIT;
    if (index >= 0) this.words[end++] = index;
    else if (typeof key === "string") end = this.putText(end, key);
    else if (key !== null) {
      flags |= INT_KEY_BIT;
      this.words[end++] = key;
    }
    this.words[at] = head | flags;
    if (typeof value === "number") end = this.putNumber(end, value);
    else if (isShort) end = this.putText(end, value);
    else if (body !== null && !chunked) end = this.putBytes(end, body);
    this.head = end;
  }

  private putNumber(at: number, value: number): number {
    if ((value | 0) === value) {
      this.words[at] = value;
      return at + 1;
    }
    doubles[0] = value;
    this.words[at] = doubleWords[0] as number;
    this.words[at + 1] = doubleWords[1] as number;
    return at + 2;
  }

  private putText(at: number, value: string): number {
    if (value.length > SHORT_TEXT_UNITS) return this.putBytes(at, encoder.encode(value));
    const start = (at + 1) * WORD_BYTES;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) return this.putBytes(at, encoder.encode(value));
      this.bytes[start + i] = unit;
    }
    this.words[at] = value.length;
    return at + 1 + ((value.length + 3) >> 2);
  }

  private putBytes(at: number, value: Uint8Array): number {
    this.words[at] = value.length;
    this.bytes.set(value, (at + 1) * WORD_BYTES);
    return at + 1 + ((value.length + 3) >> 2);
  }

  /** Text, bytes or a plain value as bytes; valid until the next call. */
  private bodyOf(value: string | object): Uint8Array {
    if (value instanceof Uint8Array) return value;
    if (typeof value === "string") return encoder.encode(value);
    writeJson(this.scratch.reset(), value);
    return this.scratch.written();
  }

  protected override coldOp<T>(op: ColdOp<T>, body: T): void {
    writeCold(this.scratch.reset(), op, body);
    const written = this.scratch.written();
    const chunked = written.length > this.chunkBytes;
    if (chunked) this.chunks(written);
    const at = this.room(2 + (chunked ? 0 : (written.length + 3) >> 2));
    this.words[at] = OP.cold | (chunked ? CHUNKED_BIT : 0);
    this.words[at + 1] = 0;
    this.head = chunked ? at + 2 : this.putBytes(at + 1, written);
  }

  private chunks(value: Uint8Array): void {
    if (value.length > VALUE_BYTES_MAX) throw new AeonError("OP_LOG_FULL", `a value of ${value.length} bytes`);
    const { chunkBytes } = this;
    for (let from = 0; from < value.length; from += chunkBytes) {
      const part = value.subarray(from, from + chunkBytes);
      const at = this.room(2 + ((part.length + 3) >> 2));
      this.words[at] = OP.chunk;
      this.head = this.putBytes(at + 1, part);
    }
  }

  /** Where an op of so many words can be written. Throws OP_LOG_FULL. */
  private room(words: number): number {
    if (this.hasRoom(words)) return this.head;
    if (this.onFull !== null) {
      this.publishUnflushed();
      this.onFull();
      if (this.hasRoom(words)) return this.head;
    }
    if (this.grow(words)) return this.head;
    this.publishUnflushed();
    const error = new AeonError("OP_LOG_FULL", `${this.bytesUsed} bytes wait to be read`);
    this.onOverflow?.(error);
    throw error;
  }

  private hasRoom(words: number): boolean {
    if (this.head + words <= this.limit) return true;
    const { tail } = this.ring;
    if (this.head < tail) {
      this.limit = tail - WORDS_FREE;
      return this.head + words <= this.limit;
    }
    // One word stays free for the pad.
    this.limit = this.words.length - 1;
    if (this.head + words <= this.limit) return true;
    if (words > tail - WORDS_FREE) return false;
    this.words[this.head] = OP.pad;
    this.head = 0;
    this.limit = tail - WORDS_FREE;
    return true;
  }

  /** Closes the ring and goes on in a larger one. False: the bound does not allow it. */
  private grow(words: number): boolean {
    this.closed = this.closed.filter((ring, i) => this.isKept(ring, i));
    const bytesLeft = this.bytesMax - this.bytesHeld;
    const wanted = Math.max(this.ring.sizeBytes * GROWTH, words * WORD_BYTES * GROWTH_OPS);
    const length = Math.floor(Math.min(wanted, bytesLeft) / WORD_BYTES);
    if (length < words + WORDS_FREE || length * WORD_BYTES < BYTES_MIN) return false;
    this.words[this.head] = OP.nextRing;
    this.ring.closedAt = this.head + 1;
    this.closed.push(this.ring);
    this.unpublished++;
    this.enter(OpLogRing.make(length, this.shared));
    return true;
  }

  private isKept(ring: OpLogRing, index: number): boolean {
    const isUnpublished = index >= this.closed.length - this.unpublished;
    return isUnpublished || ring.tail !== ring.closedAt;
  }

  private enter(ring: OpLogRing): void {
    this.ring = ring;
    this.words = ring.words;
    this.floats = ring.floats;
    this.bytes = ring.bytes;
    this.chunkBytes = Math.floor(ring.words.length / 4) * WORD_BYTES;
    this.head = 0;
    this.limit = ring.words.length - 1;
    this.published = -1;
    this.growths++;
    if (this.onRing === null) this.following.push(ring.buffer);
    else this.onRing(ring.buffer);
  }

  private publishUnflushed(): void {
    this.isUnflushed = true;
    this.publish();
  }

  /** The newest ring first: a reader that finds the end of an older one must find all that follows it. */
  private publish(): void {
    this.published = this.head;
    this.ring.publish(this.head);
    for (let i = 1; i <= this.unpublished; i++) {
      const ring = this.closed[this.closed.length - i] as OpLogRing;
      ring.publish(ring.closedAt);
    }
    this.unpublished = 0;
    this.onPublish?.();
  }
}

function valueKind(value: Scalar): number {
  if (typeof value === "number") return (value | 0) === value ? VALUE.int : VALUE.double;
  if (typeof value === "string") return VALUE.text;
  if (typeof value === "boolean") return value ? VALUE.true : VALUE.false;
  if (value === null) return VALUE.null;
  return value instanceof Uint8Array ? VALUE.bytes : VALUE.json;
}

function transformBytes(count: number, slots: Int32Array, positions: Float32Array): Uint8Array {
  const words = new Int32Array(count * 5);
  words.set(slots.subarray(0, count));
  new Float32Array(words.buffer, count * WORD_BYTES).set(positions.subarray(0, count * 4));
  return new Uint8Array(words.buffer);
}
