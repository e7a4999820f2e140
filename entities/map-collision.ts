/**
 * Keeps walkers out of trees, walls, water and the world's edge. Pure; the page predicts its own avatar with it, the server steers monsters
 * with it. A walker is a circle; what overlaps is pushed out along the shortest way, so that one slides along things.
 */
import { isInside, mapOf, type Obstacle, type SpaceMap, type Wall } from "./world-map.js";

export interface GroundPoint {
  x: number;
  z: number;
}

const CELL_UNITS = 8;
/** Pushing out of one thing may push into the next; what is still stuck after this many rounds does not move. */
const ROUNDS_MAX = 4;
/** The largest radius of an obstacle and a walker together. */
const REACH_UNITS = 3;

/** The obstacles of one map by cell, so that a step looks at a few and not at all. */
export class MapCollision {
  readonly map: SpaceMap;
  private readonly cells = new Map<number, Obstacle[]>();
  private readonly ponds: readonly Pond[];

  constructor(map: SpaceMap) {
    this.map = map;
    this.ponds = map.ponds.map(pondOf);
    for (const obstacle of map.obstacles) {
      const key = cellKey(obstacle.x, obstacle.z);
      const cell = this.cells.get(key);
      if (cell === undefined) this.cells.set(key, [obstacle]);
      else cell.push(obstacle);
    }
  }

  /** Whether a circle may stand there. */
  isFree(x: number, z: number, radius: number): boolean {
    const point = { x, z };
    return !this.pushOut(point, radius);
  }

  /** Where a walker at `from` gets that wants to go to (x, z): there, beside what is in the way, or nowhere. */
  slide(from: Readonly<GroundPoint>, x: number, z: number, radius: number): GroundPoint {
    const point = { x, z };
    for (let round = 0; round < ROUNDS_MAX; round++) {
      if (!this.pushOut(point, radius)) return point;
    }
    return this.isFree(point.x, point.z, radius * 0.9) ? point : { x: from.x, z: from.z };
  }

  /** Moves the point out of what it overlaps; false when nothing was in the way. */
  private pushOut(point: GroundPoint, radius: number): boolean {
    let pushed = this.pushFromObstacles(point, radius);
    for (const wall of this.map.walls) if (pushFromWall(wall, point, radius)) pushed = true;
    for (const pond of this.ponds) {
      if (isNear(pond, point, radius) && pushFromOutline(pond.outline, point, radius, false)) pushed = true;
    }
    if (pushFromOutline(this.map.border, point, radius, true)) pushed = true;
    return pushed;
  }

  private pushFromObstacles(point: GroundPoint, radius: number): boolean {
    let pushed = false;
    const { x, z } = point;
    for (let cz = cellOf(z - REACH_UNITS); cz <= cellOf(z + REACH_UNITS); cz++) {
      for (let cx = cellOf(x - REACH_UNITS); cx <= cellOf(x + REACH_UNITS); cx++) {
        for (const obstacle of this.cells.get(cx * 1024 + cz) ?? []) {
          if (pushFromCircle(obstacle, point, radius)) pushed = true;
        }
      }
    }
    return pushed;
  }
}

/** An outline and the box around it, which most walkers are far from. */
interface Pond {
  readonly outline: readonly number[];
  readonly minX: number;
  readonly maxX: number;
  readonly minZ: number;
  readonly maxZ: number;
}

function pondOf(outline: readonly number[]): Pond {
  const xs = outline.filter((_, i) => i % 2 === 0);
  const zs = outline.filter((_, i) => i % 2 === 1);
  return { outline, minX: Math.min(...xs), maxX: Math.max(...xs), minZ: Math.min(...zs), maxZ: Math.max(...zs) };
}

function isNear(pond: Pond, { x, z }: Readonly<GroundPoint>, radius: number): boolean {
  const { minX, maxX, minZ, maxZ } = pond;
  return x > minX - radius && x < maxX + radius && z > minZ - radius && z < maxZ + radius;
}

function cellOf(value: number): number {
  return Math.floor(value / CELL_UNITS);
}

function cellKey(x: number, z: number): number {
  return cellOf(x) * 1024 + cellOf(z);
}

