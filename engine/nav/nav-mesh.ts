/**
 * One mesh in the WASM memory of this thread, with its query object: made from a file, changed by replayed changes, freed as a whole.
 * Everything it allocates is freed by `close`, also what a failed construction had allocated until then. Results that Detour returns by
 * value stand in static memory and must not be destroyed.
 */
import { AeonError, assert } from "../base/errors.js";
import { type ChangeTarget, replayChanges, type SharedChanges } from "./mesh-changes.js";
import type { NavFile, NavHeader, NavTileEntry } from "./nav-file.js";
import { isFailure, type RawModule, type RawQuery, type Recast } from "./recast.js";
import { makeMeshProcess, TILE_FREE_DATA, tileCacheParams } from "./tile-cache.js";

type RawNavMesh = InstanceType<RawModule["NavMesh"]>;
type RawTileCache = InstanceType<RawModule["TileCache"]>;

/** What Detour works in while it cuts a layer into polygons. */
const SCRATCH_BYTES = 65_536;

export class NavMesh implements ChangeTarget {
  readonly header: NavHeader;
  readonly query: RawQuery;
  readonly raw: RawNavMesh;
  /** Of the changes that were replayed. */
  generation = 0;
  version = 0;
  private replayed = 0;
  private readonly recast: Recast;
  private readonly file: NavFile;
  private cache: RawTileCache | null = null;
  /** Detour's references, by our ids. */
  private readonly obstacles = new Map<number, unknown>();
  /** In the order in which they are to be freed. */
  private readonly owned: (() => void)[] = [];

