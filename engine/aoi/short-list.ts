/**
 * A growable list of small integers, 0 … 65535, filled and emptied in place. Half as long in memory as an IntList: there are two for each
 * who sees and is seen, and it is memory that they cost.
 */
const CAPACITY_MIN = 16;
const GROWTH = 1.5;

export class ShortList {
  /** What is listed is `items[0, length)`, in no promised order after a removal. Replaced when the list grows. */
  items = new Uint16Array(0);
  length = 0;

  push(value: number): void {
    if (this.length === this.items.length) this.grow();
    this.items[this.length++] = value;
  }

  at(index: number): number {
    return this.items[index] as number;
  }

  /** Where it is; -1: nowhere. */
  indexOf(value: number): number {
    const { items, length } = this;
    let i = 0;
    for (const end = length - 3; i < end; i += 4) {
      if (items[i] === value) return i;
      if (items[i + 1] === value) return i + 1;
      if (items[i + 2] === value) return i + 2;
      if (items[i + 3] === value) return i + 3;
    }
    for (; i < length; i++) if (items[i] === value) return i;
    return -1;
  }

  has(value: number): boolean {
    return this.indexOf(value) >= 0;
  }

  /** The last one takes its place. */
  removeAt(index: number): void {
    this.length -= 1;
    this.items[index] = this.items[this.length] as number;
  }

  /** False when it is not listed. */
  removeValue(value: number): boolean {
    const at = this.indexOf(value);
    if (at < 0) return false;
    this.removeAt(at);
    return true;
  }

  private grow(): void {
    const items = new Uint16Array(Math.max(CAPACITY_MIN, Math.ceil(this.items.length * GROWTH)));
    items.set(this.items);
    this.items = items;
  }
}
