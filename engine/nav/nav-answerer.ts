/**
 * Answers batches: the whole of what a worker does, and what the script thread does itself where there is none. It holds the meshes that
 * were asked for of late, brings each up to the version that the batch names, and runs one query after the other. Pure but for the WASM
 * memory of its thread. A query that fails leaves nothing behind.
 */
import type { SharedChanges } from "./mesh-changes.js";
import {
  AnswerStatus,
  type AnswerStatusNumber,
  BatchWords,
  CHECK_FLOATS,
  MoveVerdict,
  POINT_FLOATS,
  QueryKind,
  type QueryKindNumber,
  RAYCAST_FLOATS,
} from "./nav-batch.js";
import { decodeNavFile } from "./nav-file.js";
import { ThreadFilters } from "./nav-filter.js";
import { NavMesh } from "./nav-mesh.js";
import { isFailure, isPartial, type Pointer, type Recast } from "./recast.js";

export interface AnswererSetup {
  readonly batchQueries: number;
  readonly pathPointsMax: number;
  /** Places that one search may look at. */
  readonly searchNodesMax: number;
  readonly meshesMax: number;
  /** Made by `makeBatchMemory`. */
  readonly batches: ArrayBufferLike;
  /** Of a FilterTable. */
  readonly filters: ArrayBufferLike;
}

/** Which mesh, in which state: all of it shared memory. */
export interface SharedMesh {
  /** Of a space, or of all unchanged ones of a file. */
  readonly id: number;
  readonly file: ArrayBufferLike;
  readonly changes: SharedChanges;
}

/** A mesh that the answerer should hold already, in this state or a later one. */
export interface KnownMesh {
  readonly id: number;
  readonly version: number;
}

export interface BatchTask {
  readonly slot: number;
  readonly count: number;
  /** By the number that requests give. */
  readonly meshes: readonly (SharedMesh | KnownMesh)[];
}

/** How much nearer than its goal a ray may end without having hit anything, in units. */
const RAY_LENIENCE = 0.05;
/** Tries at a point within a circle; Detour gives points of the polygons that the circle touches. */
const RANDOM_TRIES = 8;

export class NavAnswerer {
  private readonly recast: Recast;
  private readonly setup: AnswererSetup;
  private readonly filters: ThreadFilters;
  /** The least recently used first. */
  private readonly meshes = new Map<number, NavMesh>();
  private readonly batches: (BatchWords | undefined)[] = [];
  // Of the batch and the query that are being answered.
  private batch!: BatchWords;
  private mesh!: NavMesh;
  private filter!: ReturnType<ThreadFilters["get"]>;
  private at = 0;
  private usedFloats = 0;

  constructor(recast: Recast, setup: AnswererSetup) {
    this.recast = recast;
    this.setup = setup;
    this.filters = new ThreadFilters(recast, setup.filters);
  }

  get meshCount(): number {
    return this.meshes.size;
  }

  /**
   * False, and nothing is answered, when a mesh that should be known is not, or not in that state: the task must be repeated with all of
   * it. Throws NAV_FILE_INVALID when a mesh cannot be opened.
   */
  answer(task: BatchTask): boolean {
    const meshes: NavMesh[] = [];
    for (const wanted of task.meshes) {
      const mesh = "file" in wanted ? this.open(wanted) : this.known(wanted);
      if (mesh === null) return false;
      meshes.push(mesh);
    }
    const batch = this.batchAt(task.slot);
    this.batch = batch;
    this.usedFloats = batch.firstFloat;
    for (let index = 0; index < task.count; index++) {
      this.mesh = meshes[batch.words[batch.requestAt(index) + 14] as number] as NavMesh;
      const status = batch.isCancelled(index) ? AnswerStatus.cancelled : this.answerOne(index);
      const answer = batch.answerAt(index);
      batch.words[answer] = status;
      batch.words[answer + 1] = this.mesh.version;
    }
    this.evict();
    return true;
  }

  /** Frees everything; nothing may be asked afterwards. */
  close(): void {
    for (const mesh of this.meshes.values()) mesh.close();
    this.meshes.clear();
    this.filters.free();
    this.recast.scratch.free();
  }

