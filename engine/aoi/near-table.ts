/**
 * For each observer, the subjects that stand near the edge of its view: those whose being in view can change before it looks about again.
 * Each has a gap, the distance that lies between it and the edge. A pair's distance changes by at most twice the longest way that anybody
 * went, so a subject need not be looked at before that is as much as its gap: they are kept in bands of gaps, and only the first bands
 * are due. When all bands are due, the list is used up and made anew.
 *
 * An observer's block of `words`: where each of its bands ends, BAND_COUNT words; then its entries, each `isInRange << 16 | subject`. All
 * that a look at an edge reads of it stands in one place.
 */
const BAND_COUNT = 8;
const BAND_MASK = BAND_COUNT - 1;
const OBSERVERS_MIN = 64;
const WORDS_MIN = 4_096;
const BLOCK_MIN = 32;
/** Numbers per observer in `rows`: reach, the way gone when it was listed. */
const ROW = 2;
const MADE_BAND_SHIFT = 17;
const MADE_ENTRY = (1 << MADE_BAND_SHIFT) - 1;

export const ENTRY_IN_SHIFT = 16;
export const ENTRY_IN = 1 << ENTRY_IN_SHIFT;
export const ENTRY_SUBJECT = 0xffff;

export function nearEntry(subject: number, isInRange: boolean): number {
  return isInRange ? ENTRY_IN | subject : subject;
}

export class NearTable {
  /** Replaced when the table grows. */
  words = new Int32Array(WORDS_MIN);
  /** Per observer: its block. */
  private starts = new Int32Array(OBSERVERS_MIN);
  private capacities = new Int32Array(OBSERVERS_MIN);
  private rows = new Float64Array(OBSERVERS_MIN * ROW);
  private end = 0;
  /** Words in blocks that nobody uses any more. */
  private wasted = 0;
  /** The list that is being made: `band << 17 | entry`. */
  private made = new Int32Array(256);
  private readonly counts = new Int32Array(BAND_COUNT);

  reserve(observer: number): void {
    if (observer < this.starts.length) return;
    let count = this.starts.length * 2;
    while (count <= observer) count *= 2;
    this.starts = enlarged(this.starts, new Int32Array(count));
    this.capacities = enlarged(this.capacities, new Int32Array(count));
    this.rows = enlarged(this.rows, new Float64Array(count * ROW));
  }

  /** Where the observer's entries begin in `words`. */
  start(observer: number): number {
    return (this.starts[observer] as number) + BAND_COUNT;
  }

  /** How many entries, from the first on, must be looked at; -1: the list is used up. `travelled`: the longest way gone, in units. */
  dueCount(observer: number, travelled: number): number {
    const reach = this.rows[observer * ROW] as number;
    const closed = 2 * (travelled - (this.rows[observer * ROW + 1] as number));
    if (closed >= reach) return -1;
    return this.words[(this.starts[observer] as number) + Math.floor((closed * BAND_COUNT) / reach)] as number;
  }

  /** A pair whose gap is at least this, now, is safe until the list is used up; in units. */
  remaining(observer: number, travelled: number): number {
    return (this.rows[observer * ROW] as number) - 2 * (travelled - (this.rows[observer * ROW + 1] as number));
  }

  /**
   * Gives the observer a list in place of its earlier one, of those in `candidates` that stand nearer to the edge than `reach`.
   * `candidates`: entry and gap by turns, in units; a gap below 0 counts as none.
   */
  set(observer: number, candidates: Float64Array, count: number, reach: number, travelled: number): void {
    const madeCount = this.make(candidates, count, reach);
    if (madeCount + BAND_COUNT > (this.capacities[observer] as number))
      this.giveBlock(observer, madeCount + BAND_COUNT);
    this.rows[observer * ROW] = reach;
    this.rows[observer * ROW + 1] = travelled;
    this.sortMade(this.starts[observer] as number, madeCount);
  }

  /** The observer is no more. */
  release(observer: number): void {
    this.wasted += this.capacities[observer] ?? 0;
    this.capacities[observer] = 0;
    this.rows[observer * ROW] = 0;
  }

  private make(candidates: Float64Array, count: number, reach: number): number {
    if (count > this.made.length) this.made = new Int32Array(count * 2);
    const { made, counts } = this;
    const [mask, shift] = [BAND_MASK, MADE_BAND_SHIFT];
    const bandsPerUnit = BAND_COUNT / reach;
    const end = count * 2;
    counts.fill(0);
    let madeCount = 0;
    for (let at = 0; at < end; at += 2) {
      const gap = candidates[at + 1] as number;
      const isNear = Number(gap < reach);
      // A hair's breadth of rounding puts it into the band before, which is due earlier.
      const band = Math.trunc(Math.max(0, gap * bandsPerUnit - 1e-6)) & mask;
      made[madeCount] = (band << shift) | (candidates[at] as number);
      madeCount += isNear;
      counts[band] = (counts[band] as number) + isNear;
    }
    return madeCount;
  }

  private sortMade(start: number, madeCount: number): void {
    const { counts, words, made } = this;
    const [shift, mask] = [MADE_BAND_SHIFT, MADE_ENTRY];
    const entries = start + BAND_COUNT;
    let from = 0;
    for (let band = 0; band < BAND_COUNT; band++) {
      words[start + band] = from;
      from += counts[band] as number;
    }
    for (let i = 0; i < madeCount; i++) {
      const one = made[i] as number;
      const bandAt = start + (one >>> shift);
      const at = words[bandAt] as number;
      words[entries + at] = one & mask;
      words[bandAt] = at + 1;
    }
  }

  private giveBlock(observer: number, count: number): void {
    this.wasted += this.capacities[observer] as number;
    this.capacities[observer] = 0;
    if (this.wasted > this.end / 2) this.compact();
    const capacity = Math.max(BLOCK_MIN, count + (count >> 1));
    const end = this.end + capacity;
    if (end > this.words.length)
      this.words = enlarged(this.words, new Int32Array(Math.max(end, this.words.length * 2)));
    this.starts[observer] = this.end;
    this.capacities[observer] = capacity;
    this.end = end;
  }

  /** Moves all blocks together. */
  private compact(): void {
    const { capacities, starts } = this;
    const held = [...capacities.keys()].filter((observer) => (capacities[observer] as number) > 0);
    held.sort((a, b) => (starts[a] as number) - (starts[b] as number));
    let to = 0;
    for (const observer of held) {
      const from = starts[observer] as number;
      const capacity = capacities[observer] as number;
      this.words.copyWithin(to, from, from + capacity);
      starts[observer] = to;
      to += capacity;
    }
    this.end = to;
    this.wasted = 0;
  }
}

function enlarged<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
