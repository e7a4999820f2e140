/**
 * From a level's triangles to the bytes of a navigation mesh file, tile by tile, so that it can tell how far it is. Pure but for Recast's
 * memory in this thread, of which it keeps nothing. The steps are those of the Recast library: rasterise, filter, compact, erode, then
 * regions, outlines and polygons (static) or layers that are cut into polygons when they are needed (dynamic).
 */
import { AeonError } from "../../base/errors.js";
import {
  decodeNavFile,
  encodeNavFile,
  type NavArea,
  type NavHeaderBase,
  type NavParameters,
  type NavTileData,
  OUTLINE_STEPS,
} from "../nav-file.js";
import { NavMesh } from "../nav-mesh.js";
import { isFailure, type RawModule, type Recast } from "../recast.js";
import { AREAS_MAX, areaOf, flagOf, WALKABLE_AREA } from "../tile-cache.js";
import type { Level } from "./level.js";
import { type TileGeometry, TileTriangles } from "./tile-triangles.js";

export const DEFAULT_PARAMETERS: NavParameters = {
  cellSize: 0.25,
  cellHeight: 0.2,
  agentRadius: 0.5,
  agentHeight: 2,
  agentClimb: 0.5,
  slopeDegrees: 45,
  tileCells: 64,
  regionCellsMin: 64,
  outlineError: 1.3,
  obstaclesMax: 0,
};

/** Called before each tile. */
export type BuildProgress = (doneTiles: number, tiles: number) => void;

export interface BuildInput {
  readonly level: Level;
  /** SHA-256 of what the level was read from, hexadecimal. */
  readonly inputHash: string;
  readonly parameters: NavParameters;
  /** Materials that are a kind of ground of their own, in order; at most 15. */
  readonly areaNames: readonly string[];
}

/** Recast's padding around a tile beyond the agent's radius, in cells. */
const BORDER_CELLS = 3;
/** Below it Recast takes nothing for walkable. */
const HEIGHT_CELLS_MIN = 3;
const ROUNDING = 1e-6;
/** RC_CONTOUR_TESS_WALL_EDGES. */
const TESSELLATE_WALLS = 1;
const VERTICES_PER_POLYGON = 6;
/** In cells, times the cell size; and in cell heights. */
const DETAIL_SAMPLE_CELLS = 6;
const DETAIL_ERROR_CELLS = 1;
const EDGE_CELLS_MAX = 48;
const MERGE_FACTOR = 6;
/** Of the 22 bits of a polygon's reference, those that number tiles. */
const REFERENCE_BITS = 22;
const TILE_BITS_MAX = 14;
const LAYERS_PER_TILE = 4;
/** Detour cannot store a layer that is higher or wider than this many cells. */
const TILE_CELLS_MAX = 255;
const TILE_CACHE_MAGIC = 0x44544c52;
const TILE_CACHE_VERSION = 1;

/** Throws NAV_BUILD_FAILED when nothing of the level can be walked on, or it is too large for its parameters. */
export function buildNavMesh(recast: Recast, input: BuildInput, progress: BuildProgress = () => undefined): Uint8Array {
  return new MeshBuilder(recast, input).build(progress);
}

type Raw<K extends keyof RawModule> = RawModule[K] extends abstract new (...args: never) => infer T ? T : never;

class MeshBuilder {
  private readonly recast: Recast;
  private readonly raw: RawModule;
  private readonly input: BuildInput;
  private readonly triangles: TileTriangles;
  private readonly steps: Raw<"Recast">;
  private readonly context: Raw<"rcContext">;
  /** In cells. */
  private readonly walkable: { readonly height: number; readonly climb: number; readonly radius: number };
  private readonly borderCells: number;
  /** Per triangle of the level. */
  private readonly marks: Uint8Array;
  private readonly areas: NavArea[];