  private batchAt(slot: number): BatchWords {
    const { batchQueries: capacity, pathPointsMax: pointsMax, batches } = this.setup;
    const batch = this.batches[slot] ?? new BatchWords(batches, slot, { capacity, pointsMax });
    this.batches[slot] = batch;
    return batch;
  }

  private known({ id, version }: KnownMesh): NavMesh | null {
    const mesh = this.meshes.get(id);
    if (mesh === undefined || mesh.version < version) return null;
    this.touch(id, mesh);
    return mesh;
  }

  private open({ id, file, changes }: SharedMesh): NavMesh {
    let mesh = this.meshes.get(id);
    if (mesh === undefined || !mesh.catchUp(changes)) {
      mesh?.close();
      this.meshes.delete(id);
      mesh = new NavMesh(this.recast, decodeNavFile(new Uint8Array(file)), this.setup.searchNodesMax);
      mesh.catchUp(changes);
    }
    this.touch(id, mesh);
    return mesh;
  }

  private touch(id: number, mesh: NavMesh): void {
    this.meshes.delete(id);
    this.meshes.set(id, mesh);
  }

  /** Behind a batch, which may be about more meshes than are kept. */
  private evict(): void {
    for (const [id, mesh] of this.meshes) {
      if (this.meshes.size <= this.setup.meshesMax) return;
      mesh.close();
      this.meshes.delete(id);
    }
  }

  private answerOne(index: number): AnswerStatusNumber {
    const { words, floats } = this.batch;
    const at = this.batch.requestAt(index);
    const answer = this.batch.answerAt(index);
    const { scratch } = this.recast;
    this.at = at;
    this.filter = this.filters.get(words[at + 2] as number);
    const float = (offset: number) => floats[at + offset] as number;
    scratch.set(scratch.from, float(4), float(5), float(6));
    scratch.set(scratch.to, float(7), float(8), float(9));
    scratch.set(scratch.halfExtents, float(10), float(11), float(12));
    const first = this.usedFloats;
    const status = this.answers[words[at] as QueryKindNumber].call(this);
    words[answer + 2] = first;
    words[answer + 3] = this.usedFloats - first;
    return status;
  }

  private readonly answers: Readonly<Record<QueryKindNumber, () => AnswerStatusNumber>> = {
    [QueryKind.path]: this.answerPath,
    [QueryKind.raycast]: this.answerRaycast,
    [QueryKind.nearest]: this.answerNearest,
    [QueryKind.move]: this.answerMove,
    [QueryKind.random]: this.answerRandom,
    [QueryKind.randomAround]: this.answerRandomAround,
    [QueryKind.check]: this.answerCheck,
  };

  private answerPath(): AnswerStatusNumber {
    const { recast, mesh } = this;
    const { scratch } = recast;
    const fromRef = this.nearest(scratch.from, scratch.fromRef);
    if (fromRef === 0) return AnswerStatus.offMesh;
    const toRef = this.nearest(scratch.to, scratch.toRef);
    if (toRef === 0) return AnswerStatus.goalOffMesh;
    scratch.clearPolys();
    const { polys, polysMax } = scratch;
    const status = mesh.query.findPath(fromRef, toRef, scratch.from, scratch.to, this.filter, polys, polysMax);
    const count = polys.get_size();
    if (isFailure(status) || count === 0) return AnswerStatus.nothing;
    const last = polys.get(count - 1);
    const isComplete = last >>> 0 === toRef >>> 0;
    if (!isComplete && !this.aimAt(last)) return AnswerStatus.failed;
    return this.writeStraight() && isComplete ? AnswerStatus.complete : AnswerStatus.partial;
  }

  /** The goal becomes the point of the polygon that is nearest to it. */
  private aimAt(polygon: number): boolean {
    const { scratch } = this.recast;
    const { point } = scratch;
    if (isFailure(this.mesh.query.closestPointOnPoly(polygon, scratch.to, point, scratch.isOver))) return false;
    scratch.set(scratch.to, point.get_x(), point.get_y(), point.get_z());
    return true;
  }

