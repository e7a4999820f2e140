/**
 * For each observer, the subjects that stand near the edge of its view: those whose being in view can change before it looks about again.
 * Each has a gap, the distance that lies between it and the edge. A pair's distance changes by at most twice the longest way that anybody
 * went, so a subject need not be looked at before that is as much as its gap: they are kept in bands of gaps, and only the first bands
 * are due. When all bands are due, the list is used up and made anew.
 *
 * An entry is `place << 17 | isInRange << 16 | subject`; `place` is where the subject stood in the range when it was listed, as a hint.
 */
const BAND_COUNT = 8;
const OBSERVERS_MIN = 64;
const ENTRIES_MIN = 4_096;
const BLOCK_MIN = 32;
/** Words per observer in `rows`: reach, the way gone when it was listed. */
const ROW = 2;

export const ENTRY_IN_SHIFT = 16;
export const ENTRY_IN = 1 << ENTRY_IN_SHIFT;
export const ENTRY_SUBJECT = 0xffff;
export const ENTRY_PLACE_SHIFT = 17;
const PLACE_MAX = 0x3fff;

/** `place` -1: it is not in range. */
export function nearEntry(subject: number, place: number): number {
  return place < 0 ? subject : (Math.min(place, PLACE_MAX) << ENTRY_PLACE_SHIFT) | ENTRY_IN | subject;
}

export class NearTable {
  /** An observer's entries begin at its `starts`. Replaced when the table grows. */
  entries = new Int32Array(ENTRIES_MIN);
  starts = new Int32Array(OBSERVERS_MIN);
  private capacities = new Int32Array(OBSERVERS_MIN);
  private rows = new Float64Array(OBSERVERS_MIN * ROW);
  /** Entries up to the end of each band, BAND_COUNT for each observer. */
  private bandEnds = new Int32Array(OBSERVERS_MIN * BAND_COUNT);
  private end = 0;
  /** Entries in blocks that nobody uses any more. */
  private wasted = 0;
  // The list that is being made.
  private madeCount = 0;
  private made = new Int32Array(256);
  private madeBands = new Uint8Array(256);
  private readonly counts = new Int32Array(BAND_COUNT);
  private bandsPerUnit = 0;

  reserve(observer: number): void {
    if (observer < this.starts.length) return;
    let count = this.starts.length * 2;
    while (count <= observer) count *= 2;
    this.starts = enlarged(this.starts, new Int32Array(count));
    this.capacities = enlarged(this.capacities, new Int32Array(count));
    this.rows = enlarged(this.rows, new Float64Array(count * ROW));
    this.bandEnds = enlarged(this.bandEnds, new Int32Array(count * BAND_COUNT));
  }

  /** How many entries, from the first on, must be looked at; -1: the list is used up. `travelled`: the longest way gone, in units. */
  dueCount(observer: number, travelled: number): number {
    const reach = this.rows[observer * ROW] as number;
    const closed = 2 * (travelled - (this.rows[observer * ROW + 1] as number));
    if (closed >= reach) return -1;
    return this.bandEnds[observer * BAND_COUNT + Math.floor((closed * BAND_COUNT) / reach)] as number;
  }

  /** A pair whose gap is at least this, now, is safe until the list is used up; in units. */
  remaining(observer: number, travelled: number): number {
    return (this.rows[observer * ROW] as number) - 2 * (travelled - (this.rows[observer * ROW + 1] as number));
  }

  /** Begins to make a list; gaps are below `reach`, in units. */
  begin(reach: number): void {
    this.madeCount = 0;
    this.bandsPerUnit = BAND_COUNT / reach;
    this.counts.fill(0);
  }

  add(entry: number, gap: number): void {
    const { madeCount } = this;
    if (madeCount === this.made.length) {
      this.made = enlarged(this.made, new Int32Array(madeCount * 2));
      this.madeBands = enlarged(this.madeBands, new Uint8Array(madeCount * 2));
    }
    // A hair's breadth of rounding puts it into the band before, which is due earlier.
    const band = Math.max(0, Math.min(BAND_COUNT - 1, Math.floor(gap * this.bandsPerUnit - 1e-6)));
    this.made[madeCount] = entry;
    this.madeBands[madeCount] = band;
    this.counts[band] = (this.counts[band] as number) + 1;
    this.madeCount = madeCount + 1;
  }

  /** Gives the list to the observer, in place of its earlier one. */
  finish(observer: number, reach: number, travelled: number): void {
    if (this.madeCount > (this.capacities[observer] as number)) this.giveBlock(observer);
    this.rows[observer * ROW] = reach;
    this.rows[observer * ROW + 1] = travelled;
    this.sortMade(this.starts[observer] as number, observer * BAND_COUNT);
  }

  /** The observer is no more. */
  release(observer: number): void {
    this.wasted += this.capacities[observer] ?? 0;
    this.capacities[observer] = 0;
  }

  /** Afterwards `bandEnds` says where each band ends, from `start`. */
  private sortMade(start: number, bandsAt: number): void {
    const { bandEnds, counts, entries, made, madeBands, madeCount } = this;
    let from = 0;
    for (let band = 0; band < BAND_COUNT; band++) {
      bandEnds[bandsAt + band] = from;
      from += counts[band] as number;
    }
    for (let i = 0; i < madeCount; i++) {
      const band = bandsAt + (madeBands[i] as number);
      const at = bandEnds[band] as number;
      entries[start + at] = made[i] as number;
      bandEnds[band] = at + 1;
    }
  }

  private giveBlock(observer: number): void {
    this.wasted += this.capacities[observer] as number;
    this.capacities[observer] = 0;
    if (this.wasted > this.end / 2) this.compact();
    const capacity = Math.max(BLOCK_MIN, this.madeCount + (this.madeCount >> 1));
    const end = this.end + capacity;
    if (end > this.entries.length) {
      this.entries = enlarged(this.entries, new Int32Array(Math.max(end, this.entries.length * 2)));
    }
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
      this.entries.copyWithin(to, from, from + capacity);
      starts[observer] = to;
      to += capacity;
    }
    this.end = to;
    this.wasted = 0;
  }
}

function enlarged<T extends Uint8Array | Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
