/** Finds who stands near in one space, by the shape of its views. */

import { squaredDistance, type ViewShape } from "../base/view-shape.js";
import { CellOrder } from "./cell-order.js";
import { Grid } from "./grid.js";

const FOUND_MIN = 256;
/** So many queries at the same positions are worth a sorted copy of them. */
const ORDERED_QUERIES_MIN = 16;

export class Surroundings {
  readonly grid: Grid;
  readonly isBox: boolean;
  /** What the last query found: index and squared distance, by turns. Replaced when it is too short. */
  found = new Float64Array(FOUND_MIN * 2);
  private readonly order: CellOrder;
  private isOrdered = false;
  private slots = new Int32Array(FOUND_MIN);
  private distances = new Float64Array(FOUND_MIN);

  constructor(cellSize: number, shape: ViewShape) {
    this.grid = new Grid(cellSize, shape);
    this.order = new CellOrder(this.grid);
    this.isBox = shape === "box";
  }

  squaredDistance(a: number, b: number): number {
    const { grid } = this;
    return squaredDistance(this.isBox, grid.xOf(a) - grid.xOf(b), grid.zOf(a) - grid.zOf(b));
  }

  /** So many queries follow, and nothing moves until `endQueries`. */
  beginQueries(count: number): void {
    this.isOrdered = count >= ORDERED_QUERIES_MIN;
    if (this.isOrdered) this.order.sort();
  }

  endQueries(): void {
    this.isOrdered = false;
  }

  /** Returns how many are no farther from this one than `radius`, itself among them; some or all of those nearer than `innerRadius` are left out. */
  query(index: number, innerRadius: number, radius: number): number {
    const { grid, order } = this;
    if (!this.isOrdered) return this.queryGrid(index, radius);
    for (;;) {
      const count = order.queryRing(grid.xOf(index), grid.zOf(index), innerRadius, radius, this.found);
      if (count >= 0) return count;
      this.found = new Float64Array(this.found.length * 2);
    }
  }

  private queryGrid(index: number, radius: number): number {
    const { grid } = this;
    const count = grid.queryRange(grid.xOf(index), grid.zOf(index), radius, this.slots, this.distances);
    if (count > this.slots.length) {
      this.slots = new Int32Array(count * 2);
      this.distances = new Float64Array(count * 2);
      return this.queryGrid(index, radius);
    }
    if (count * 2 > this.found.length) this.found = new Float64Array(count * 4);
    for (let i = 0; i < count; i++) {
      this.found[i * 2] = this.slots[i] as number;
      this.found[i * 2 + 1] = this.distances[i] as number;
    }
    return count;
  }
}
