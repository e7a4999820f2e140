/**
 * The example world's two maps as plain data: the server places and stops things by them, the page draws them. Both get the same map
 * because it is generated from fixed seeds; nothing here reads a clock or a die. No imports, so that it runs anywhere.
 *
 * The ground plane is x (east) and z (south), in units, 0 … width and 0 … depth; y is up and 0 everywhere. One unit is 32 pixels at
 * zoom 1. Outlines are flat arrays [x, z] * count, closed, without the first point again at the end.
 */

export type MapName = "Meadow" | "Cave";
export type ObstacleKind = "oak" | "pine" | "bush" | "rock" | "stalagmite" | "crystal";
export type MonsterKind = "slime" | "wolf" | "boar";

/** Something round that stands in the way. */
export interface Obstacle {
  readonly kind: ObstacleKind;
  readonly x: number;
  readonly z: number;
  /** What stops a walker: the trunk, not the crown. */
  readonly radius: number;
  /** Factor on the drawn size, about 1. */
  readonly size: number;
  /** Picks among the drawn variants; 0 … 255. */
  readonly variant: number;
}

/** Something straight that stands in the way: a piece of wall along one of the axes. */
export interface Wall {
  /** Its middle. */
  readonly x: number;
  readonly z: number;
  readonly halfX: number;
  readonly halfZ: number;
}

/** Where a walker is carried to another map. */
export interface Portal {
  readonly x: number;
  readonly z: number;
  readonly radius: number;
  readonly to: MapName;
  /** Where one comes out, clear of the portal there. */
  readonly toX: number;
  readonly toZ: number;
}

/** Monsters of one kind live around a point and wander within the radius. */
export interface MonsterGround {
  readonly kind: MonsterKind;
  readonly x: number;
  readonly z: number;
  readonly radius: number;
  readonly count: number;
  /** A round [x, z] * corners that they walk instead, again and again. */
  readonly patrol?: readonly number[];
}

export interface SpaceMap {
  readonly name: MapName;
  readonly title: string;
  readonly width: number;
  readonly depth: number;
  /** The walkable area's outer edge. */
  readonly border: readonly number[];
  /** Water that nobody walks on. */
  readonly ponds: readonly (readonly number[])[];
  /** Trodden paths, open polylines; drawing only. */
  readonly paths: readonly (readonly number[])[];
  readonly obstacles: readonly Obstacle[];
  readonly walls: readonly Wall[];
  readonly portals: readonly Portal[];
  readonly monsterGrounds: readonly MonsterGround[];
  readonly spawn: { readonly x: number; readonly z: number; readonly radius: number };
}

/** Rules both sides go by: the page predicts with them what the server will allow. */
export const WALK_SPEED_UNITS_PER_SECOND = 6;
export const WALKER_RADIUS = 0.4;
/** From walker to target, centre to centre. */
export const ATTACK_RANGE = 3;
export const ATTACK_INTERVAL_MS = 500;
export const NAME_CHARS_MAX = 16;
export const CHAT_CHARS_MAX = 200;

export const SHOP_ITEMS = [
  { item: "potion", title: "Healing potion", price: 10, heals: 60 },
  { item: "elixir", title: "Elixir of life", price: 25, heals: 200 },
] as const;

type Dice = () => number;

