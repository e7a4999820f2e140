/**
 * Where the bytes of segments are kept: one array for all sessions of a thread, cut into slots of a few sizes. So an idle session holds
 * none, taking a slot and giving it back are a few instructions, and nothing is left for the garbage collector.
 *
 * A slot is known by the offset of its first byte. It has holders: a datagram that came with several segments is kept once, and is
 * free again when the last of them was read. `bytes` and `view` are replaced when the pool grows: read them anew after any call that may
 * take a slot. It never shrinks. One thread; sessions of different threads need pools of their own.
 */

const UNIT_BYTES_LOG2 = 7;
const UNIT_BYTES = 1 << UNIT_BYTES_LOG2;
/** A message of 100 bytes in a datagram of its own; ever larger ones; one of Ethernet's size; up to the largest of UDP. */
const SLOT_BYTES = [128, 256, 512, 1_024, 1_536, 4_096, 16_384, 65_536] as const;
const LARGEST_SLOT_BYTES = 65_536;
const FIRST_BYTES = 1 << 16;
const BYTES_MAX_DEFAULT = 1 << 28;
const NONE = -1;
/** Beside the class of a slot that nobody holds. */
const FREE = 0x80;
/** Of `bytesMax`: so much is to be freed before free slots are merged. */
const MERGE_SHARE = 1 / 64;
/** Shorter runs of free slots are cut at once. */
const RUN_BYTES_MIN = 4_096;
/** Messages for the caller to keep are cut from chunks of this size: an array of its own costs four times as much. */
const CHUNK_BYTES = 8_192;
const CHUNK_SHARE_BYTES = 2_048;
const WORD_COPY_BYTES_MAX = 64;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Per count of units, the number of the smallest class that holds it. */
const CLASS_OF_UNITS = Uint8Array.from({ length: LARGEST_SLOT_BYTES / UNIT_BYTES + 1 }, (_, units) =>
  SLOT_BYTES.findIndex((bytes) => bytes >= units * UNIT_BYTES),
);

/** Keeps a view of an array that comes several times in a row, as a buffer that somebody uses again and again does. */
class LastView {
  private bytes = NO_BYTES;
  private view: DataView | null = null;

  /** Null when it is another array than the time before: one that comes once is not worth a view. */
  viewOf(bytes: Uint8Array): DataView | null {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = null;
      return null;
    }
    this.view ??= new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return this.view;
  }
}

function copyWords(from: DataView, start: number, length: number, to: DataView, at: number): void {
  const wordsEnd = length & ~3;
  let i = 0;
  for (; i < wordsEnd; i += 4) to.setInt32(at + i, from.getInt32(start + i, true), true);
  for (; i < length; i++) to.setUint8(at + i, from.getUint8(start + i));
}

export class SegmentPool {
  bytes: Uint8Array;
  view: DataView;
  private readonly bytesMax: number;
  /** The first byte that no slot was ever cut from. */
  private top = 0;
  /** Per class, the first free slot; each names the next. */
  private readonly firstFree = new Int32Array(SLOT_BYTES.length).fill(NONE);
  /** Per unit at which a slot begins: the next free one, while it is free; else how many hold it. */
  private links: Int32Array;
  private classes: Uint8Array;
  private usedBytes = 0;
  /** Since free slots were last merged. */
  private freedBytes = 0;
  /** Merged free slots: the run at hand, and start and end of the others. */
  private runAt = 0;
  private runEnd = 0;
  private readonly runs: number[] = [];
  private scratch = NONE;
  private scratchBytes = 0;
  private isScratchOut = false;
  /** Views of the scratch slot by length, so that handing out a datagram allocates nothing. */
  private scratchViews: Uint8Array[] = [];
  /** What messages for the caller to keep are cut from. */
  chunk = new Uint8Array(0);
  private chunkAt = 0;
  private readonly targets = new LastView();
  private readonly sources = new LastView();

  /** `bytesMax`: the memory at which `send` and `input` begin to refuse, 65,536–2³⁰. Default 2²⁸. */
  constructor(bytesMax = BYTES_MAX_DEFAULT) {
    if (!Number.isInteger(bytesMax) || bytesMax < FIRST_BYTES || bytesMax > 2 ** 30) {
      throw new RangeError(`bytesMax is ${bytesMax}; whole numbers ${FIRST_BYTES} to ${2 ** 30} are allowed`);
    }
    this.bytesMax = bytesMax;
    this.bytes = new Uint8Array(FIRST_BYTES);
    this.view = new DataView(this.bytes.buffer);
    this.links = new Int32Array(FIRST_BYTES / UNIT_BYTES);
    this.classes = new Uint8Array(FIRST_BYTES / UNIT_BYTES);
  }