const TOUCH = 0.001;

function pushFromCircle(obstacle: Pick<Obstacle, "x" | "z" | "radius">, point: GroundPoint, radius: number): boolean {
  const dx = point.x - obstacle.x;
  const dz = point.z - obstacle.z;
  const apart = obstacle.radius + radius;
  const distance = Math.hypot(dx, dz);
  if (distance >= apart - TOUCH) return false;
  const away = distance > TOUCH ? distance : 1;
  point.x = obstacle.x + ((distance > TOUCH ? dx : 1) / away) * apart;
  point.z = obstacle.z + (dz / away) * apart;
  return true;
}

function pushFromWall(wall: Wall, point: GroundPoint, radius: number): boolean {
  const [dx, dz] = [point.x - wall.x, point.z - wall.z];
  const [overX, overZ] = [wall.halfX - Math.abs(dx), wall.halfZ - Math.abs(dz)];
  if (overX <= TOUCH - radius || overZ <= TOUCH - radius) return false;
  if (overX < 0 && overZ < 0) {
    const corner = { x: wall.x + Math.sign(dx) * wall.halfX, z: wall.z + Math.sign(dz) * wall.halfZ, radius: 0 };
    return pushFromCircle(corner, point, radius);
  }
  // The shorter way out.
  if (overX < overZ) point.x = wall.x + (dx < 0 ? -1 : 1) * (wall.halfX + radius);
  else point.z = wall.z + (dz < 0 ? -1 : 1) * (wall.halfZ + radius);
  return true;
}

/** Keeps a circle outside of an outline, or inside of it. */
function pushFromOutline(outline: readonly number[], point: GroundPoint, radius: number, keepInside: boolean): boolean {
  const nearest = nearestOn(outline, point);
  const distance = Math.hypot(point.x - nearest.x, point.z - nearest.z);
  const onWrongSide = isInside(outline, point.x, point.z) !== keepInside;
  if (!onWrongSide && distance >= radius - TOUCH) return false;
  if (distance < TOUCH) {
    point.x = nearest.x + nearest.normalX * radius * (keepInside ? 1 : -1);
    point.z = nearest.z + nearest.normalZ * radius * (keepInside ? 1 : -1);
    return true;
  }
  const factor = (onWrongSide ? -radius : radius) / distance;
  point.x = nearest.x + (point.x - nearest.x) * factor;
  point.z = nearest.z + (point.z - nearest.z) * factor;
  return true;
}

interface OutlinePoint extends GroundPoint {
  /** Points inwards (outlines run clockwise on the screen). */
  normalX: number;
  normalZ: number;
}

function nearestOn(outline: readonly number[], point: Readonly<GroundPoint>): OutlinePoint {
  const best: OutlinePoint = { x: 0, z: 0, normalX: 0, normalZ: 0 };
  let bestSquared = Number.POSITIVE_INFINITY;
  const count = outline.length / 2;
  for (let i = 0, j = count - 1; i < count; j = i++) {
    const ax = outline[j * 2] as number;
    const az = outline[j * 2 + 1] as number;
    const dx = (outline[i * 2] as number) - ax;
    const dz = (outline[i * 2 + 1] as number) - az;
    const lengthSquared = dx * dx + dz * dz || 1;
    const t = Math.max(0, Math.min(1, ((point.x - ax) * dx + (point.z - az) * dz) / lengthSquared));
    const x = ax + t * dx;
    const z = az + t * dz;
    const squared = (point.x - x) ** 2 + (point.z - z) ** 2;
    if (squared >= bestSquared) continue;
    bestSquared = squared;
    const length = Math.sqrt(lengthSquared);
    best.x = x;
    best.z = z;
    best.normalX = -dz / length;
    best.normalZ = dx / length;
  }
  return best;
}

const collisions = new Map<string, MapCollision>();

/** One for each map, made on first use. */
export function collisionOf(spaceType: string): MapCollision {
  let collision = collisions.get(spaceType);
  if (collision === undefined) {
    collision = new MapCollision(mapOf(spaceType));
    collisions.set(spaceType, collision);
  }
  return collision;
}
