/**
 * What authors ask of a space's navigation mesh: `space.nav`. Script thread. Every question is answered later, at the earliest with the
 * next tick; a promise that nobody awaits may fail unseen. Positions are in units; whoever asks from a place that is a little off the mesh
 * is answered from the nearest point on it.
 */
import { AeonError } from "../base/errors.js";
import { unwatched } from "../base/promises.js";
import type { NavObstacle } from "./mesh-changes.js";
import type { MeshState } from "./mesh-state.js";
import { AnswerStatus, type BatchWords, type QueryArguments, QueryKind, type QueryKindNumber } from "./nav-batch.js";
import { type NavFilter, NO_FILTER } from "./nav-filter.js";
import { NavGroup, NavRequest, type ReadAnswer } from "./nav-request.js";
import type { NavService } from "./nav-service.js";

export interface NavPoint {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** A way to walk. */
export class NavPath {
  /** `partial`: the goal cannot be reached, or not within what one search may look at; the path ends as near to it as it gets. */
  readonly status: "complete" | "partial";
  /** [x, y, z] * corners, the start and the end among them; between two of them one walks straight. */
  readonly coordinates: readonly number[];
  /** Of the mesh it was found on: what stood at the end of the tick in which it was asked for, or a later one. */
  readonly version: number;

  constructor(status: NavPath["status"], coordinates: NavPath["coordinates"], version: number) {
    this.status = status;
    this.coordinates = coordinates;
    this.version = version;
  }

  /** How many corners it has. */
  get length(): number {
    return this.coordinates.length / 3;
  }
  /** Throws VALUE_RANGE when there is no such corner. */
  point(index: number): NavPoint {
    const { coordinates } = this;
    const [x, y, z] = [coordinates[index * 3], coordinates[index * 3 + 1], coordinates[index * 3 + 2]];
    if (x === undefined || y === undefined || z === undefined) throw new AeonError("VALUE_RANGE", `no corner ${index}`);
    return { x, y, z };
  }
  /** The corners, made anew with each call: who walks along a path asks for `point`. */
  get points(): readonly NavPoint[] {
    return Array.from({ length: this.length }, (_, index) => this.point(index));
  }
}

export interface NavHit {
  /** Whether a wall, or the mesh's edge, is in the way. */
  readonly hit: boolean;
  /** How much of the way is free, 0 … 1. */
  readonly share: number;
  /** Where it ends. */
  readonly point: NavPoint;
  /** Of the wall; all zero when there is none. */
  readonly normal: NavPoint;
  readonly version: number;
}

export interface NavOptions {
  readonly filter?: NavFilter;
  /** Default: `nav.timeoutMs`. */
  readonly timeoutMs?: number;
  /** Takes the question back: it fails with NAV_CANCELLED. */
  readonly signal?: AbortSignal;
  /** How far from a given point the mesh may be, in the ground plane and up or down; at most 64 each. */
  readonly reach?: { readonly horizontal: number; readonly vertical: number };
}

/** Answers to `checkMoves`, by number of the move. */
export interface NavMoveChecks {
  /** Bits of MoveVerdict; 0: legal, 255: not known (not answered in time). */
  readonly verdicts: Uint8Array;
  /** [x, y, z] * moves: the last legal point on the way. */
  readonly points: Float32Array;
  readonly version: number;
}

export interface NavRays {
  /** How much of each way is free, 0 … 1; NaN: its start is off the mesh, or it was not answered in time. */
  readonly shares: Float32Array;
  readonly version: number;
}

/** How far from where it went a checked move may be able to get, beyond the agent's radius. */
const LENIENCE = 0.1;
const REACH_MAX = 64;
/** As much as a position in a space may be. */
const COORDINATE_MAX = 1_000_000;
const UNKNOWN_VERDICT = 255;
/** [from x, y, z, to x, y, z]. */
const MOVE_FLOATS = 6;

export class SpaceNav {
  private readonly service: NavService;
  private readonly mesh: MeshState;
  /** Written anew for each question. */
  private readonly query: QueryArguments;
  private readonly reach: { readonly horizontal: number; readonly vertical: number };

  constructor(service: NavService, mesh: MeshState) {
    this.service = service;
    this.mesh = mesh;
    const { agentRadius, agentHeight } = mesh.header.parameters;
    this.reach = { horizontal: Math.max(1, agentRadius * 3), vertical: agentHeight * 2 };
    this.query = {
      ...{ fromX: 0, fromY: 0, fromZ: 0, toX: 0, toY: 0, toZ: 0 },
      ...{ halfX: 0, halfY: 0, halfZ: 0, radius: 0, filter: NO_FILTER, seed: 0, mesh: 0 },
    };
  }