  constructor(recast: Recast, input: BuildInput) {
    const { parameters, level, areaNames } = input;
    const { agentHeight, agentClimb, agentRadius, cellHeight, cellSize, tileCells } = parameters;
    this.recast = recast;
    this.raw = recast.raw;
    this.input = input;
    this.walkable = {
      height: Math.max(HEIGHT_CELLS_MIN, Math.ceil(agentHeight / cellHeight)),
      climb: Math.floor(agentClimb / cellHeight + ROUNDING),
      radius: Math.ceil(agentRadius / cellSize - ROUNDING),
    };
    this.borderCells = this.walkable.radius + BORDER_CELLS;
    if (tileCells + this.borderCells * 2 > TILE_CELLS_MAX) throw failed(`tiles of ${tileCells} cells are too large`);
    if (areaNames.length >= AREAS_MAX) throw failed(`more than ${AREAS_MAX - 1} kinds of ground`);
    this.areas = ["ground", ...areaNames].map((name, area) => ({ name, area }));
    const markOf = level.materials.map((name) => 1 + areaNames.indexOf(name) || WALKABLE_AREA);
    this.marks = Uint8Array.from(level.triangleMaterials, (material) => markOf[material] ?? WALKABLE_AREA);
    this.triangles = new TileTriangles(level, tileCells * cellSize, this.borderCells * cellSize);
    this.steps = new this.raw.Recast();
    this.context = new this.raw.rcContext();
  }

  build(progress: BuildProgress): Uint8Array {
    const { columns, rows } = this.triangles;
    const tiles: NavTileData[] = [];
    try {
      for (let number = 0; number < rows * columns; number++) {
        progress(number, rows * columns);
        tiles.push(...this.buildTile(number % columns, Math.floor(number / columns)));
      }
      progress(rows * columns, rows * columns);
      if (tiles.length === 0) throw failed("nothing in it can be walked on");
      return this.withOutline(this.headerFor(tiles), tiles);
    } finally {
      this.recast.destroy(this.context);
      this.recast.destroy(this.steps);
    }
  }

  private headerFor(tiles: readonly NavTileData[]): NavHeaderBase {
    const { parameters, inputHash } = this.input;
    const { boundsMin, boundsMax, columns, rows, tileSize } = this.triangles;
    const isDynamic = parameters.obstaclesMax > 0;
    const wanted = columns * rows * (isDynamic ? LAYERS_PER_TILE : 1);
    const tileBits = Math.max(1, Math.ceil(Math.log2(Math.max(wanted, tiles.length))));
    if (tileBits > TILE_BITS_MAX) throw failed(`${columns} × ${rows} tiles are too many; make cells or tiles larger`);
    return {
      kind: isDynamic ? "dynamic" : "static",
      inputHash,
      parameters,
      areas: this.areas,
      boundsMin,
      boundsMax,
      tileSize,
      tilesMax: 2 ** tileBits,
      polysPerTileMax: 2 ** (REFERENCE_BITS - tileBits),
      polygonCount: 0,
    };
  }

  /** Opens what was built, as a game will, and draws its polygons. */
  private withOutline(base: NavHeaderBase, tiles: readonly NavTileData[]): Uint8Array {
    const mesh = new NavMesh(this.recast, decodeNavFile(encodeNavFile(base, tiles, new Uint16Array())), 1);
    try {
      const { outline, polygonCount } = outlineOf(this.recast, mesh, base);
      if (polygonCount === 0) throw failed("nothing in it can be walked on");
      return encodeNavFile({ ...base, polygonCount }, tiles, outline);
    } finally {
      mesh.close();
    }
  }

  private buildTile(x: number, y: number): NavTileData[] {
    const geometry = this.triangles.of(x, y);
    if (geometry.indices.length === 0) return [];
    const { steps, context } = this;
    const heightfield = steps.allocHeightfield();
    const compact = steps.allocCompactHeightfield();
    try {
      const { height, climb, radius } = this.walkable;
      must(this.rasterise(heightfield, geometry, x, y), x, y, "triangles");
      steps.filterLowHangingWalkableObstacles(context, climb, heightfield);
      steps.filterLedgeSpans(context, height, climb, heightfield);
      steps.filterWalkableLowHeightSpans(context, height, heightfield);
      must(steps.buildCompactHeightfield(context, height, climb, heightfield, compact), x, y, "cells");
      must(steps.erodeWalkableArea(context, radius, compact), x, y, "edges");
      return this.input.parameters.obstaclesMax > 0 ? this.layersOf(compact, x, y) : this.polygonsOf(compact, x, y);
    } finally {
      steps.freeCompactHeightfield(compact);
      steps.freeHeightfield(heightfield);
    }
  }

