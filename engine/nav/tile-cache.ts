/** What the builder and the threads that hold a dynamic mesh must do alike: its measures, and which polygon is of which kind of ground. */
import type { NavHeader } from "./nav-file.js";
import type { RawModule, Recast } from "./recast.js";

/** Detour frees the tile's data when it frees the tile. */
export const TILE_FREE_DATA = 1;
/** How Recast marks ground of no kind in particular. */
export const WALKABLE_AREA = 63;
/** Kinds of ground, "ground" among them; each has one bit of a polygon's flags. */
export const AREAS_MAX = 16;

/** The number and the flag of a polygon whose cells were marked `mark`. */
export function areaOf(mark: number): number {
  return mark >= AREAS_MAX ? 0 : mark;
}
export function flagOf(area: number): number {
  return 1 << area;
}

export type TileCacheMeasures = Pick<NavHeader, "parameters" | "boundsMin" | "tilesMax">;

/** The caller destroys it. */
export function tileCacheParams(
  recast: Recast,
  { parameters, boundsMin, tilesMax }: TileCacheMeasures,
): InstanceType<RawModule["dtTileCacheParams"]> {
  const params = new recast.raw.dtTileCacheParams();
  for (const [axis, value] of boundsMin.entries()) params.set_orig(axis, value);
  params.set_cs(parameters.cellSize);
  params.set_ch(parameters.cellHeight);
  params.set_width(parameters.tileCells);
  params.set_height(parameters.tileCells);
  params.set_walkableHeight(parameters.agentHeight);
  params.set_walkableRadius(parameters.agentRadius);
  params.set_walkableClimb(parameters.agentClimb);
  params.set_maxSimplificationError(parameters.outlineError);
  params.set_maxTiles(tilesMax);
  params.set_maxObstacles(Math.max(1, parameters.obstaclesMax));
  return params;
}

type MeshProcess = InstanceType<RawModule["TileCacheMeshProcess"]>;
const processes = new WeakMap<RawModule, MeshProcess>();

/** Called by Detour for each tile that it makes; one per thread, for all its meshes. */
export function makeMeshProcess(recast: Recast): MeshProcess {
  const { raw } = recast;
  const known = processes.get(raw);
  if (known !== undefined) return known;
  const process = new raw.TileCacheMeshProcess();
  process.process = (params: number, areas: number, flags: number) => {
    const count = raw.wrapPointer(params, raw.dtNavMeshCreateParams).get_polyCount();
    const polyAreas = raw.wrapPointer(areas, raw.UnsignedCharArray);
    const polyFlags = raw.wrapPointer(flags, raw.UnsignedShortArray);
    for (let i = 0; i < count; i++) {
      const area = areaOf(polyAreas.get(i));
      polyAreas.set(i, area);
      polyFlags.set(i, flagOf(area));
    }
    // Views that were made for this call, and that nobody else would free.
    recast.destroy(polyAreas);
    recast.destroy(polyFlags);
  };
  processes.set(raw, process);
  return process;
}
