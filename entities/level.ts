/**
 * The example's maps as levels, in the .obj form that `aeon navmesh build` reads: the ground, and over everything that stands in the way a
 * lid too low to walk under. The build writes them to dist/entities/levels (scripts/levels.mjs). Pure.
 */
import type { SpaceMap, Wall } from "./world-map.js";

const LID_HEIGHT = 1;
/** Corners that a round obstacle has. */
const ROUND_CORNERS = 10;
const DECIMALS = 3;

export function levelObj(map: SpaceMap): string {
  const level = new ObjWriter(`# ${map.title}: written by scripts/levels.mjs, not by hand`);
  level.ground(map.border, map.width / 2, map.depth / 2);
  for (const pond of map.ponds) level.lid(pond);
  for (const { x, z, radius } of map.obstacles) level.lid(circle(x, z, radius));
  for (const wall of map.walls) level.lid(cornersOf(wall));
  return level.text;
}

class ObjWriter {
  private readonly lines: string[];
  private vertexCount = 0;

  constructor(head: string) {
    this.lines = [head];
  }

  get text(): string {
    return `${this.lines.join("\n")}\n`;
  }

  /** The outline's inside; every point of it is seen from (x, z). */
  ground(outline: readonly number[], x: number, z: number): void {
    this.fan(outline, x, z, 0, true);
  }

  /** Walkable from neither side: its underside is its face. */
  lid(outline: readonly number[]): void {
    const count = outline.length / 2;
    let [x, z] = [0, 0];
    for (let i = 0; i < count; i++) {
      x += (outline[i * 2] as number) / count;
      z += (outline[i * 2 + 1] as number) / count;
    }
    this.fan(outline, x, z, LID_HEIGHT, false);
  }

  private fan(outline: readonly number[], x: number, z: number, height: number, isUp: boolean): void {
    const middle = this.vertex(x, height, z);
    const count = outline.length / 2;
    for (let i = 0; i < count; i++) this.vertex(outline[i * 2] as number, height, outline[i * 2 + 1] as number);
    for (let i = 0; i < count; i++) {
      const [a, b] = [middle + 1 + i, middle + 1 + ((i + 1) % count)];
      const isTurned = this.turnsDown(outline, i, x, z) === isUp;
      this.lines.push(`f ${middle} ${isTurned ? b : a} ${isTurned ? a : b}`);
    }
  }

  /** Whether the triangle of this edge and (x, z) faces down. */
  private turnsDown(outline: readonly number[], i: number, x: number, z: number): boolean {
    const next = (i + 1) % (outline.length / 2);
    const [ax, az] = [(outline[i * 2] as number) - x, (outline[i * 2 + 1] as number) - z];
    const [bx, bz] = [(outline[next * 2] as number) - x, (outline[next * 2 + 1] as number) - z];
    return az * bx - ax * bz < 0;
  }

  private vertex(x: number, y: number, z: number): number {
    this.lines.push(`v ${x.toFixed(DECIMALS)} ${y} ${z.toFixed(DECIMALS)}`);
    return ++this.vertexCount;
  }
}

function circle(x: number, z: number, radius: number): number[] {
  const outline: number[] = [];
  for (let i = 0; i < ROUND_CORNERS; i++) {
    const angle = (i / ROUND_CORNERS) * Math.PI * 2;
    outline.push(x + Math.cos(angle) * radius, z + Math.sin(angle) * radius);
  }
  return outline;
}

function cornersOf({ x, z, halfX, halfZ }: Wall): number[] {
  return [x - halfX, z - halfZ, x + halfX, z - halfZ, x + halfX, z + halfZ, x - halfX, z + halfZ];
}