  /** Grows with each change of the mesh; an answer says which version it is about. */
  get version(): number {
    return this.mesh.version;
  }
  /** Names of the kinds of ground that filters may speak of. */
  get areas(): readonly string[] {
    return this.mesh.header.areas.map(({ name }) => name);
  }

  /** Fails with NAV_NO_PATH, NAV_OFF_MESH, NAV_TIMEOUT, NAV_CANCELLED, NAV_FAILED, NAV_QUEUE_FULL, VALUE_RANGE. */
  findPath(from: NavPoint, to: NavPoint, options: NavOptions = NO_OPTIONS): Promise<NavPath> {
    return this.ask(QueryKind.path, from, to, 0, options, readPath);
  }

  /** Whether one can walk straight. Fails as `findPath`. */
  raycast(from: NavPoint, to: NavPoint, options: NavOptions = NO_OPTIONS): Promise<NavHit> {
    return this.ask(QueryKind.raycast, from, to, 0, options, readHit);
  }

  /** The point of the mesh that is nearest, within reach. Fails as `findPath`, with NAV_OFF_MESH when there is none. */
  nearestPoint(at: NavPoint, options: NavOptions = NO_OPTIONS): Promise<NavPoint> {
    return this.ask(QueryKind.nearest, at, at, 0, options, readPoint);
  }

  /** Where a walker gets that goes straight and slides along walls; for short ways. Fails as `findPath`. */
  moveAlongSurface(from: NavPoint, to: NavPoint, options: NavOptions = NO_OPTIONS): Promise<NavPoint> {
    return this.ask(QueryKind.move, from, to, 0, options, readPoint);
  }

  /** A point of the mesh; `around`: one that can be reached from its centre, within its radius. Fails as `findPath`. */
  randomPoint(
    around: { readonly centre: NavPoint; readonly radius: number } | null = null,
    options: NavOptions = NO_OPTIONS,
  ): Promise<NavPoint> {
    if (around === null) return this.ask(QueryKind.random, ORIGIN, ORIGIN, 0, options, readPoint);
    const { centre, radius } = around;
    if (!(radius > 0 && radius <= COORDINATE_MAX)) return failed("VALUE_RANGE", `a radius of ${radius}`);
    return this.ask(QueryKind.randomAround, centre, centre, radius, options, readPoint);
  }

  /**
   * Whether somebody could have walked straight: `moves` is [from x, y, z, to x, y, z] * count and is read before the call returns. Never
   * fails but with VALUE_RANGE for wrong options: what could not be answered has the verdict 255. For movement checks.
   */
  async checkMoves(moves: Float32Array, count: number, options: NavOptions = NO_OPTIONS): Promise<NavMoveChecks> {
    const verdicts = new Uint8Array(count).fill(UNKNOWN_VERDICT);
    const points = new Float32Array(count * 3);
    // Who is thinner than the mesh was built for goes as much nearer to walls.
    const lenience = this.mesh.header.parameters.agentRadius + LENIENCE;
    const version = await this.askMany(QueryKind.check, moves, count, lenience, options, ({ floats }, at, part) => {
      verdicts[part] = floats[at] as number;
      for (let axis = 0; axis < 3; axis++) points[part * 3 + axis] = floats[at + 1 + axis] as number;
    });
    return { verdicts, points, version };
  }

  /** Many rays at once, given as in `checkMoves`; fails as that does. */
  async raycastMany(rays: Float32Array, count: number, options: NavOptions = NO_OPTIONS): Promise<NavRays> {
    const shares = new Float32Array(count).fill(Number.NaN);
    const version = await this.askMany(QueryKind.raycast, rays, count, 0, options, ({ floats }, at, part) => {
      shares[part] = floats[at] as number;
    });
    return { shares, version };
  }

  /** Returns a number for `removeObstacle`. Throws NAV_MESH_STATIC, NAV_OBSTACLES_FULL, VALUE_RANGE. */
  addObstacle(obstacle: NavObstacle): number {
    const { kind, ...numbers } = obstacle;
    for (const [name, value] of Object.entries(numbers)) {
      if (!(Math.abs(value) <= COORDINATE_MAX)) throw new AeonError("VALUE_RANGE", `${name} of a ${kind} is ${value}`);
    }
    return this.mesh.addObstacle(obstacle);
  }

  /** False when there is no such obstacle. */
  removeObstacle(id: number): boolean {
    return this.mesh.removeObstacle(id);
  }

  /**
   * From now on the tile at (x, y) is as in another mesh of the world, by its name: a bridge that is down, a wall with a breach. Both must
   * have been built with the same bounds and tiles. Throws NAV_MESH_UNKNOWN, NAV_MESH_STATIC.
   */
  useTile(name: string, x: number, y: number): void {
    this.mesh.takeTile(this.service.fileOf(name), x, y);
  }

