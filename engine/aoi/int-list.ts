/** A growable list of 32-bit integers that is filled and emptied in place: no garbage once it has its size. */
const CAPACITY_MIN = 16;

export class IntList {
  /** What is listed is `items[0, length)`, in no promised order after `removeValue`. Replaced when the list grows. */
  items: Int32Array;
  length = 0;

  constructor(capacity = CAPACITY_MIN) {
    this.items = new Int32Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.items.length) this.grow();
    this.items[this.length++] = value;
  }

  /** Makes room for `count` more, for who writes into `items` and sets `length`. */
  reserve(count: number): void {
    while (this.length + count > this.items.length) this.grow();
  }

  at(index: number): number {
    return this.items[index] as number;
  }

  clear(): void {
    this.length = 0;
  }

  /** Takes out the first `value`; the last one takes its place. False when it is not listed. */
  removeValue(value: number): boolean {
    const at = this.indexOf(value);
    if (at < 0) return false;
    this.items[at] = this.items[--this.length] as number;
    return true;
  }

  /** Where the first `value` is; -1: nowhere. */
  indexOf(value: number): number {
    const { items, length } = this;
    for (let i = 0; i < length; i++) if (items[i] === value) return i;
    return -1;
  }

  has(value: number): boolean {
    return this.indexOf(value) >= 0;
  }

  private grow(): void {
    const items = new Int32Array(Math.max(CAPACITY_MIN, this.items.length * 2));
    items.set(this.items);
    this.items = items;
  }
}