  /** `nodesMax`: places that one search may look at. Throws NAV_FILE_INVALID. */
  constructor(recast: Recast, file: NavFile, nodesMax: number) {
    this.recast = recast;
    this.file = file;
    this.header = file.header;
    const { raw } = recast;
    this.raw = new raw.NavMesh();
    this.owned.push(() => {
      this.raw.destroy();
      recast.destroy(this.raw);
    });
    const query = new raw.NavMeshQuery();
    this.query = query as unknown as RawQuery;
    this.owned.unshift(() => {
      query.destroy();
      recast.destroy(query);
    });
    try {
      this.initialise();
      if (isFailure(query.init(this.raw, nodesMax))) throw invalid("no memory for its searches");
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Must not be used afterwards. */
  close(): void {
    for (const free of this.owned.splice(0)) free();
  }

  /**
   * Replays what it has not seen yet; a task that was repeated may come behind newer ones, and then there is nothing. False: the log was
   * written anew, and a new mesh must be made from the file.
   */
  catchUp(changes: SharedChanges): boolean {
    if (changes.version <= this.version) return true;
    if (changes.generation !== this.generation && this.replayed > 0) return false;
    this.generation = changes.generation;
    replayChanges(changes, this.replayed, this);
    this.replayed = changes.count;
    this.version = changes.version;
    return true;
  }

  addCylinder(id: number, x: number, y: number, z: number, radius: number, height: number): void {
    this.withVectors(x, y, z, 0, 0, 0, (place, _size, cache) =>
      this.keepObstacle(id, cache.addCylinderObstacle(place, radius, height)),
    );
  }
  addBox(id: number, x: number, y: number, z: number, halfX: number, halfY: number, halfZ: number, yaw: number): void {
    this.withVectors(x, y, z, halfX, halfY, halfZ, (place, size, cache) =>
      this.keepObstacle(id, cache.addBoxObstacle(place, size, yaw)),
    );
  }
  removeObstacle(id: number): void {
    const reference = this.obstacles.get(id);
    if (reference === undefined || this.cache === null) return;
    this.obstacles.delete(id);
    this.cache.removeObstacle(reference as Parameters<RawTileCache["removeObstacle"]>[0]);
    this.updateTiles();
  }
  setTile(x: number, y: number, data: Uint8Array): void {
    this.removeTile(x, y);
    this.addTile(data);
  }
  removeTile(x: number, y: number): void {
    const { raw } = this;
    // A static mesh has one layer.
    const reference = raw.getTileRefAt(x, y, 0);
    if (reference !== 0) raw.removeTile(reference);
  }

  private initialise(): void {
    const { recast, header, raw: mesh } = this;
    const { raw } = recast;
    const params = new raw.dtNavMeshParams();
    try {
      for (const [axis, value] of header.boundsMin.entries()) params.set_orig(axis, value);
      params.set_tileWidth(header.tileSize);
      params.set_tileHeight(header.tileSize);
      params.set_maxTiles(header.tilesMax);
      params.set_maxPolys(header.polysPerTileMax);
      if (!mesh.initTiled(params)) throw invalid("its tiles do not fit");
    } finally {
      recast.destroy(params);
    }
    if (header.kind === "dynamic") this.initialiseCache();
    else for (const tile of header.tiles) this.addTile(this.tileData(tile));
  }

  private initialiseCache(): void {
    const { recast, header } = this;
    const { raw } = recast;
    const cache = new raw.TileCache();
    this.cache = cache;
    const allocator = new raw.RecastLinearAllocator(SCRATCH_BYTES);
    const compressor = new raw.RecastFastLZCompressor();
    const params = tileCacheParams(recast, header);
    this.owned.unshift(() => {
      cache.destroy();
      recast.destroy(cache);
      recast.destroy(allocator);
      recast.destroy(compressor);
    });
    try {
      if (!cache.init(params, allocator, compressor, makeMeshProcess(recast))) throw invalid("its layers do not fit");
    } finally {
      recast.destroy(params);
    }
    for (const tile of header.tiles) this.addLayer(cache, this.tileData(tile));
    const places = new Set(header.tiles.map(({ x, y }) => `${x},${y}`));
    for (const place of places) {
      const [x = 0, y = 0] = place.split(",").map(Number);
      if (isFailure(cache.buildNavMeshTilesAt(x, y, this.raw))) throw invalid(`tile ${place}`);
    }
  }

  private tileData({ offset, bytes }: NavTileEntry): Uint8Array {
    return this.file.body.subarray(offset, offset + bytes);
  }

  /** The mesh owns a copy of the data from now on. */
  private addTile(data: Uint8Array): void {
    this.withBytes(data, (bytes) => {
      const reference = new this.recast.raw.UnsignedIntRef();
      const status = this.raw.addTile(bytes, TILE_FREE_DATA, 0, reference);
      this.recast.destroy(reference);
      return status;
    });
  }

  private addLayer(cache: RawTileCache, data: Uint8Array): void {
    this.withBytes(data, (bytes) => cache.addTile(bytes, TILE_FREE_DATA).get_status());
  }

  /** `use` says how it went; on success the data belongs to whom it was given, otherwise it is freed here. */
  private withBytes(data: Uint8Array, use: (bytes: InstanceType<RawModule["UnsignedCharArray"]>) => number): void {
    const { raw } = this.recast;
    const bytes = new raw.UnsignedCharArray();
    bytes.resize(data.length);
    raw.HEAPU8.set(data, bytes.getDataPointer() as number);
    const status = use(bytes);
    // What it only views it does not free.
    bytes.set_isView(!isFailure(status));
    this.recast.destroy(bytes);
    if (isFailure(status)) throw invalid(`a tile was refused (status ${(status >>> 0).toString(16)})`);
  }

  private withVectors(
    x: number,
    y: number,
    z: number,
    a: number,
    b: number,
    c: number,
    use: (place: InstanceType<RawModule["Vec3"]>, size: InstanceType<RawModule["Vec3"]>, cache: RawTileCache) => void,
  ): void {
    assert(this.cache !== null, "only a dynamic mesh takes obstacles");
    const { raw } = this.recast;
    const place = new raw.Vec3(x, y, z);
    const size = new raw.Vec3(a, b, c);
    try {
      use(place, size, this.cache);
    } finally {
      this.recast.destroy(place);
      this.recast.destroy(size);
    }
  }

  private keepObstacle(id: number, result: InstanceType<RawModule["TileCacheAddObstacleResult"]>): void {
    const isAdded = !isFailure(result.get_status());
    if (isAdded) this.obstacles.set(id, result.get_ref());
    assert(isAdded, `obstacle ${id} was refused`);
    this.updateTiles();
  }

  /** One tile per call of Detour's; the work of one obstacle is a few. */
  private updateTiles(): void {
    for (let isDone = false; !isDone; ) {
      const result = (this.cache as RawTileCache).update(this.raw);
      isDone = result.get_upToDate() || isFailure(result.get_status());
    }
  }
}

function invalid(detail: string): AeonError {
  return new AeonError("NAV_FILE_INVALID", detail);
}