  private rasterise(heightfield: Raw<"rcHeightfield">, geometry: TileGeometry, x: number, y: number): boolean {
    const { raw, steps, context, marks } = this;
    const { cellSize, cellHeight, tileCells, slopeDegrees } = this.input.parameters;
    const { boundsMin, boundsMax, tileSize, border } = this.triangles;
    const { vertices, indices, numbers } = geometry;
    const [lowX, lowZ] = [boundsMin[0] + x * tileSize - border, boundsMin[2] + y * tileSize - border];
    const edge = tileSize + border * 2;
    const low = [lowX, boundsMin[1], lowZ];
    const high = [lowX + edge, boundsMax[1], lowZ + edge];
    const cells = tileCells + this.borderCells * 2;
    const vertexArray = filled(new raw.FloatArray(), vertices, () => raw.HEAPF32);
    const triangleArray = filled(new raw.IntArray(), indices, () => raw.HEAP32);
    const areas = Uint8Array.from(numbers, (number) => marks[number] as number);
    const areaArray = filled(new raw.UnsignedCharArray(), areas, () => raw.HEAPU8);
    const [vertexCount, count] = [vertices.length / 3, indices.length / 3];
    try {
      if (!steps.createHeightfield(context, heightfield, cells, cells, low, high, cellSize, cellHeight)) return false;
      steps.clearUnwalkableTriangles(context, slopeDegrees, vertexArray, vertexCount, triangleArray, count, areaArray);
      const { climb } = this.walkable;
      return steps.rasterizeTriangles(
        context,
        vertexArray,
        vertexCount,
        triangleArray,
        areaArray,
        count,
        heightfield,
        climb,
      );
    } finally {
      for (const array of [vertexArray, triangleArray, areaArray]) this.recast.destroy(array);
    }
  }

  private polygonsOf(compact: Raw<"rcCompactHeightfield">, x: number, y: number): NavTileData[] {
    const { steps, context, borderCells } = this;
    const { cellSize, cellHeight, regionCellsMin, outlineError } = this.input.parameters;
    const merged = regionCellsMin * MERGE_FACTOR;
    const contours = steps.allocContourSet();
    const mesh = steps.allocPolyMesh();
    const detail = steps.allocPolyMeshDetail();
    const [sample, error] = [DETAIL_SAMPLE_CELLS * cellSize, DETAIL_ERROR_CELLS * cellHeight];
    try {
      must(steps.buildDistanceField(context, compact), x, y, "distances");
      must(steps.buildRegions(context, compact, borderCells, regionCellsMin, merged), x, y, "regions");
      must(
        steps.buildContours(context, compact, outlineError, EDGE_CELLS_MAX, contours, TESSELLATE_WALLS),
        x,
        y,
        "outlines",
      );
      must(steps.buildPolyMesh(context, contours, VERTICES_PER_POLYGON, mesh), x, y, "polygons");
      if (mesh.get_npolys() === 0) return [];
      must(steps.buildPolyMeshDetail(context, mesh, compact, sample, error, detail), x, y, "heights");
      for (let i = 0; i < mesh.get_npolys(); i++) {
        const area = areaOf(mesh.get_areas(i));
        mesh.set_areas(i, area);
        mesh.set_flags(i, flagOf(area));
      }
      return [{ x, y, layer: 0, data: this.tileData(mesh, detail, x, y) }];
    } finally {
      steps.freePolyMeshDetail(detail);
      steps.freePolyMesh(mesh);
      steps.freeContourSet(contours);
    }
  }

  private tileData(mesh: Raw<"rcPolyMesh">, detail: Raw<"rcPolyMeshDetail">, x: number, y: number): Uint8Array {
    const { raw, recast } = this;
    const { cellSize, cellHeight, agentHeight, agentRadius, agentClimb } = this.input.parameters;
    const builder = new raw.DetourNavMeshBuilder();
    const params = new raw.dtNavMeshCreateParams();
    builder.setPolyMeshCreateParams(params, mesh);
    builder.setPolyMeshDetailCreateParams(params, detail);
    params.set_walkableHeight(agentHeight);
    params.set_walkableRadius(agentRadius);
    params.set_walkableClimb(agentClimb);
    params.set_cs(cellSize);
    params.set_ch(cellHeight);
    params.set_buildBvTree(true);
    params.set_tileX(x);
    params.set_tileY(y);
    const result = builder.createNavMeshData(params);
    const isMade = result.get_success();
    const made = result.get_navMeshData();
    const data = isMade ? this.bytesOf(made) : new Uint8Array();
    if (!recast.isNull(made)) recast.destroy(made);
    recast.destroy(result);
    recast.destroy(params);
    recast.destroy(builder);
    must(isMade, x, y, "data");
    return data;
  }

