/**
 * Many growable lists of small integers (0 … 65535) in one array, and beside every item, where wanted, two other such numbers: its stamp,
 * and a note that is the caller's.
 * Lists are named by small integers too. One array instead of two objects per list: what reading and changing such lists costs is
 * memory, and here it is one place of it.
 *
 * What list `n` holds is `items[starts[n] … starts[n] + lengths[n])`, in no promised order after a removal. All arrays are replaced when
 * the pool grows: name them anew after a push.
 */
import { IntList } from "./int-list.js";

const LISTS_MIN = 64;
const ITEMS_MIN = 4_096;
const BLOCK_MIN = 16;
const CLASS_COUNT = 17;

export class ListPool {
  items = new Uint16Array(ITEMS_MIN);
  /** The same memory; blocks begin at even places. */
  private twos = new Int32Array(this.items.buffer);
  /** Empty unless the pool was made with stamps. */
  stamps: Uint16Array;
  /** Likewise; 0 until the caller writes something else. */
  notes: Uint16Array;
  starts = new Int32Array(LISTS_MIN);
  lengths = new Int32Array(LISTS_MIN);
  private capacities = new Int32Array(LISTS_MIN);
  private readonly hasStamps: boolean;
  private end = 0;
  /** Starts of free blocks, by the binary order of their size. */
  private readonly free = Array.from({ length: CLASS_COUNT }, () => new IntList(0));

  constructor(hasStamps: boolean) {
    this.hasStamps = hasStamps;
    this.stamps = new Uint16Array(hasStamps ? ITEMS_MIN : 0);
    this.notes = new Uint16Array(hasStamps ? ITEMS_MIN : 0);
  }

  /** Makes room for a list of this number. */
  reserve(list: number): void {
    if (list < this.lengths.length) return;
    let count = this.lengths.length * 2;
    while (count <= list) count *= 2;
    this.starts = enlarged(this.starts, new Int32Array(count));
    this.lengths = enlarged(this.lengths, new Int32Array(count));
    this.capacities = enlarged(this.capacities, new Int32Array(count));
  }

  length(list: number): number {
    return this.lengths[list] ?? 0;
  }

  at(list: number, index: number): number {
    return this.items[(this.starts[list] as number) + index] as number;
  }

  /** `list` was reserved. */
  push(list: number, value: number, stamp = 0): void {
    const length = this.lengths[list] as number;
    if (length === this.capacities[list]) this.growList(list, length);
    const at = (this.starts[list] as number) + length;
    this.items[at] = value;
    if (this.hasStamps) {
      this.stamps[at] = stamp;
      this.notes[at] = 0;
    }
    this.lengths[list] = length + 1;
  }

  /**
   * Where in the list it is; -1: nowhere. Looks at eight items a time, two in a word: of a word without the value, what is left when that is
   * taken from both halves by XOR has no half that is 0 (Mycroft's test). Half of what searching cost one by one.
   */
  indexOf(list: number, value: number): number {
    const { items, twos } = this;
    const start = this.starts[list] as number;
    const end = start + (this.lengths[list] as number);
    const both = (value << 16) | value;
    const [ones, tops] = [0x00010001, 0x80008000 | 0];
    const twosEnd = end >> 1;
    let at = start >> 1;
    for (; at + 3 < twosEnd; at += 4) {
      const a = (twos[at] as number) ^ both;
      const b = (twos[at + 1] as number) ^ both;
      const c = (twos[at + 2] as number) ^ both;
      const d = (twos[at + 3] as number) ^ both;
      const zeros = ((a - ones) & ~a) | ((b - ones) & ~b) | ((c - ones) & ~c) | ((d - ones) & ~d);
      if ((zeros & tops) !== 0) break;
    }
    for (let one = at * 2; one < end; one++) if (items[one] === value) return one - start;
    return -1;
  }

  /** The last one takes its place. */
  removeAt(list: number, index: number): void {
    const start = this.starts[list] as number;
    const last = (this.lengths[list] as number) - 1;
    this.lengths[list] = last;
    this.items[start + index] = this.items[start + last] as number;
    if (!this.hasStamps) return;
    this.stamps[start + index] = this.stamps[start + last] as number;
    this.notes[start + index] = this.notes[start + last] as number;
  }

  /** False when it is not listed. `index`: where it may be. */
  removeValue(list: number, value: number, index = 0): boolean {
    const isThere = index < (this.lengths[list] as number) && this.at(list, index) === value;
    const found = isThere ? index : this.indexOf(list, value);
    if (found < 0) return false;
    this.removeAt(list, found);
    return true;
  }

  /** Adds its items to `to`. */
  copyTo(to: IntList, list: number): void {
    for (let i = 0; i < this.length(list); i++) to.push(this.at(list, i));
  }

  /** Empties a list and gives its memory back. */
  release(list: number): void {
    const capacity = this.capacities[list] ?? 0;
    if (capacity === 0) return;
    this.freeBlock(this.starts[list] as number, capacity);
    this.capacities[list] = 0;
    this.lengths[list] = 0;
  }

  private growList(list: number, length: number): void {
    const capacity = Math.max(BLOCK_MIN, length * 2);
    const start = this.takeBlock(capacity);
    const before = this.starts[list] as number;
    this.items.copyWithin(start, before, before + length);
    if (this.hasStamps) {
      this.stamps.copyWithin(start, before, before + length);
      this.notes.copyWithin(start, before, before + length);
    }
    if (length > 0) this.freeBlock(before, length);
    this.starts[list] = start;
    this.capacities[list] = capacity;
  }

  private takeBlock(capacity: number): number {
    const free = this.free[Math.log2(capacity)] as IntList;
    if (free.length > 0) return free.at(--free.length);
    const start = this.end;
    this.end = start + capacity;
    if (this.end > this.items.length) {
      let length = this.items.length * 2;
      while (length < this.end) length *= 2;
      const items = new Uint16Array(length);
      items.set(this.items);
      this.items = items;
      this.twos = new Int32Array(items.buffer);
      if (this.hasStamps) {
        this.stamps = enlarged(this.stamps, new Uint16Array(length));
        this.notes = enlarged(this.notes, new Uint16Array(length));
      }
    }
    return start;
  }

  private freeBlock(start: number, capacity: number): void {
    this.free[Math.log2(capacity)]?.push(start);
  }
}

function enlarged<T extends Uint16Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