  /** The corners of the shortest way through the polygons; false when there are more than fit. */
  private writeStraight(): boolean {
    const { scratch, raw } = this.recast;
    const { straight, straightFlags, straightRefs, straightCount, pointsMax, polys } = scratch;
    const status = this.mesh.query.findStraightPath(
      scratch.from,
      scratch.to,
      polys,
      straight,
      straightFlags,
      straightRefs,
      straightCount,
      pointsMax,
      0,
    );
    const { floats } = this.batch;
    const heap = raw.HEAPF32;
    const source = (straight.getDataPointer() as Pointer) >> 2;
    const count = straightCount.get_value() * POINT_FLOATS;
    for (let i = 0; i < count; i++) floats[this.usedFloats + i] = heap[source + i] as number;
    this.usedFloats += count;
    return !isFailure(status) && !isPartial(status);
  }

  private answerRaycast(): AnswerStatusNumber {
    const { scratch } = this.recast;
    const fromRef = this.nearest(scratch.from, scratch.fromRef);
    if (fromRef === 0) return AnswerStatus.offMesh;
    const share = this.castRay(fromRef);
    if (Number.isNaN(share)) return AnswerStatus.failed;
    const { hit } = scratch;
    const [x, y, z] = this.alongTheRay(share);
    const isHit = share < 1;
    this.write(
      RAYCAST_FLOATS,
      share,
      x,
      y,
      z,
      ...(isHit ? [0, 1, 2].map((axis) => hit.get_hitNormal(axis)) : [0, 0, 0]),
    );
    return AnswerStatus.complete;
  }

  private answerNearest(): AnswerStatusNumber {
    const { scratch } = this.recast;
    if (this.nearest(scratch.from, scratch.fromRef) === 0) return AnswerStatus.offMesh;
    this.writePoint();
    return AnswerStatus.complete;
  }

  private answerMove(): AnswerStatusNumber {
    const { scratch } = this.recast;
    const fromRef = this.nearest(scratch.from, scratch.fromRef);
    if (fromRef === 0) return AnswerStatus.offMesh;
    if (!this.moveAlong(fromRef)) return AnswerStatus.failed;
    this.writePoint();
    return AnswerStatus.complete;
  }

  private answerRandom(): AnswerStatusNumber {
    const { scratch } = this.recast;
    this.recast.seed(this.seed);
    const status = this.mesh.query.findRandomPoint(this.filter, scratch.toRef, scratch.point);
    if (isFailure(status)) return AnswerStatus.nothing;
    this.writePoint();
    return AnswerStatus.complete;
  }

  private answerRandomAround(): AnswerStatusNumber {
    const { recast, mesh } = this;
    const { scratch } = recast;
    const { point } = scratch;
    const fromRef = this.nearest(scratch.from, scratch.fromRef);
    if (fromRef === 0) return AnswerStatus.offMesh;
    recast.seed(this.seed);
    const [x, , z] = this.vector(4);
    const radius = this.batch.floats[this.at + 13] as number;
    for (let tries = 0; tries < RANDOM_TRIES; tries++) {
      const { from, toRef } = scratch;
      const status = mesh.query.findRandomPointAroundCircle(fromRef, from, radius, this.filter, toRef, point);
      if (isFailure(status)) return AnswerStatus.nothing;
      if (Math.hypot(point.get_x() - x, point.get_z() - z) > radius) continue;
      this.writePoint();
      return AnswerStatus.complete;
    }
    return this.towardsPoint(fromRef, radius);
  }

  /** From the centre as far towards the last random point as the radius and the walls allow. */
  private towardsPoint(fromRef: number, radius: number): AnswerStatusNumber {
    const { scratch } = this.recast;
    const { point } = scratch;
    const [x, y, z] = this.vector(4);
    const [dx, dz] = [point.get_x() - x, point.get_z() - z];
    const share = radius / Math.max(Math.hypot(dx, dz), radius);
    scratch.set(scratch.to, x + dx * share, y, z + dz * share);
    if (!this.moveAlong(fromRef)) return AnswerStatus.failed;
    this.writePoint();
    return AnswerStatus.complete;
  }

