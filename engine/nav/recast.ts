/**
 * The Recast library as WASM: one instance per thread, and the memory that its queries work in. Everything here is allocated once and
 * used again by each query, so a query allocates nothing that could be left behind when it fails. One query at a time per thread: there is
 * no lock, and none is needed as long as an instance never leaves its thread.
 */
import type RawModuleClass from "@recast-navigation/wasm";
import * as untyped from "recast-navigation";

/** The package's own declarations cannot be read by this compiler (they leave out file endings); this is what is used of it. */
const { Raw, init } = untyped as unknown as {
  readonly Raw: { readonly Module: RawModule; destroy(object: unknown): void; isNull(object: unknown): boolean };
  init(): Promise<void>;
};

/** An address in the WASM memory, in bytes. */
export type Pointer = number;
/** Detour and Recast as C++ has them. */
export type RawModule = typeof RawModuleClass;

/** Its methods take plain addresses where their declared types ask for arrays, which they would copy into fresh memory. */
export interface RawQuery {
  readonly ptr: Pointer;
  init(navMesh: unknown, nodesMax: number): number;
  findNearestPoly(
    centre: Pointer,
    halfExtents: Pointer,
    filter: unknown,
    ref: unknown,
    point: unknown,
    isOver: unknown,
  ): number;
  findPath(
    fromRef: number,
    toRef: number,
    from: Pointer,
    to: Pointer,
    filter: unknown,
    path: unknown,
    polysMax: number,
  ): number;
  closestPointOnPoly(ref: number, point: Pointer, closest: unknown, isOver: unknown): number;
  findStraightPath(
    from: Pointer,
    to: Pointer,
    path: unknown,
    points: unknown,
    flags: unknown,
    refs: unknown,
    count: unknown,
    pointsMax: number,
    options: number,
  ): number;
  raycast(
    fromRef: number,
    from: Pointer,
    to: Pointer,
    filter: unknown,
    options: number,
    hit: unknown,
    previousRef: number,
  ): number;
  moveAlongSurface(
    fromRef: number,
    from: Pointer,
    to: Pointer,
    filter: unknown,
    result: unknown,
    visited: unknown,
    visitedMax: number,
  ): number;
  findRandomPoint(filter: unknown, ref: unknown, point: unknown): number;
  findRandomPointAroundCircle(
    ref: number,
    centre: Pointer,
    radius: number,
    filter: unknown,
    resultRef: unknown,
    point: unknown,
  ): number;
  destroy(): void;
}

const VECTOR_BYTES = 12;
const FAILURE = 0x80000000;
const PARTIAL = 1 << 6;
const TOO_SMALL = 1 << 4;

export function isFailure(status: number): boolean {
  return (status & FAILURE) !== 0;
}

/** The search ended before the goal, or the result did not fit. */
export function isPartial(status: number): boolean {
  return (status & (PARTIAL | TOO_SMALL)) !== 0;
}

/** Polygons that one `moveAlongSurface` may touch. */
const VISITED_MAX = 64;

/** Arguments and results of one query. */
export class Scratch {
  readonly from: Pointer;
  readonly to: Pointer;
  readonly halfExtents: Pointer;
  readonly fromRef;
  readonly toRef;
  readonly point;
  readonly isOver;
  readonly polys;
  readonly polysMax: number;
  readonly straight;
  readonly straightFlags;
  readonly straightRefs;
  readonly straightCount;
  readonly pointsMax: number;
  readonly hit;
  readonly visited;
  private readonly raw: RawModule;

  constructor(raw: RawModule, polysMax: number, pointsMax: number) {
    this.raw = raw;
    this.from = raw._malloc(VECTOR_BYTES * 3);
    this.to = this.from + VECTOR_BYTES;
    this.halfExtents = this.to + VECTOR_BYTES;
    this.fromRef = new raw.UnsignedIntRef();
    this.toRef = new raw.UnsignedIntRef();
    this.point = new raw.Vec3();
    this.isOver = new raw.BoolRef();
    this.polys = new raw.UnsignedIntArray();
    this.polysMax = polysMax;
    this.straight = new raw.FloatArray();
    this.straight.resize(pointsMax * 3);
    this.straightFlags = new raw.UnsignedCharArray();
    this.straightFlags.resize(pointsMax);
    this.straightRefs = new raw.UnsignedIntArray();
    this.straightRefs.resize(pointsMax);
    this.straightCount = new raw.IntRef();
    this.pointsMax = pointsMax;
    this.hit = new raw.dtRaycastHit();
    this.visited = new raw.UnsignedIntArray();
  }

  /** Must not be used afterwards. */
  free(): void {
    this.raw._free(this.from);
    for (const object of [this.fromRef, this.toRef, this.point, this.isOver, this.straightCount, this.hit]) {
      Raw.destroy(object);
    }
    for (const array of [this.polys, this.straight, this.straightFlags, this.straightRefs, this.visited]) {
      Raw.destroy(array);
    }
  }

  /** The search gives the array the size of what it found, so it gets its full size before each. */
  clearPolys(): void {
    this.polys.resize(this.polysMax);
  }
  clearVisited(): number {
    this.visited.resize(VISITED_MAX);
    return VISITED_MAX;
  }

  set(at: Pointer, x: number, y: number, z: number): void {
    const floats = this.raw.HEAPF32;
    const index = at >> 2;
    floats[index] = x;
    floats[index + 1] = y;
    floats[index + 2] = z;
  }
}

export class Recast {
  readonly raw: RawModule;
  readonly scratch: Scratch;

  constructor(raw: RawModule, polysMax: number, pointsMax: number) {
    this.raw = raw;
    this.scratch = new Scratch(raw, polysMax, pointsMax);
  }

  /** Frees an object that was made with `new raw.…`; its own data first, where it has any. */
  destroy(object: unknown): void {
    Raw.destroy(object);
  }

  /** Whether C++ handed over no object. */
  isNull(object: unknown): boolean {
    return Raw.isNull(object);
  }

  seed(seed: number): void {
    this.raw.FastRand.prototype.setSeed(seed | 0);
  }
}

/** The thread's WASM instance, made by the first call (some 50 ms, 64 MB of address space). */
export async function loadRecastModule(): Promise<RawModule> {
  await init();
  return Raw.Module;
}

/** `polysMax` and `pointsMax`: the longest path, in polygons and in points. */
export async function loadRecast(polysMax: number, pointsMax: number): Promise<Recast> {
  return new Recast(await loadRecastModule(), polysMax, pointsMax);
}
