/**
 * A copy of a grid's positions in the order of their cells, so that whoever is near stands together in memory: worth making when many
 * ranges are asked for at the same positions. A row of cells is a run of buckets; which one it begins with is a hash of the row.
 */
import type { Grid } from "./grid.js";

const BUCKETS_MIN = 64;
/** Of distances, so that who stands on the edge is found for certain; one who stands a hair beyond may be, too. */
const ROUNDING = 1 + 1e-9;

export class CellOrder {
  private cellSize = 1;
  private grid: Grid | null = null;
  /** Per bucket where it begins; one more for the end. The number of buckets is a power of two. */
  private starts = new Int32Array(BUCKETS_MIN + 1);
  private ends = new Int32Array(BUCKETS_MIN);
  private slots = new Int32Array(0);
  private rows = new Int32Array(0);
  private xs = new Float32Array(0);
  private zs = new Float32Array(0);

  /** Takes the grid as it is now. Queries are void when it changes. */
  sort(grid: Grid): void {
    this.grid = grid;
    this.cellSize = grid.cellSize;
    this.reserve(grid.count);
    this.countBuckets(grid);
    const { ends, slots, rows, xs, zs } = this;
    const { cellXs, cellZs } = grid;
    for (let slot = 0; slot < grid.slotsEnd; slot++) {
      if (!grid.has(slot)) continue;
      const row = cellZs[slot] as number;
      const bucket = this.bucketOf(cellXs[slot] as number, row);
      const at = ends[bucket] as number;
      ends[bucket] = at + 1;
      slots[at] = slot;
      rows[at] = row;
      xs[at] = grid.xs[slot] as number;
      zs[at] = grid.zs[slot] as number;
    }
  }

  /** As Grid.queryRange, without those nearer than `innerRadius`. */
  queryRing(
    x: number,
    z: number,
    innerRadius: number,
    radius: number,
    out: Int32Array,
    distances: Float64Array,
  ): number {
    const { grid, ends } = this;
    if (grid === null) return 0;
    const buckets = ends.length;
    const rowMin = grid.cellOf(z - radius);
    const rowMax = grid.cellOf(z + radius);
    let found = 0;
    for (let row = rowMin; row <= rowMax; row++) {
      const half = this.halfChord(row, z, radius);
      const columnMin = grid.cellOf(x - half);
      const length = Math.min(buckets, grid.cellOf(x + half) - columnMin + 1);
      const first = this.bucketOf(columnMin, row);
      const whole = Math.min(length, buckets - first);
      found = this.queryRun(first, first + whole, row, x, z, innerRadius, radius, out, distances, found);
      if (whole < length) {
        found = this.queryRun(0, length - whole, row, x, z, innerRadius, radius, out, distances, found);
      }
    }
    return found;
  }

  /** Half the width of the circle where it is widest within a row. */
  private halfChord(row: number, z: number, radius: number): number {
    const low = row * this.cellSize - z;
    const away = low > 0 ? low : Math.min(0, low + this.cellSize);
    // A hair more, since a cell's border is where rounding puts it.
    return Math.sqrt(Math.max(0, radius * radius * ROUNDING - away * away)) * ROUNDING;
  }

  /** Without a branch while there is room for all of the run: whether one stands in the ring is as good as random. */
  private queryRun(
    from: number,
    to: number,
    row: number,
    x: number,
    z: number,
    innerRadius: number,
    radius: number,
    out: Int32Array,
    distances: Float64Array,
    foundBefore: number,
  ): number {
    const { rows, slots, xs, zs } = this;
    const start = this.starts[from] as number;
    const end = this.starts[to] as number;
    const middle = (radius * radius + innerRadius * innerRadius) / 2;
    const half = ((radius * radius - innerRadius * innerRadius) / 2) * ROUNDING;
    const hasRoom = foundBefore + end - start <= out.length;
    let found = foundBefore;
    for (let at = start; at < end; at++) {
      const dx = (xs[at] as number) - x;
      const dz = (zs[at] as number) - z;
      const distance = dx * dx + dz * dz;
      if (hasRoom || found < out.length) {
        out[found] = slots[at] as number;
        distances[found] = distance;
      }
      found += Number(Math.abs(distance - middle) <= half) & Number(rows[at] === row);
    }
    return found;
  }

  private countBuckets(grid: Grid): void {
    const { starts, ends } = this;
    const { cellXs, cellZs } = grid;
    ends.fill(0);
    for (let slot = 0; slot < grid.slotsEnd; slot++) {
      if (!grid.has(slot)) continue;
      const bucket = this.bucketOf(cellXs[slot] as number, cellZs[slot] as number);
      ends[bucket] = (ends[bucket] as number) + 1;
    }
    let start = 0;
    for (let bucket = 0; bucket < ends.length; bucket++) {
      starts[bucket] = start;
      start += ends[bucket] as number;
      ends[bucket] = starts[bucket] as number;
    }
    starts[ends.length] = start;
  }

  private bucketOf(column: number, row: number): number {
    let hash = Math.imul(row, 0x9e3779b1);
    hash ^= hash >>> 15;
    return (hash + column) & (this.ends.length - 1);
  }

  private reserve(count: number): void {
    let buckets = this.ends.length;
    while (buckets < count) buckets *= 2;
    if (buckets !== this.ends.length) {
      this.starts = new Int32Array(buckets + 1);
      this.ends = new Int32Array(buckets);
    }
    if (count <= this.slots.length) return;
    const capacity = count + (count >> 1);
    this.slots = new Int32Array(capacity);
    this.rows = new Int32Array(capacity);
    this.xs = new Float32Array(capacity);
    this.zs = new Float32Array(capacity);
  }
}
