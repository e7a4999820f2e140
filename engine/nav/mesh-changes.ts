/**
 * Changes of one space's mesh, in order and numbered: the mesh's version is the number of its last change. The script thread writes them
 * into shared memory; every thread that answers queries replays what it has not seen yet before it answers (`ChangeReader`), so each sees
 * the same order, exactly once, whether it was busy, is new, or was started again.
 *
 * A record has 12 words:
 *
 *   kind i32 | id i32 | x y z f32 | a b c f32 (cylinder: radius, height; box: half extents) | yaw f32 | tile x, y i32 | blob i32
 *
 * When more than half of a long log is history (obstacles that are gone), it is written anew from what still stands, as the next
 * generation; whoever holds an older one begins again from the file. One writer; memory that was published is never changed.
 */
import { AeonError, assert } from "../base/errors.js";

export const ChangeKind = { addCylinder: 1, addBox: 2, removeObstacle: 3, setTile: 4, removeTile: 5 } as const;
type ChangeKindNumber = (typeof ChangeKind)[keyof typeof ChangeKind];

export interface NavCylinder {
  readonly kind: "cylinder";
  /** The middle of its foot. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly radius: number;
  readonly height: number;
}
export interface NavBox {
  readonly kind: "box";
  /** Its middle. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly halfX: number;
  readonly halfY: number;
  readonly halfZ: number;
  /** In radians around y. */
  readonly yaw: number;
}
export type NavObstacle = NavCylinder | NavBox;

/** What travels to another thread: shared memory only. */
export interface SharedChanges {
  readonly generation: number;
  /** Records in `log` that count. */
  readonly count: number;
  /** The mesh's version behind the last of them. */
  readonly version: number;
  readonly log: ArrayBufferLike;
  /** Tiles' data, by number of blob. */
  readonly blobs: readonly ArrayBufferLike[];
}

const RECORD_WORDS = 12;
const RECORD_BYTES = RECORD_WORDS * 4;
const RECORDS_MIN = 16;
/** A log shorter than this is not worth writing anew. */
const COMPACT_FROM = 256;
const NO_BLOB = -1;

interface Change {
  readonly kind: ChangeKindNumber;
  readonly id: number;
  readonly place: readonly [number, number, number];
  readonly size: readonly [number, number, number];
  readonly yaw: number;
  readonly tileX: number;
  readonly tileY: number;
  readonly blob: Uint8Array | null;
}
const NO_CHANGE: Omit<Change, "kind" | "id"> = {
  place: [0, 0, 0],
  size: [0, 0, 0],
  yaw: 0,
  tileX: 0,
  tileY: 0,
  blob: null,
};

/** The script thread's side. */
export class ChangeLog {
  private readonly obstaclesMax: number;
  /** What stands, by id, in the order in which it was put there. */
  private readonly obstacles = new Map<number, Change>();
  private readonly tiles = new Map<string, Change>();
  private buffer = shared(RECORDS_MIN * RECORD_BYTES);
  private blobs: ArrayBufferLike[] = [];
  private count = 0;
  private generation = 0;
  private versionNumber = 0;
  private nextId = 1;
  private snapshot: SharedChanges | null = null;

  constructor(obstaclesMax: number) {
    this.obstaclesMax = obstaclesMax;
  }

  get version(): number {
    return this.versionNumber;
  }
  get obstacleCount(): number {
    return this.obstacles.size;
  }

  /** Returns its id. Throws NAV_OBSTACLES_FULL. */
  addObstacle(obstacle: NavObstacle): number {
    if (this.obstacles.size >= this.obstaclesMax) {
      throw new AeonError("NAV_OBSTACLES_FULL", `${this.obstaclesMax} obstacles`);
    }
    const change = changeOf(obstacle, this.nextId++);
    this.obstacles.set(change.id, change);
    this.append(change);
    return change.id;
  }

  /** False when there is no such obstacle (any more). */
  removeObstacle(id: number): boolean {
    if (!this.obstacles.delete(id)) return false;
    this.append({ ...NO_CHANGE, kind: ChangeKind.removeObstacle, id });
    return true;
  }

  /** `data` null: nothing is there any more. */
  setTile(tileX: number, tileY: number, data: Uint8Array | null): void {
    const kind = data === null ? ChangeKind.removeTile : ChangeKind.setTile;
    const change: Change = { ...NO_CHANGE, kind, id: 0, tileX, tileY, blob: data };
    this.tiles.delete(`${tileX},${tileY}`);
    this.tiles.set(`${tileX},${tileY}`, change);
    this.append(change);
  }