  private ask<T>(
    kind: QueryKindNumber,
    from: NavPoint,
    to: NavPoint,
    radius: number,
    options: NavOptions,
    read: ReadAnswer<T>,
  ): Promise<T> {
    const { service, mesh, query } = this;
    const { signal } = options;
    if (signal?.aborted === true) return failed("NAV_CANCELLED", "", signal.reason);
    try {
      query.fromX = coordinate(from.x);
      query.fromY = coordinate(from.y);
      query.fromZ = coordinate(from.z);
      query.toX = coordinate(to.x);
      query.toY = coordinate(to.y);
      query.toZ = coordinate(to.z);
      query.radius = radius;
      this.prepare(kind, options);
      const request = new NavRequest(read);
      const deadlineMs = service.nowMs() + (options.timeoutMs ?? service.config.timeoutMs);
      service.enqueue(mesh, kind, query, request, 0, deadlineMs);
      if (signal !== undefined) {
        const place = service.lastPlace();
        const abort = () => {
          service.cancel(place, request);
          request.fail(new AeonError("NAV_CANCELLED", "", { cause: signal.reason }));
        };
        signal.addEventListener("abort", abort, { once: true });
        request.onEnd = () => signal.removeEventListener("abort", abort);
      }
      return request.promise;
    } catch (error) {
      return unwatched(Promise.reject(error));
    }
  }

  /** What does not fit into the queue any more has failed. */
  private askMany(
    kind: QueryKindNumber,
    moves: Float32Array,
    count: number,
    radius: number,
    options: NavOptions,
    write: (batch: BatchWords, at: number, part: number) => void,
  ): Promise<number> {
    const { service, mesh, query } = this;
    const group = new NavGroup(count, write);
    const deadlineMs = service.nowMs() + (options.timeoutMs ?? service.config.timeoutMs);
    query.radius = radius;
    this.prepare(kind, options);
    for (let part = 0; part < count; part++) {
      const at = part * MOVE_FLOATS;
      try {
        query.fromX = coordinate(moves[at]);
        query.fromY = coordinate(moves[at + 1]);
        query.fromZ = coordinate(moves[at + 2]);
        query.toX = coordinate(moves[at + 3]);
        query.toY = coordinate(moves[at + 4]);
        query.toZ = coordinate(moves[at + 5]);
        service.enqueue(mesh, kind, query, group, part, deadlineMs);
      } catch {
        group.fail();
      }
    }
    return group.promise;
  }

  private prepare(kind: QueryKindNumber, { filter, reach = this.reach }: NavOptions): void {
    const { query, service, mesh } = this;
    if (!(reach.horizontal > 0 && reach.horizontal <= REACH_MAX && reach.vertical > 0 && reach.vertical <= REACH_MAX)) {
      throw new AeonError("VALUE_RANGE", `a reach of ${reach.horizontal}, ${reach.vertical}`);
    }
    query.halfX = reach.horizontal;
    query.halfZ = reach.horizontal;
    query.halfY = reach.vertical;
    query.filter = filter === undefined ? NO_FILTER : service.filters.number(filter, mesh.header.areas);
    const isRandom = kind === QueryKind.random || kind === QueryKind.randomAround;
    query.seed = isRandom ? service.random.u32() : 0;
  }
}

const NO_OPTIONS: NavOptions = {};
const ORIGIN: NavPoint = { x: 0, y: 0, z: 0 };

function coordinate(value: number | undefined): number {
  if (value !== undefined && Math.abs(value) <= COORDINATE_MAX) return value;
  throw new AeonError("VALUE_RANGE", `${value} is not within ±${COORDINATE_MAX}`);
}

function failed<T>(code: "VALUE_RANGE" | "NAV_CANCELLED", detail: string, cause?: unknown): Promise<T> {
  return unwatched(Promise.reject(new AeonError(code, detail, { cause })));
}

function pointAt(floats: Float32Array, at: number): NavPoint {
  return { x: floats[at] as number, y: floats[at + 1] as number, z: floats[at + 2] as number };
}

const readPoint: ReadAnswer<NavPoint> = ({ floats }, at) => pointAt(floats, at);

const readPath: ReadAnswer<NavPath> = ({ floats }, at, count, status, version) => {
  const coordinates: number[] = [];
  for (let i = 0; i < count; i++) coordinates.push(floats[at + i] as number);
  return new NavPath(status === AnswerStatus.complete ? "complete" : "partial", coordinates, version);
};

const readHit: ReadAnswer<NavHit> = ({ floats }, at, _count, _status, version) => {
  const share = floats[at] as number;
  return { hit: share < 1, share, point: pointAt(floats, at + 1), normal: pointAt(floats, at + 4), version };
};
