/** The nav bench's mesh and places: 200 × 200 units with 400 walls, cells of 0.25 units, an agent of 0.5. */
import { SeededRandom } from "../../engine/base/random.js";
import { buildNavMesh, DEFAULT_PARAMETERS } from "../../engine/nav/build/mesh-builder.js";
import { loadInlineRunner } from "../../engine/nav/inline-runner.js";
import { loadRecast } from "../../engine/nav/recast.js";
import { makeLevel } from "./level.js";
import { NavCrowd } from "./nav-crowd.js";

export const FULL_SIZES = {
  edge: 200,
  walls: 400,
  pairs: 8_192,
  /** Paths that are asked for in one tick. */
  perTick: 1_024,
  failures: 200_000,
  packageFailures: 20_000,
};
export const SMALL_SIZES: typeof FULL_SIZES = {
  edge: 40,
  walls: 20,
  pairs: 128,
  perTick: 64,
  failures: 2_000,
  packageFailures: 200,
};

const SEED = 20_240;

export async function buildBenchMesh({ edge, walls }: typeof FULL_SIZES): Promise<Uint8Array> {
  const recast = await loadRecast(256, 256);
  const level = makeLevel({ edge, walls, seed: SEED });
  return buildNavMesh(recast, { level, inputHash: "", parameters: DEFAULT_PARAMETERS, areaNames: [] });
}

/** Start and goal of each path: [x, y, z, x, y, z] * count, all on the ground. */
export class Pairs {
  readonly count: number;
  readonly places: Float64Array;
  private readonly file: Uint8Array;
  private readonly edge: number;

  constructor(file: Uint8Array, { pairs, edge }: typeof FULL_SIZES) {
    this.count = pairs;
    this.places = new Float64Array(pairs * 6);
    this.file = file;
    this.edge = edge;
  }

  /** Random places, each moved to the nearest point of the mesh. */
  async find(): Promise<void> {
    const crowd = await NavCrowd.open(this.file, 0, await loadInlineRunner());
    const random = new SeededRandom(SEED);
    const { nav } = crowd;
    for (let i = 0; i < this.count * 2; ) {
      const at = { x: random.next() * this.edge, y: 0, z: random.next() * this.edge };
      const asked = nav.nearestPoint(at, { reach: { horizontal: 4, vertical: 1 } }).catch(() => null);
      crowd.tick();
      crowd.tick();
      const found = await asked;
      if (found === null) continue;
      this.places.set([found.x, found.y, found.z], i * 3);
      i++;
    }
    await crowd.close();
  }
}
