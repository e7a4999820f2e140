/**
 * Points on an unbounded plane in a uniform grid: who is within a circle, or a box. Positions are (x, z), in world units, as float32.
 *
 * Arrays by `slot`, a small integer of the caller's; they grow to the largest slot, so number densely within one grid. A cell is found by hashing its coordinates into a table of buckets; each bucket is a doubly linked list through
 * `next` and `previous`. Every point keeps its cell, so cells that share a bucket are told apart and nothing is reported twice.
 * Cells beyond ±2^30 are clamped: points farther out share the outermost cells, which costs time and stays exact.
 *
 * Called by the views of a space (sync) and by `space.queryRange` (script), each on its own thread with its own grid.
 */
import { assert } from "../base/errors.js";
import { squaredDistance, type ViewShape } from "../base/view-shape.js";

const NONE = -1;
const CELL_ABS_MAX = 2 ** 30;
const SLOTS_MIN = 64;
const BUCKETS_MIN = 64;

export class Grid {
  /** Side of a cell in units. Best near the usual query radius. */
  readonly cellSize: number;
  /** Ranges are boxes rather than circles: of x and z the one that is farther counts. */
  readonly isBox: boolean;
  private readonly cellsPerUnit: number;
  /** Points in the grid. */
  count = 0;
  /** [x, z] * slot; meaningful where `has(slot)`. Read only. One array rather than two: each that a loop reads costs it as much as the sum. */
  points = new Float32Array(SLOTS_MIN * 2);
  /** The cell of each slot, likewise. */
  cellXs = new Int32Array(SLOTS_MIN);
  cellZs = new Int32Array(SLOTS_MIN);
  /** Bucket of each slot, or NONE when it is not in the grid. */
  private buckets = new Int32Array(SLOTS_MIN).fill(NONE);
  private next = new Int32Array(SLOTS_MIN);
  private previous = new Int32Array(SLOTS_MIN);
  /** First slot of each bucket; the length is a power of two. */
  private heads = new Int32Array(BUCKETS_MIN).fill(NONE);

  constructor(cellSize: number, shape: ViewShape = "circle") {
    assert(cellSize > 0 && Number.isFinite(cellSize), "a grid's cell size is a positive number");
    this.cellSize = cellSize;
    this.isBox = shape === "box";
    this.cellsPerUnit = 1 / cellSize;
  }

  /** Every slot in the grid is below it. */
  get slotsEnd(): number {
    return this.buckets.length;
  }

  xOf(slot: number): number {
    return this.points[slot * 2] as number;
  }

  zOf(slot: number): number {
    return this.points[slot * 2 + 1] as number;
  }

  has(slot: number): boolean {
    return slot < this.buckets.length && this.buckets[slot] !== NONE;
  }

  /** Puts a slot in, or moves it when it is in. */
  insert(slot: number, x: number, z: number): void {
    if (this.has(slot)) {
      this.move(slot, x, z);
      return;
    }
    if (slot >= this.buckets.length) this.growSlots(slot + 1);
    if (this.count >= this.heads.length) this.growBuckets();
    this.count += 1;
    this.points[slot * 2] = x;
    this.points[slot * 2 + 1] = z;
    this.link(slot, this.cellOf(this.xOf(slot)), this.cellOf(this.zOf(slot)));
  }

  /** The slot must be in the grid. */
  move(slot: number, x: number, z: number): void {
    this.points[slot * 2] = x;
    this.points[slot * 2 + 1] = z;
    const cellX = this.cellOf(this.xOf(slot));
    const cellZ = this.cellOf(this.zOf(slot));
    if (cellX === this.cellXs[slot] && cellZ === this.cellZs[slot]) return;
    this.unlink(slot);
    this.link(slot, cellX, cellZ);
  }

  /** Nothing happens when the slot is not in the grid. */
  remove(slot: number): void {
    if (!this.has(slot)) return;
    this.unlink(slot);
    this.buckets[slot] = NONE;
    this.count -= 1;
  }

