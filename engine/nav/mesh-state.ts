/**
 * The mesh of one space, as the script thread knows it: the file, and its own changes. Spaces that changed nothing share one mesh in each
 * worker; with its first change a space gets one of its own.
 */
import { AeonError } from "../base/errors.js";
import { ChangeLog, type NavObstacle, type SharedChanges } from "./mesh-changes.js";
import type { SharedMesh } from "./nav-answerer.js";
import type { NavFile, NavHeader } from "./nav-file.js";

const UNCHANGED: SharedChanges = { generation: 0, count: 0, version: 0, log: new SharedArrayBuffer(0), blobs: [] };

export class MeshState {
  readonly header: NavHeader;
  private readonly shared: SharedArrayBuffer;
  private readonly makeId: () => number;
  private log: ChangeLog | null = null;
  private snapshot: SharedMesh;

  constructor(file: NavFile, shared: SharedArrayBuffer, fileId: number, makeId: () => number) {
    this.header = file.header;
    this.shared = shared;
    this.makeId = makeId;
    this.snapshot = { id: fileId, file: shared, changes: UNCHANGED };
  }

  /** Grows by one with each change. */
  get version(): number {
    return this.log?.version ?? 0;
  }

  share(): SharedMesh {
    if (this.log === null) return this.snapshot;
    const changes = this.log.share();
    if (this.snapshot.changes !== changes) this.snapshot = { ...this.snapshot, changes };
    return this.snapshot;
  }

  /** Throws NAV_MESH_STATIC, NAV_OBSTACLES_FULL, and VALUE_RANGE for one that is wider than a tile: Detour would forget part of it. */
  addObstacle(obstacle: NavObstacle): number {
    const { kind, tileSize } = this.header;
    if (kind !== "dynamic") throw new AeonError("NAV_MESH_STATIC", "it was built without --obstacles");
    const half = obstacle.kind === "cylinder" ? obstacle.radius : Math.hypot(obstacle.halfX, obstacle.halfZ);
    if (!(half > 0 && half * 2 <= tileSize)) {
      throw new AeonError("VALUE_RANGE", `an obstacle ${half * 2} wide; a tile is ${tileSize}`);
    }
    return this.changes().addObstacle(obstacle);
  }

  removeObstacle(id: number): boolean {
    return this.log?.removeObstacle(id) ?? false;
  }

  /** Takes the tile at that place from another file of the same measures. Throws NAV_MESH_STATIC. */
  takeTile(other: NavFile, x: number, y: number): void {
    const { kind, tileSize, boundsMin } = this.header;
    const theirs = other.header;
    if (kind !== "static" || theirs.kind !== "static")
      throw new AeonError("NAV_MESH_STATIC", "its tiles take obstacles");
    const isAlike = theirs.tileSize === tileSize && theirs.boundsMin.every((value, axis) => value === boundsMin[axis]);
    if (!isAlike) throw new AeonError("NAV_MESH_STATIC", "the two levels differ in corner or tile size");
    const tile = theirs.tiles.find((candidate) => candidate.x === x && candidate.y === y);
    const data = tile === undefined ? null : other.body.subarray(tile.offset, tile.offset + tile.bytes);
    this.changes().setTile(x, y, data);
  }

  private changes(): ChangeLog {
    if (this.log === null) {
      this.log = new ChangeLog(this.header.parameters.obstaclesMax);
      this.snapshot = { id: this.makeId(), file: this.shared, changes: UNCHANGED };
    }
    return this.log;
  }
}