  /** As it stands; the same object while nothing changes. */
  share(): SharedChanges {
    const { generation, count, versionNumber: version, buffer: log } = this;
    this.snapshot ??= { generation, count, version, log, blobs: [...this.blobs] };
    return this.snapshot;
  }

  private append(change: Change): void {
    this.versionNumber++;
    this.snapshot = null;
    const standing = this.obstacles.size + this.tiles.size;
    if (this.count >= COMPACT_FROM && this.count >= standing * 2) return this.compact();
    this.write(change);
  }

  private compact(): void {
    this.generation++;
    this.count = 0;
    this.blobs = [];
    this.buffer = shared(RECORDS_MIN * RECORD_BYTES);
    for (const change of [...this.tiles.values(), ...this.obstacles.values()]) this.write(change);
  }

  private write({ kind, id, place, size, yaw, tileX, tileY, blob }: Change): void {
    if ((this.count + 1) * RECORD_BYTES > this.buffer.byteLength) {
      const larger = shared(this.buffer.byteLength * 2);
      new Uint8Array(larger).set(new Uint8Array(this.buffer));
      this.buffer = larger;
    }
    const at = this.count++ * RECORD_WORDS;
    const words = new Int32Array(this.buffer);
    const floats = new Float32Array(this.buffer);
    words[at] = kind;
    words[at + 1] = id;
    floats.set(place, at + 2);
    floats.set(size, at + 5);
    floats[at + 8] = yaw;
    words[at + 9] = tileX;
    words[at + 10] = tileY;
    words[at + 11] = blob === null ? NO_BLOB : this.keep(blob);
  }

  private keep(blob: Uint8Array): number {
    const copy = shared(blob.length);
    new Uint8Array(copy).set(blob);
    return this.blobs.push(copy) - 1;
  }
}

/** What a change is applied to: a mesh of the thread that replays. */
export interface ChangeTarget {
  addCylinder(id: number, x: number, y: number, z: number, radius: number, height: number): void;
  addBox(id: number, x: number, y: number, z: number, halfX: number, halfY: number, halfZ: number, yaw: number): void;
  removeObstacle(id: number): void;
  setTile(x: number, y: number, data: Uint8Array): void;
  removeTile(x: number, y: number): void;
}

/** The other side: applies the records from number `from` on. */
export function replayChanges(changes: SharedChanges, from: number, target: ChangeTarget): void {
  const words = new Int32Array(changes.log);
  const floats = new Float32Array(changes.log);
  for (let record = from; record < changes.count; record++) {
    const at = record * RECORD_WORDS;
    const float = (offset: number) => floats[at + offset] as number;
    const id = words[at + 1] as number;
    const tileX = words[at + 9] as number;
    const tileY = words[at + 10] as number;
    switch (words[at] as ChangeKindNumber) {
      case ChangeKind.addCylinder:
        target.addCylinder(id, float(2), float(3), float(4), float(5), float(6));
        break;
      case ChangeKind.addBox:
        target.addBox(id, float(2), float(3), float(4), float(5), float(6), float(7), float(8));
        break;
      case ChangeKind.removeObstacle:
        target.removeObstacle(id);
        break;
      case ChangeKind.setTile: {
        const blob = changes.blobs[words[at + 11] as number];
        assert(blob !== undefined, "a tile's change comes with its data");
        target.setTile(tileX, tileY, new Uint8Array(blob));
        break;
      }
      case ChangeKind.removeTile:
        target.removeTile(tileX, tileY);
        break;
    }
  }
}

function changeOf(obstacle: NavObstacle, id: number): Change {
  const { x, y, z } = obstacle;
  if (obstacle.kind === "cylinder") {
    const size = [obstacle.radius, obstacle.height, 0] as const;
    return { ...NO_CHANGE, kind: ChangeKind.addCylinder, id, place: [x, y, z], size };
  }
  const size = [obstacle.halfX, obstacle.halfY, obstacle.halfZ] as const;
  return { ...NO_CHANGE, kind: ChangeKind.addBox, id, place: [x, y, z], size, yaw: obstacle.yaw };
}

function shared(bytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(bytes);
}