  /**
   * Writes the slots within `radius` of (x, z), edge included, to `out` in no promised order, at most `out.length` of them.
   * Returns how many there are, which may be more than were written: then ask again with a larger `out`. `distances` gets the squared
   * distance of each; it is as long as `out`.
   */
  queryRange(x: number, z: number, radius: number, out: Int32Array, distances: Float64Array | null = null): number {
    const cellXMin = this.cellOf(x - radius);
    const cellXMax = this.cellOf(x + radius);
    const cellZMin = this.cellOf(z - radius);
    const cellZMax = this.cellOf(z + radius);
    const radiusSquared = radius * radius;
    const cells = (cellXMax - cellXMin + 1) * (cellZMax - cellZMin + 1);
    if (cells > this.count) return this.queryAll(x, z, radiusSquared, out, distances);
    let found = 0;
    for (let cellZ = cellZMin; cellZ <= cellZMax; cellZ++) {
      for (let cellX = cellXMin; cellX <= cellXMax; cellX++) {
        found = this.queryCell(cellX, cellZ, x, z, radiusSquared, out, distances, found);
      }
    }
    return found;
  }

  private queryCell(
    cellX: number,
    cellZ: number,
    x: number,
    z: number,
    radiusSquared: number,
    out: Int32Array,
    distances: Float64Array | null,
    foundBefore: number,
  ): number {
    const { points, cellXs, cellZs, next, isBox } = this;
    let found = foundBefore;
    for (let slot = this.heads[this.bucketOf(cellX, cellZ)] as number; slot !== NONE; slot = next[slot] as number) {
      if (cellXs[slot] !== cellX || cellZs[slot] !== cellZ) continue;
      const dx = (points[slot * 2] as number) - x;
      const dz = (points[slot * 2 + 1] as number) - z;
      const distance = squaredDistance(isBox, dx, dz);
      if (!(distance <= radiusSquared)) continue;
      if (found < out.length) {
        out[found] = slot;
        if (distances !== null) distances[found] = distance;
      }
      found += 1;
    }
    return found;
  }

  /** For circles of more cells than there are points. */
  private queryAll(
    x: number,
    z: number,
    radiusSquared: number,
    out: Int32Array,
    distances: Float64Array | null,
  ): number {
    const { points, buckets, isBox } = this;
    let found = 0;
    for (let slot = 0; slot < buckets.length; slot++) {
      if (buckets[slot] === NONE) continue;
      const dx = (points[slot * 2] as number) - x;
      const dz = (points[slot * 2 + 1] as number) - z;
      const distance = squaredDistance(isBox, dx, dz);
      if (!(distance <= radiusSquared)) continue;
      if (found < out.length) {
        out[found] = slot;
        if (distances !== null) distances[found] = distance;
      }
      found += 1;
    }
    return found;
  }

  /** The cell of a coordinate. */
  cellOf(coordinate: number): number {
    const cell = Math.floor(coordinate * this.cellsPerUnit);
    return cell >= -CELL_ABS_MAX && cell <= CELL_ABS_MAX ? cell : cell > 0 ? CELL_ABS_MAX : -CELL_ABS_MAX;
  }

  private bucketOf(cellX: number, cellZ: number): number {
    let hash = Math.imul(cellX, 0x9e3779b1) ^ Math.imul(cellZ, 0x85ebca77);
    hash ^= hash >>> 15;
    return hash & (this.heads.length - 1);
  }

  private link(slot: number, cellX: number, cellZ: number): void {
    const bucket = this.bucketOf(cellX, cellZ);
    const head = this.heads[bucket] as number;
    this.cellXs[slot] = cellX;
    this.cellZs[slot] = cellZ;
    this.buckets[slot] = bucket;
    this.next[slot] = head;
    this.previous[slot] = NONE;
    if (head !== NONE) this.previous[head] = slot;
    this.heads[bucket] = slot;
  }

  private unlink(slot: number): void {
    const before = this.previous[slot] as number;
    const after = this.next[slot] as number;
    if (before === NONE) this.heads[this.buckets[slot] as number] = after;
    else this.next[before] = after;
    if (after !== NONE) this.previous[after] = before;
  }

  private growSlots(count: number): void {
    let capacity = this.buckets.length * 2;
    while (capacity < count) capacity *= 2;
    const grown = <T extends Int32Array | Float32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.points = grown(this.points, new Float32Array(capacity * 2));
    this.cellXs = grown(this.cellXs, new Int32Array(capacity));
    this.cellZs = grown(this.cellZs, new Int32Array(capacity));
    this.buckets = grown(this.buckets, new Int32Array(capacity).fill(NONE));
    this.next = grown(this.next, new Int32Array(capacity));
    this.previous = grown(this.previous, new Int32Array(capacity));
  }

  private growBuckets(): void {
    this.heads = new Int32Array(this.heads.length * 2).fill(NONE);
    for (let slot = 0; slot < this.buckets.length; slot++) {
      if (this.buckets[slot] !== NONE) this.link(slot, this.cellXs[slot] as number, this.cellZs[slot] as number);
    }
  }
}
