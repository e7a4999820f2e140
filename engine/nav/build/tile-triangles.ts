/** A level's triangles by the tile that they reach into, so that each tile is rasterised from a few. Pure. */
import { AeonError } from "../../base/errors.js";
import type { Level } from "./level.js";

/** What reaches into one tile: vertices of its own, and each triangle's number in the level. */
export interface TileGeometry {
  readonly vertices: Float32Array;
  readonly indices: Int32Array;
  readonly numbers: readonly number[];
}

/** Tiles along one axis: Detour cannot number more. */
const TILES_PER_AXIS_MAX = 16_384;

export class TileTriangles {
  readonly boundsMin: [number, number, number];
  readonly boundsMax: [number, number, number];
  readonly columns: number;
  readonly rows: number;
  /** Edge, and the padding around each, in units. */
  readonly tileSize: number;
  readonly border: number;
  private readonly level: Level;
  private readonly byTile = new Map<number, number[]>();

  constructor(level: Level, tileSize: number, border: number) {
    this.level = level;
    this.tileSize = tileSize;
    this.border = border;
    [this.boundsMin, this.boundsMax] = boundsOf(level);
    this.columns = Math.max(1, Math.ceil((this.boundsMax[0] - this.boundsMin[0]) / tileSize));
    this.rows = Math.max(1, Math.ceil((this.boundsMax[2] - this.boundsMin[2]) / tileSize));
    if (Math.max(this.columns, this.rows) > TILES_PER_AXIS_MAX) {
      throw new AeonError("NAV_BUILD_FAILED", `${this.columns} × ${this.rows} tiles are too many`);
    }
    for (let number = 0; number < level.indices.length / 3; number++) this.sortIn(number);
  }

  of(x: number, y: number): TileGeometry {
    const numbers = this.byTile.get(y * this.columns + x) ?? [];
    const { positions, indices: all } = this.level;
    const vertexNumbers = new Map<number, number>();
    const vertices: number[] = [];
    const indices: number[] = [];
    for (const number of numbers) {
      for (let corner = 0; corner < 3; corner++) {
        const vertex = all[number * 3 + corner] as number;
        let own = vertexNumbers.get(vertex);
        if (own === undefined) {
          own = vertexNumbers.size;
          vertexNumbers.set(vertex, own);
          for (let axis = 0; axis < 3; axis++) vertices.push(positions[vertex * 3 + axis] as number);
        }
        indices.push(own);
      }
    }
    return { vertices: Float32Array.from(vertices), indices: Int32Array.from(indices), numbers };
  }

  private sortIn(number: number): void {
    const [minX, maxX] = this.span(number, 0);
    const [minZ, maxZ] = this.span(number, 2);
    for (let y = this.first(minZ, 2, this.rows); y <= this.last(maxZ, 2, this.rows); y++) {
      for (let x = this.first(minX, 0, this.columns); x <= this.last(maxX, 0, this.columns); x++) {
        const key = y * this.columns + x;
        const there = this.byTile.get(key);
        if (there === undefined) this.byTile.set(key, [number]);
        else there.push(number);
      }
    }
  }

  private span(number: number, axis: 0 | 2): [number, number] {
    const { positions, indices } = this.level;
    const at = (corner: number) => positions[(indices[number * 3 + corner] as number) * 3 + axis] as number;
    const [a, b, c] = [at(0), at(1), at(2)];
    return [Math.min(a, b, c), Math.max(a, b, c)];
  }

  private first(value: number, axis: 0 | 2, count: number): number {
    return clamp(Math.floor((value - this.border - this.boundsMin[axis]) / this.tileSize), count);
  }
  private last(value: number, axis: 0 | 2, count: number): number {
    return clamp(Math.floor((value + this.border - this.boundsMin[axis]) / this.tileSize), count);
  }
}

function clamp(value: number, count: number): number {
  return Math.min(Math.max(value, 0), count - 1);
}

function boundsOf({ positions, indices }: Level): [[number, number, number], [number, number, number]] {
  const low: [number, number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const high: [number, number, number] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const index of indices) {
    for (const axis of [0, 1, 2] as const) {
      const value = positions[index * 3 + axis] as number;
      low[axis] = Math.min(low[axis], value);
      high[axis] = Math.max(high[axis], value);
    }
  }
  return [low, high];
}