/** mulberry32 by Tommy Ettinger (public domain): floats in [0, 1). */
function seededDice(seed: number): Dice {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Two decimals, so that the map is the same where sine differs in its last digit. */
function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

/** A round outline with bays: `bayDepth` 0 is a circle or ellipse. */
function blob(dice: Dice, x: number, z: number, radiusX: number, radiusZ: number, bayDepth: number): number[] {
  const pointCount = 36;
  const phase2 = dice() * Math.PI * 2;
  const phase3 = dice() * Math.PI * 2;
  const phase5 = dice() * Math.PI * 2;
  const outline: number[] = [];
  for (let i = 0; i < pointCount; i++) {
    const angle = (i / pointCount) * Math.PI * 2;
    const bays =
      Math.sin(2 * angle + phase2) + 0.7 * Math.sin(3 * angle + phase3) + 0.35 * Math.sin(5 * angle + phase5);
    const factor = 1 + bayDepth * bays;
    outline.push(rounded(x + Math.cos(angle) * radiusX * factor), rounded(z + Math.sin(angle) * radiusZ * factor));
  }
  return outline;
}

/** Distance from a point to the polyline, in units; `closed` joins its ends. */
export function distanceToLine(line: readonly number[], x: number, z: number, closed: boolean): number {
  const count = line.length / 2;
  let best = Number.POSITIVE_INFINITY;
  for (let i = closed ? 0 : 1; i < count; i++) {
    const before = (i + count - 1) % count;
    const ax = line[before * 2] as number;
    const az = line[before * 2 + 1] as number;
    const dx = (line[i * 2] as number) - ax;
    const dz = (line[i * 2 + 1] as number) - az;
    const lengthSquared = dx * dx + dz * dz || 1;
    const t = Math.max(0, Math.min(1, ((x - ax) * dx + (z - az) * dz) / lengthSquared));
    best = Math.min(best, Math.hypot(x - ax - t * dx, z - az - t * dz));
  }
  return best;
}

/** Whether the closed outline holds the point (even-odd rule). */
export function isInside(outline: readonly number[], x: number, z: number): boolean {
  const count = outline.length / 2;
  let inside = false;
  for (let i = 0, j = count - 1; i < count; j = i++) {
    const xi = outline[i * 2] as number;
    const zi = outline[i * 2 + 1] as number;
    const xj = outline[j * 2] as number;
    const zj = outline[j * 2 + 1] as number;
    if (zi > z !== zj > z && x < ((xj - xi) * (z - zi)) / (zj - zi) + xi) inside = !inside;
  }
  return inside;
}

/** In units; 0 inside of it. */
export function distanceToWall({ x, z, halfX, halfZ }: Wall, atX: number, atZ: number): number {
  return Math.hypot(Math.max(0, Math.abs(atX - x) - halfX), Math.max(0, Math.abs(atZ - z) - halfZ));
}

/** A ruin's walls; the way in is in the south. */
function ruin(x: number, z: number): Wall[] {
  return [
    { x, z: z - 6, halfX: 7.5, halfZ: 0.5 },
    { x: x - 7, z, halfX: 0.5, halfZ: 5.5 },
    { x: x + 7, z, halfX: 0.5, halfZ: 5.5 },
    { x: x - 4.5, z: z + 6, halfX: 3, halfZ: 0.5 },
    { x: x + 4.5, z: z + 6, halfX: 3, halfZ: 0.5 },
    { x: x + 1, z: z - 1.5, halfX: 3, halfZ: 0.5 },
  ];
}
/** How far what grows keeps from walls. */
const WALL_CLEARANCE = 4;

/** Everything but the obstacles: what they must keep clear of. */
type Terrain = Omit<SpaceMap, "obstacles">;

const TRUNK_RADIUS: Readonly<Record<ObstacleKind, number>> = {
  oak: 0.55,
  pine: 0.45,
  bush: 0.5,
  rock: 0.75,
  stalagmite: 0.6,
  crystal: 0.55,
};

/** Puts obstacles down one by one, each clear of water, paths, portals, the spawn and the others. */
class Planter {
  readonly planted: Obstacle[] = [];
  private readonly terrain: Terrain;
  private readonly dice: Dice;

  constructor(terrain: Terrain, dice: Dice) {
    this.terrain = terrain;
    this.dice = dice;
  }

  /** Tries to plant `count` within a circle; fewer where there is no room. */
  grove(kinds: readonly ObstacleKind[], count: number, x: number, z: number, radius: number, gap: number): void {
    for (let i = 0; i < count; i++) {
      const angle = this.dice() * Math.PI * 2;
      const distance = Math.sqrt(this.dice()) * radius;
      this.plant(kinds, x + Math.cos(angle) * distance, z + Math.sin(angle) * distance, gap);
    }
  }

  /** Along a closed outline, moved inwards by `inset` ± `jitter`. */
  hedge(
    kinds: readonly ObstacleKind[],
    outline: readonly number[],
    spacing: number,
    inset: number,
    jitter: number,
  ): void {
    const count = outline.length / 2;
    for (let i = 0; i < count; i++) {
      const ax = outline[i * 2] as number;
      const az = outline[i * 2 + 1] as number;
      const bx = outline[((i + 1) % count) * 2] as number;
      const bz = outline[((i + 1) % count) * 2 + 1] as number;
      const length = Math.hypot(bx - ax, bz - az) || 1;
      for (let at = 0; at < length; at += spacing) {
        const depth = inset + (this.dice() - 0.5) * 2 * jitter;
        const along = at + (this.dice() - 0.5) * spacing * 0.6;
        const x = ax + ((bx - ax) * along - (bz - az) * depth) / length;
        const z = az + ((bz - az) * along + (bx - ax) * depth) / length;
        this.plant(kinds, x, z, 1.4);
      }
    }
  }

  private plant(kinds: readonly ObstacleKind[], x: number, z: number, gap: number): void {
    const kind = kinds[Math.floor(this.dice() * kinds.length)] as ObstacleKind;
    const size = rounded(0.8 + this.dice() * 0.45);
    const variant = Math.floor(this.dice() * 256);
    if (!this.isClear(x, z, gap)) return;
    const radius = rounded(TRUNK_RADIUS[kind] * size);
    this.planted.push({ kind, x: rounded(x), z: rounded(z), radius, size, variant });
  }

  private isClear(x: number, z: number, gap: number): boolean {
    const { terrain } = this;
    if (!isInside(terrain.border, x, z)) return false;
    if (Math.hypot(x - terrain.spawn.x, z - terrain.spawn.z) < terrain.spawn.radius + 3) return false;
    for (const pond of terrain.ponds) {
      if (isInside(pond, x, z) || distanceToLine(pond, x, z, true) < 2) return false;
    }
    for (const path of terrain.paths) if (distanceToLine(path, x, z, false) < 2.4) return false;
    for (const wall of terrain.walls) if (distanceToWall(wall, x, z) < WALL_CLEARANCE) return false;
    for (const portal of terrain.portals) if (Math.hypot(x - portal.x, z - portal.z) < 5) return false;
    return this.planted.every((other) => Math.hypot(x - other.x, z - other.z) >= gap);
  }
}

function makeMeadow(): SpaceMap {
  const dice = seededDice(20_240_607);
  const width = 200;
  const depth = 200;
  const terrain: Terrain = {
    name: "Meadow",
    title: "Windmere Meadow",
    width,
    depth,
    border: [1, 1, width - 1, 1, width - 1, depth - 1, 1, depth - 1],
    ponds: [
      blob(dice, 117, 89, 10, 7, 0.12),
      blob(dice, 58, 136, 9, 11, 0.12),
      blob(dice, 152, 150, 13, 9, 0.14),
      blob(dice, 48, 44, 7, 6, 0.12),
    ],
    paths: [
      [100, 100, 93, 92, 88, 84, 84, 76],
      [100, 100, 111, 105, 124, 108, 140, 118, 150, 132],
      [100, 100, 92, 108, 80, 114, 74, 126, 76, 144, 88, 160],
      [84, 76, 70, 66, 62, 52],
      [124, 108, 146, 96, 160, 74, 158, 52],
    ],
    portals: [{ x: 84, z: 75, radius: 1.6, to: "Cave", toX: 40, toZ: 62 }],
    monsterGrounds: [
      { kind: "slime", x: 110, z: 77, radius: 9, count: 6 },
      { kind: "slime", x: 73, z: 132, radius: 11, count: 6 },
      { kind: "boar", x: 128, z: 124, radius: 14, count: 6 },
      { kind: "boar", x: 150, z: 60, radius: 14, count: 5 },
      { kind: "wolf", x: 60, z: 82, radius: 14, count: 5 },
      { kind: "wolf", x: 98, z: 164, radius: 16, count: 5 },
      { kind: "slime", x: 158, z: 168, radius: 11, count: 5 },
      { kind: "boar", x: 110, z: 122, radius: 2, count: 2 },
      { kind: "wolf", x: 106, z: 129, radius: 1, count: 1, patrol: [96, 110, 116, 110, 116, 130, 96, 130] },
    ],
    walls: ruin(106, 120),
    spawn: { x: 100, z: 100, radius: 5 },
  };
  const planter = new Planter(terrain, dice);
  planter.hedge(["pine", "pine", "oak"], terrain.border, 3.2, 2.5, 1.8);
  planter.hedge(["pine", "oak", "bush"], terrain.border, 4.4, 7.5, 2.5);
  planter.grove(["pine", "pine", "oak"], 90, 56, 86, 22, 2.7);
  planter.grove(["pine", "pine", "rock"], 80, 104, 172, 24, 3);
  planter.grove(["oak", "oak", "bush"], 60, 156, 104, 20, 3.1);
  planter.grove(["oak", "bush", "pine"], 46, 116, 40, 22, 3.2);
  planter.grove(["oak", "bush"], 30, 32, 160, 18, 3.4);
  planter.grove(["oak", "oak", "pine", "bush"], 14, 88, 99, 6, 2.6);
  planter.grove(["pine", "oak", "bush"], 16, 103, 113, 7, 2.8);
  planter.grove(["oak", "bush", "bush"], 12, 104, 89, 5, 2.4);
  planter.grove(["oak", "oak", "bush", "rock"], 60, 100, 98, 26, 4.2);
  planter.grove(["oak", "bush", "rock", "pine"], 170, 100, 100, 138, 5);
  return { ...terrain, obstacles: planter.planted };
}

function makeCave(): SpaceMap {
  const dice = seededDice(77_003);
  const terrain: Terrain = {
    name: "Cave",
    title: "The Hollow Below",
    width: 80,
    depth: 80,
    border: blob(dice, 40, 40, 32, 31, 0.06),
    ponds: [blob(dice, 30, 30, 6, 4.5, 0.12), blob(dice, 52, 44, 4.5, 6, 0.12)],
    paths: [[40, 66, 40, 56, 38, 46, 42, 36, 44, 24]],
    portals: [{ x: 40, z: 67, radius: 1.6, to: "Meadow", toX: 88, toZ: 82 }],
    monsterGrounds: [
      { kind: "slime", x: 34, z: 40, radius: 9, count: 6 },
      { kind: "wolf", x: 46, z: 26, radius: 10, count: 5 },
    ],
    walls: [],
    spawn: { x: 40, z: 60, radius: 3 },
  };
  const planter = new Planter(terrain, dice);
  planter.hedge(["stalagmite", "stalagmite", "rock"], terrain.border, 2.6, 1.2, 0.8);
  planter.grove(["crystal"], 34, 40, 40, 30, 5);
  planter.grove(["stalagmite", "rock", "crystal"], 46, 40, 40, 32, 4.2);
  return { ...terrain, obstacles: planter.planted };
}

export const MEADOW: SpaceMap = makeMeadow();
export const CAVE: SpaceMap = makeCave();

/** The map of a space type; the meadow for one that has none. */
export function mapOf(spaceTypeName: string): SpaceMap {
  return spaceTypeName === "Cave" ? CAVE : MEADOW;
}
