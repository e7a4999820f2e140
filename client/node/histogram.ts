/** Durations counted into bins of equal width, so that a long measurement costs no memory. In ms. */
const BIN_MS = 0.1;
const BIN_COUNT = 100_000;

export class Histogram {
  count = 0;
  private readonly bins = new Uint32Array(BIN_COUNT);

  /** What is above 10 s is counted as 10 s. */
  add(durationMs: number): void {
    const bin = Math.min(BIN_COUNT - 1, Math.max(0, Math.floor(durationMs / BIN_MS)));
    this.bins[bin] = (this.bins[bin] as number) + 1;
    this.count++;
  }

  /** How many are in each bin: a copy, for another thread's `addBins`. */
  toBins(): Uint32Array {
    return this.bins.slice();
  }

  /** Adds what another histogram has counted. */
  addBins(bins: Uint32Array): void {
    for (let bin = 0; bin < BIN_COUNT; bin++) {
      const more = bins[bin] as number;
      this.bins[bin] = (this.bins[bin] as number) + more;
      this.count += more;
    }
  }

  clear(): void {
    this.bins.fill(0);
    this.count = 0;
  }

  /** The upper edge of the bin below which `share` (0 … 1) of the durations lie; 0 when there are none. */
  percentile(share: number): number {
    const rank = Math.ceil(share * this.count);
    if (rank === 0) return 0;
    let below = 0;
    for (let bin = 0; bin < BIN_COUNT; bin++) {
      below += this.bins[bin] as number;
      if (below >= rank) return Math.round((bin + 1) * BIN_MS * 10) / 10;
    }
    return BIN_COUNT * BIN_MS;
  }
}
