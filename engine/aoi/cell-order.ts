/**
 * A copy of a grid's points in the order of their cells, so that whoever is near stands together in memory: worth making when many ranges
 * are asked for at the same positions. The cells are those of a square of cells that repeats without end: points of cells that share a
 * place in it stand together, and their distances tell them apart. A row of cells is one run of points, or two where it wraps around.
 *
 * Loops are written for what typed arrays cost in V8: each array that a loop touches is checked anew in each round, whatever is imported
 * is looked up anew, and a branch that goes by chance costs more than both.
 */
import { squaredBoxDistance } from "../base/view-shape.js";
import type { Grid } from "./grid.js";

const SIDE_MIN = 8;
/** x, z and slot of a point, one after the other. */
const POINT = 3;
/** Its own name for it, which a loop need not look up. */
const boxDistance = squaredBoxDistance;
/** Of distances, so that who stands on the edge is found for certain; one who stands a hair beyond may be, too. */
const ROUNDING = 1 + 1e-9;

export class CellOrder {
  private readonly grid: Grid;
  /** Cells along each side of the square: a power of two. */
  private side = SIDE_MIN;
  /** Per cell where its points begin, as an index of `points`; one more for the end. */
  private starts = new Int32Array(SIDE_MIN * SIDE_MIN + 1);
  private ends = new Int32Array(SIDE_MIN * SIDE_MIN);
  private points = new Float32Array(0);

  constructor(grid: Grid) {
    this.grid = grid;
  }

  /** Takes the grid as it is now. Queries are void when it changes. */
  sort(): void {
    const { grid } = this;
    this.reserve(grid.count);
    this.countCells();
    const { ends, points } = this;
    for (let slot = 0; slot < grid.slotsEnd; slot++) {
      if (!grid.has(slot)) continue;
      const cell = this.cellOf(slot);
      const at = ends[cell] as number;
      ends[cell] = at + POINT;
      points[at] = grid.xOf(slot);
      points[at + 1] = grid.zOf(slot);
      points[at + 2] = slot;
    }
  }

  /**
   * Writes slot and squared distance, by turns, of whoever is no nearer to (x, z) than `innerRadius` and no farther than `radius`. Returns
   * how many there are; -1: `out` is too short. Some that are nearer may be among them.
   */
  queryRing(x: number, z: number, innerRadius: number, radius: number, out: Float64Array): number {
    const { grid, side } = this;
    const rowMin = grid.cellOf(z - radius);
    const rowMax = grid.cellOf(z + radius);
    let end = 0;
    if (rowMax - rowMin >= side) {
      end = this.scan(0, side * side, x, z, innerRadius, radius, out, 0);
      return end < 0 ? end : end / 2;
    }
    for (let row = rowMin; row <= rowMax && end >= 0; row++) {
      const half = this.halfChord(row, z, radius);
      const columnMin = grid.cellOf(x - half) & (side - 1);
      const length = Math.min(side, grid.cellOf(x + half) - grid.cellOf(x - half) + 1);
      const whole = Math.min(length, side - columnMin);
      const first = (row & (side - 1)) * side;
      end = this.scan(first + columnMin, whole, x, z, innerRadius, radius, out, end);
      if (whole < length && end >= 0) end = this.scan(first, length - whole, x, z, innerRadius, radius, out, end);
    }
    return end < 0 ? end : end / 2;
  }

  /** Half the width of the range where it is widest within a row. */
  private halfChord(row: number, z: number, radius: number): number {
    const { cellSize, isBox } = this.grid;
    if (isBox) return radius * ROUNDING;
    const low = row * cellSize - z;
    const away = low > 0 ? low : Math.min(0, low + cellSize);
    // A hair more, since a cell's border is where rounding puts it.
    return Math.sqrt(Math.max(0, radius * radius * ROUNDING - away * away)) * ROUNDING;
  }

  /** The points of `count` cells. Without a branch: whether one stands in the ring is as good as random. Returns the end in `out`; -1: it is too short. */
  private scan(
    cell: number,
    count: number,
    x: number,
    z: number,
    innerRadius: number,
    radius: number,
    out: Float64Array,
    outStart: number,
  ): number {
    const { points } = this;
    const { isBox } = this.grid;
    const step = POINT;
    const start = this.starts[cell] as number;
    const end = this.starts[cell + count] as number;
    const middle = (radius * radius + innerRadius * innerRadius) / 2;
    const half = ((radius * radius - innerRadius * innerRadius) / 2) * ROUNDING;
    if (outStart + end - start > out.length) return -1;
    let outEnd = outStart;
    for (let at = start; at < end; at += step) {
      const dx = (points[at] as number) - x;
      const dz = (points[at + 1] as number) - z;
      const distance = isBox ? boxDistance(dx, dz) : dx * dx + dz * dz;
      out[outEnd] = points[at + 2] as number;
      out[outEnd + 1] = distance;
      outEnd += Number(Math.abs(distance - middle) <= half) << 1;
    }
    return outEnd;
  }

  private countCells(): void {
    const { starts, ends, grid } = this;
    ends.fill(0);
    for (let slot = 0; slot < grid.slotsEnd; slot++) {
      if (!grid.has(slot)) continue;
      const cell = this.cellOf(slot);
      ends[cell] = (ends[cell] as number) + POINT;
    }
    let start = 0;
    for (let cell = 0; cell < ends.length; cell++) {
      starts[cell] = start;
      start += ends[cell] as number;
      ends[cell] = starts[cell] as number;
    }
    starts[ends.length] = start;
  }

  private cellOf(slot: number): number {
    const { grid, side } = this;
    const row = (grid.cellZs[slot] as number) & (side - 1);
    return row * side + ((grid.cellXs[slot] as number) & (side - 1));
  }

  private reserve(count: number): void {
    while (this.side * this.side < count) this.side *= 2;
    const cells = this.side * this.side;
    if (cells !== this.ends.length) {
      this.starts = new Int32Array(cells + 1);
      this.ends = new Int32Array(cells);
    }
    if (count * POINT > this.points.length) this.points = new Float32Array((count + (count >> 1)) * POINT);
  }
}
