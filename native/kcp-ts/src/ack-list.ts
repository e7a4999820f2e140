/** What is to be acknowledged at the next flush: pairs of segment number and the time it came with. Bounded; what comes above is counted. */

const FIRST_COUNT = 8;

export class AckList {
  /** [number, time] · count */
  pairs = new Int32Array(2 * FIRST_COUNT);
  count = 0;
  /** Not noted, since the list was full: the sender learns of those by `una`, or sends them again. */
  droppedCount = 0;
  private countMax: number;

  constructor(countMax: number) {
    this.countMax = countMax;
  }

  setCountMax(countMax: number): void {
    this.countMax = countMax;
  }

  push(number: number, time: number): void {
    const at = this.count * 2;
    if (at === this.pairs.length && !this.grow()) {
      this.droppedCount++;
      return;
    }
    this.pairs[at] = number;
    this.pairs[at + 1] = time;
    this.count++;
  }

  private grow(): boolean {
    const { pairs } = this;
    if (this.count >= this.countMax) return false;
    this.pairs = new Int32Array(pairs.length * 2);
    this.pairs.set(pairs);
    return true;
  }
}
