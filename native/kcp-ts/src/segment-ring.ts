/**
 * Records of segments by their number, in one Int32Array: number `n` stands at `(n & mask) * words`. A power of two of records, grown when
 * the numbers in use do not fit. A record's first word is its slot in the pool, or NO_SLOT.
 */

import type { SegmentPool } from "./segment-pool.js";

export const NO_SLOT = -1;
const FIRST_COUNT = 8;

export class SegmentRing {
  words: Int32Array;
  mask = FIRST_COUNT - 1;
  private readonly recordWordsLog2: number;

  constructor(recordWordsLog2: number) {
    this.recordWordsLog2 = recordWordsLog2;
    this.words = new Int32Array(FIRST_COUNT << recordWordsLog2).fill(NO_SLOT);
  }

  /** Makes room for the numbers from `first` to below `end`; those to below `end` that are in use keep their records. */
  reserve(first: number, end: number): void {
    const count = (end - first) | 0;
    if (count <= this.mask + 1) return;
    let capacity = this.mask + 1;
    while (capacity < count) capacity *= 2;
    const words = new Int32Array(capacity << this.recordWordsLog2).fill(NO_SLOT);
    const oldCapacity = this.mask + 1;
    for (let i = 0; i < oldCapacity; i++) {
      const number = (first + i) | 0;
      const from = (number & this.mask) << this.recordWordsLog2;
      const to = (number & (capacity - 1)) << this.recordWordsLog2;
      for (let word = 0; word < 1 << this.recordWordsLog2; word++) words[to + word] = this.words[from + word] as number;
    }
    this.words = words;
    this.mask = capacity - 1;
  }

  releaseAll(pool: SegmentPool): void {
    for (let at = 0; at < this.words.length; at += 1 << this.recordWordsLog2) {
      const slot = this.words[at] as number;
      if (slot !== NO_SLOT) pool.release(slot);
      this.words[at] = NO_SLOT;
    }
  }
}