  /** Bytes of all slots that are held. */
  get heldBytes(): number {
    return this.usedBytes;
  }

  /** A slot of `size` bytes (0–65,536) at least, with one holder; −1 when the pool is at its bound. */
  take(size: number): number {
    const slotClass = CLASS_OF_UNITS[(size + UNIT_BYTES - 1) >> UNIT_BYTES_LOG2] as number;
    const slot = this.firstFree[slotClass] as number;
    if (slot !== NONE) return this.takeFree(slot, slotClass);
    const cut = this.cut(slotClass);
    return cut === NONE ? this.takeAtBound(slotClass) : cut;
  }

  private takeFree(slot: number, slotClass: number): number {
    const unit = slot >> UNIT_BYTES_LOG2;
    this.firstFree[slotClass] = this.links[unit] as number;
    return this.give(slot, unit, slotClass);
  }

  private give(slot: number, unit: number, slotClass: number): number {
    this.classes[unit] = slotClass;
    this.links[unit] = 1;
    this.usedBytes += SLOT_BYTES[slotClass] as number;
    return slot;
  }

  /** From what was freed in a run; else a slot that is too large, which is better than none. */
  private takeAtBound(slotClass: number): number {
    const slot = this.cutFromRuns(slotClass);
    if (slot !== NONE) return slot;
    const larger = this.firstFree.findIndex((free, index) => index > slotClass && free !== NONE);
    if (larger >= 0) return this.takeFree(this.firstFree[larger] as number, larger);
    if (this.freedBytes < this.bytesMax * MERGE_SHARE) return NONE;
    this.mergeFree();
    // Once more at the most: nothing was freed since.
    return this.take(SLOT_BYTES[slotClass] as number);
  }

  private cutFromRuns(slotClass: number): number {
    const slotBytes = SLOT_BYTES[slotClass] as number;
    while (this.runEnd - this.runAt < slotBytes) if (!this.nextRun()) return NONE;
    const slot = this.runAt;
    this.runAt += slotBytes;
    return this.give(slot, slot >> UNIT_BYTES_LOG2, slotClass);
  }

  /** What is left of the run at hand becomes slots; false: there is no other, and it stays. */
  private nextRun(): boolean {
    if (this.runs.length === 0) return false;
    this.cutRun(this.runAt, this.runEnd);
    this.runEnd = this.runs.pop() as number;
    this.runAt = this.runs.pop() as number;
    return true;
  }

  /** Slots that are free side by side become runs again, to be cut anew. Some 5 ms for 100 MB, so only when much was freed since the last time. */
  private mergeFree(): void {
    while (this.nextRun());
    this.cutRun(this.runAt, this.runEnd);
    this.runAt = this.runEnd = 0;
    this.freedBytes = 0;
    this.firstFree.fill(NONE);
    let start = NONE;
    for (let at = 0; at < this.top; ) {
      const known = this.classes[at >> UNIT_BYTES_LOG2] as number;
      if ((known & FREE) !== 0) start = start === NONE ? at : start;
      else if (start !== NONE) {
        this.keepRun(start, at);
        start = NONE;
      }
      at += SLOT_BYTES[known & ~FREE] as number;
    }
    if (start !== NONE) this.top = start;
  }

  private keepRun(start: number, end: number): void {
    if (end - start >= RUN_BYTES_MIN) this.runs.push(start, end);
    else this.cutRun(start, end);
  }

  /** Into free slots, as large as they can be. */
  private cutRun(start: number, end: number): void {
    let at = start;
    for (let slotClass = SLOT_BYTES.length - 1; slotClass >= 0; slotClass--) {
      const slotBytes = SLOT_BYTES[slotClass] as number;
      for (; end - at >= slotBytes; at += slotBytes) this.putFree(at, slotClass);
    }
  }

  private putFree(slot: number, slotClass: number): void {
    const unit = slot >> UNIT_BYTES_LOG2;
    this.classes[unit] = slotClass | FREE;
    this.links[unit] = this.firstFree[slotClass] as number;
    this.firstFree[slotClass] = slot;
  }

  hold(slot: number): void {
    this.links[slot >> UNIT_BYTES_LOG2]!++;
  }