  /** Whether somebody could have walked straight from one point to the other. */
  private answerCheck(): AnswerStatusNumber {
    const { scratch } = this.recast;
    const { point } = scratch;
    const fromRef = this.nearest(scratch.from, scratch.fromRef);
    if (fromRef === 0) {
      this.write(CHECK_FLOATS, MoveVerdict.fromOffMesh, ...this.vector(4));
      return AnswerStatus.complete;
    }
    scratch.set(scratch.from, point.get_x(), point.get_y(), point.get_z());
    const isToOff = this.nearest(scratch.to, scratch.toRef) === 0;
    const share = this.castRay(fromRef);
    if (Number.isNaN(share)) return AnswerStatus.failed;
    const isBlocked = share < 1 && !this.slidesThere(fromRef);
    const verdict = (isToOff ? MoveVerdict.toOffMesh : 0) | (isBlocked ? MoveVerdict.throughWall : 0);
    this.write(CHECK_FLOATS, verdict, ...(verdict === 0 ? this.vector(7) : this.alongTheRay(share)));
    return AnswerStatus.complete;
  }

  /** Whether one gets near enough by sliding along what is in the way: round a corner, along a wall that is not quite straight. */
  private slidesThere(fromRef: number): boolean {
    if (!this.moveAlong(fromRef)) return false;
    const { point } = this.recast.scratch;
    const [x, , z] = this.vector(7);
    return Math.hypot(point.get_x() - x, point.get_z() - z) <= (this.batch.floats[this.at + 13] as number);
  }

  /** The polygon that is nearest to a point, 0 when none is near; `point` is its nearest point then. */
  private nearest(at: Pointer, ref: { get_value(): number; set_value(value: number): void }): number {
    const { scratch } = this.recast;
    ref.set_value(0);
    const { halfExtents, point, isOver } = scratch;
    const status = this.mesh.query.findNearestPoly(at, halfExtents, this.filter, ref, point, isOver);
    return isFailure(status) ? 0 : ref.get_value();
  }

  /** From `from` towards `to`: the share of the way until a wall, 1 when there is none; NaN on failure. */
  private castRay(fromRef: number): number {
    const { scratch } = this.recast;
    const { hit } = scratch;
    const status = this.mesh.query.raycast(fromRef, scratch.from, scratch.to, this.filter, 0, hit, 0);
    if (isFailure(status)) return Number.NaN;
    const share = Math.min(1, hit.get_t());
    const [fromX, , fromZ] = this.vector(4);
    const [toX, , toZ] = this.vector(7);
    return (1 - share) * Math.hypot(toX - fromX, toZ - fromZ) <= RAY_LENIENCE ? 1 : share;
  }

  private moveAlong(fromRef: number): boolean {
    const { scratch } = this.recast;
    const visitedMax = scratch.clearVisited();
    const { from, to, point, visited } = scratch;
    return !isFailure(this.mesh.query.moveAlongSurface(fromRef, from, to, this.filter, point, visited, visitedMax));
  }

  private alongTheRay(share: number): [number, number, number] {
    const [fromX, fromY, fromZ] = this.vector(4);
    const [toX, toY, toZ] = this.vector(7);
    return [fromX + (toX - fromX) * share, fromY + (toY - fromY) * share, fromZ + (toZ - fromZ) * share];
  }

  private get seed(): number {
    return this.batch.words[this.at + 3] as number;
  }

  private vector(offset: number): [number, number, number] {
    const { floats } = this.batch;
    const at = this.at + offset;
    return [floats[at] as number, floats[at + 1] as number, floats[at + 2] as number];
  }

  private writePoint(): void {
    const { point } = this.recast.scratch;
    this.write(POINT_FLOATS, point.get_x(), point.get_y(), point.get_z());
  }

  private write(count: number, ...values: readonly number[]): void {
    const { floats } = this.batch;
    for (let i = 0; i < count; i++) floats[this.usedFloats + i] = values[i] as number;
    this.usedFloats += count;
  }
}