  private layersOf(compact: Raw<"rcCompactHeightfield">, x: number, y: number): NavTileData[] {
    const { raw, steps, context, borderCells, walkable } = this;
    const layers = steps.allocHeightfieldLayerSet();
    const compressor = new raw.RecastFastLZCompressor();
    try {
      must(steps.buildHeightfieldLayers(context, compact, borderCells, walkable.height, layers), x, y, "layers");
      return Array.from({ length: layers.get_nlayers() }, (_, layer) => {
        return { x, y, layer, data: this.layerData(layers.get_layers(layer), compressor, x, y, layer) };
      });
    } finally {
      this.recast.destroy(compressor);
      steps.freeHeightfieldLayerSet(layers);
    }
  }

  private layerData(
    source: Raw<"rcHeightfieldLayer">,
    compressor: Raw<"RecastFastLZCompressor">,
    x: number,
    y: number,
    layer: number,
  ): Uint8Array {
    const { raw, recast, steps } = this;
    const header = new raw.dtTileCacheLayerHeader();
    header.set_magic(TILE_CACHE_MAGIC);
    header.set_version(TILE_CACHE_VERSION);
    header.set_tx(x);
    header.set_ty(y);
    header.set_tlayer(layer);
    for (const axis of [0, 1, 2]) {
      header.set_bmin(axis, source.get_bmin(axis));
      header.set_bmax(axis, source.get_bmax(axis));
    }
    header.set_width(source.get_width());
    header.set_height(source.get_height());
    header.set_minx(source.get_minx());
    header.set_maxx(source.get_maxx());
    header.set_miny(source.get_miny());
    header.set_maxy(source.get_maxy());
    header.set_hmin(source.get_hmin());
    header.set_hmax(source.get_hmax());
    const builder = new raw.DetourTileCacheBuilder();
    const tile = new raw.UnsignedCharArray();
    // Views into the layer.
    const heights = steps.getHeightfieldLayerHeights(source);
    const areas = steps.getHeightfieldLayerAreas(source);
    const connections = steps.getHeightfieldLayerCons(source);
    const status = builder.buildTileCacheLayer(compressor, header, heights, areas, connections, tile);
    const data = this.bytesOf(tile);
    for (const array of [heights, areas, connections, tile]) recast.destroy(array);
    recast.destroy(builder);
    recast.destroy(header);
    must(!isFailure(status), x, y, "a layer");
    return data;
  }

  /** A copy. */
  private bytesOf(array: Raw<"UnsignedCharArray">): Uint8Array {
    const at = array.getDataPointer() as number;
    return this.raw.HEAPU8.slice(at, at + array.get_size());
  }
}

/** `heap` is asked for behind `resize`, which may move it. */
function filled<A extends { resize(size: number): void; getDataPointer(): unknown }, T extends HeapView>(
  array: A,
  values: T,
  heap: () => HeapView,
): A {
  array.resize(values.length);
  heap().set(values, (array.getDataPointer() as number) / values.BYTES_PER_ELEMENT);
  return array;
}
type HeapView = Float32Array | Int32Array | Uint8Array;

function outlineOf(recast: Recast, mesh: NavMesh, { boundsMin, boundsMax, tilesMax }: NavHeaderBase) {
  const numbers: number[] = [];
  let polygonCount = 0;
  const step = (value: number, axis: 0 | 2) =>
    Math.round(((value - boundsMin[axis]) / (boundsMax[axis] - boundsMin[axis])) * OUTLINE_STEPS);
  for (let number = 0; number < tilesMax; number++) {
    const tile = mesh.raw.getTile(number);
    const header = tile.get_header();
    if (recast.isNull(header)) continue;
    for (let i = 0; i < header.get_polyCount(); i++) {
      const polygon = tile.get_polys(i);
      const corners = polygon.get_vertCount();
      polygonCount++;
      numbers.push(corners);
      for (let corner = 0; corner < corners; corner++) {
        const vertex = polygon.get_verts(corner) * 3;
        numbers.push(step(tile.get_verts(vertex), 0), step(tile.get_verts(vertex + 2), 2));
      }
    }
  }
  return { outline: Uint16Array.from(numbers), polygonCount };
}

function must(isDone: boolean, x: number, y: number, what: string): void {
  if (!isDone) throw failed(`tile ${x}, ${y}: ${what}`);
}

function failed(detail: string): AeonError {
  return new AeonError("NAV_BUILD_FAILED", detail);
}