  /** One holder less; the bytes stay as they are until a slot is taken. Returns how many bytes are free now: the slot's, or 0. */
  release(slot: number): number {
    const unit = slot >> UNIT_BYTES_LOG2;
    const holders = (this.links[unit] as number) - 1;
    if (holders > 0) {
      this.links[unit] = holders;
      return 0;
    }
    const slotClass = this.classes[unit] as number;
    const slotBytes = SLOT_BYTES[slotClass] as number;
    this.putFree(slot, slotClass);
    this.usedBytes -= slotBytes;
    this.freedBytes += slotBytes;
    return slotBytes;
  }

  /** How many bytes the slot has. */
  sizeOf(slot: number): number {
    return SLOT_BYTES[this.classes[slot >> UNIT_BYTES_LOG2] as number] as number;
  }

  private cut(slotClass: number): number {
    const slot = this.top;
    const end = slot + (SLOT_BYTES[slotClass] as number);
    if (end > this.bytes.length && !this.grow(end)) return NONE;
    this.top = end;
    return this.give(slot, slot >> UNIT_BYTES_LOG2, slotClass);
  }

  private grow(neededBytes: number): boolean {
    if (neededBytes > this.bytesMax) return false;
    const size = Math.min(this.bytesMax, Math.max(neededBytes, this.bytes.length * 2)) & -UNIT_BYTES;
    if (size < neededBytes) return false;
    const { bytes, links, classes } = this;
    this.bytes = new Uint8Array(size);
    this.bytes.set(bytes);
    this.view = new DataView(this.bytes.buffer);
    this.links = new Int32Array(size / UNIT_BYTES);
    this.links.set(links);
    this.classes = new Uint8Array(size / UNIT_BYTES);
    this.classes.set(classes);
    this.scratchViews = [];
    return true;
  }

  /**
   * A slot in which one datagram after the other is put together; −1 when the pool is at its bound. The same one each time; another
   * while that one is out, since an output may make another session flush.
   */
  takeScratch(size: number): number {
    if (this.isScratchOut) return this.take(size);
    if (size > this.scratchBytes && !this.makeScratch(size)) return NONE;
    this.isScratchOut = true;
    return this.scratch;
  }

  private makeScratch(size: number): boolean {
    const slot = this.take(size);
    if (slot === NONE) return false;
    if (this.scratch !== NONE) this.release(this.scratch);
    this.scratch = slot;
    this.scratchBytes = this.sizeOf(slot);
    this.scratchViews = [];
    return true;
  }

  releaseScratch(slot: number): void {
    if (slot === this.scratch) this.isScratchOut = false;
    else this.release(slot);
  }

  /** The first `length` bytes of a scratch slot. */
  datagramAt(slot: number, length: number): Uint8Array {
    if (slot !== this.scratch) return this.bytes.subarray(slot, slot + length);
    const known = this.scratchViews[length];
    if (known !== undefined) return known;
    const made = this.bytes.subarray(slot, slot + length);
    this.scratchViews[length] = made;
    return made;
  }

  /**
   * Copies bytes[offset, offset + length) to target[at…]. Short ones go word by word where the target is that of the time before: 27 ns
   * for 64 bytes, and nothing is allocated. Above, a view and `set` win, with 47 ns at any length up to some hundred bytes.
   */
  copyOut(offset: number, length: number, target: Uint8Array, at: number): void {
    const known = length > WORD_COPY_BYTES_MAX ? null : this.targets.viewOf(target);
    if (known === null) target.set(this.bytes.subarray(offset, offset + length), at);
    else copyWords(this.view, offset, length, known, at);
  }

  /** Copies source[start, end) to the slot; short parts of an array that comes again and again as in `copyOut`. */
  copyIn(source: Uint8Array, start: number, end: number, slot: number): void {
    if (start === 0 && end === source.length) {
      this.bytes.set(source, slot);
      return;
    }
    const length = end - start;
    const known = length > WORD_COPY_BYTES_MAX ? null : this.sources.viewOf(source);
    if (known === null) this.bytes.set(source.subarray(start, end), slot);
    else copyWords(known, start, length, this.view, slot);
  }

  /** Where in `chunk` there are `length` bytes for somebody to keep; short messages share one, longer ones have their own. */
  reserveChunk(length: number): number {
    if (length > CHUNK_SHARE_BYTES) {
      this.chunk = new Uint8Array(length);
      this.chunkAt = length;
      return 0;
    }
    if (this.chunkAt + length > this.chunk.length) {
      this.chunk = new Uint8Array(CHUNK_BYTES);
      this.chunkAt = 0;
    }
    const start = this.chunkAt;
    this.chunkAt += length;
    return start;
  }
}
