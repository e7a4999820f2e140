/** Who sees whom, alone: many that walk about, all of which look, with exact enter and leave each tick; and a range query. */
import { Grid } from "../../engine/aoi/grid.js";
import { Views } from "../../engine/aoi/views.js";
import { SeededRandom } from "../../engine/base/random.js";
import { type BenchRun, medians, ResultHash, timed } from "../harness.js";
import { CASE, type SyncSizes } from "./sizes.js";

const STEP_UNITS = 0.6;
const SEED = 7;
/** Of the radius, for the case with a margin. */
const MARGIN_SHARE = 0.1;
const QUERY_HITS = 50;
const QUERIES = 1_000;

/** Movers in a square, each walking straight on and turned back at the edge. */
class Wanderers {
  readonly xs: Float64Array;
  readonly zs: Float64Array;
  private readonly stepXs: Float64Array;
  private readonly stepZs: Float64Array;
  private readonly side: number;

  constructor(count: number, side: number) {
    const random = new SeededRandom(SEED);
    const filled = (next: () => number) => Float64Array.from({ length: count }, next);
    this.side = side;
    this.xs = filled(() => random.next() * side);
    this.zs = filled(() => random.next() * side);
    const angles = filled(() => random.next() * 2 * Math.PI);
    this.stepXs = angles.map((angle) => Math.cos(angle) * STEP_UNITS);
    this.stepZs = angles.map((angle) => Math.sin(angle) * STEP_UNITS);
  }

  get count(): number {
    return this.xs.length;
  }

  step(): void {
    for (let i = 0; i < this.xs.length; i++) {
      stepOne(this.xs, this.stepXs, i, this.side);
      stepOne(this.zs, this.stepZs, i, this.side);
    }
  }
}

function stepOne(places: Float64Array, steps: Float64Array, i: number, side: number): void {
  let to = (places[i] as number) + (steps[i] as number);
  if (to < 0 || to > side) {
    steps[i] = -(steps[i] as number);
    to = (places[i] as number) + (steps[i] as number);
  }
  places[i] = to;
}

/** The radius within which there are so many others on average, edges of the square considered. */
export function radiusFor(neighbours: number, count: number, side: number): number {
  let radius = 0;
  for (let i = 0; i < 50; i++) {
    // Of a circle within a square, this share lies inside on average (first order of the distance to an edge).
    const inside = 1 - (4 * radius) / (3 * Math.PI * side) / (1 + radius / side);
    radius = Math.sqrt((neighbours * side * side) / (count * Math.PI * inside * inside));
  }
  return radius;
}

async function runViews(
  run: BenchRun,
  name: string,
  sizes: SyncSizes,
  marginShare: number,
  target: number,
): Promise<void> {
  if (!run.wants(name)) return;
  const { movers, side, neighbours } = sizes.aoi;
  const wanderers = new Wanderers(movers, side);
  const radius = radiusFor(neighbours, movers, side);
  const views = new Views({ cellSize: radius / 3 });
  const { xs, zs } = wanderers;
  for (let i = 0; i < movers; i++) views.appear(i + 1, xs[i] as number, zs[i] as number);
  for (let i = 0; i < movers; i++) views.setObserver(i + 1, radius, radius * marginShare);
  let entered = 0;
  let left = 0;
  const hash = new ResultHash();
  const tick = (number: number) => {
    wanderers.step();
    const ms = timed(() => {
      for (let i = 0; i < movers; i++) views.move(i + 1, xs[i] as number, zs[i] as number);
      views.update();
    });
    if (number > 0) {
      entered += views.entered.length / 2;
      left += views.left.length / 2;
    }
    hash.add(views.entered.length).add(views.left.length);
    views.clearPairs();
    return [ms];
  };
  const [ms = 0] = await medians(sizes.slowTicks, tick);
  let visible = 0;
  for (let i = 0; i < movers; i++) visible += views.visible.length(i + 1);
  const ticks = sizes.slowTicks.warmUp + sizes.slowTicks.repeats * 5 - 1;
  run.report(name, "ms", ms, target, hash.text);
  run.report(`${name}: neighbours`, "count", visible / movers);
  run.report(`${name}: enters and leaves`, "count", (entered + left) / ticks);
}

async function runQuery(run: BenchRun, sizes: SyncSizes): Promise<void> {
  if (!run.wants(CASE.query)) return;
  const { movers, side } = sizes.aoi;
  const { xs, zs } = new Wanderers(movers, side);
  const grid = new Grid(16);
  for (let i = 0; i < movers; i++) grid.insert(i, xs[i] as number, zs[i] as number);
  const radius = radiusFor(QUERY_HITS, movers, side);
  const out = new Int32Array(movers);
  let hits = 0;
  const queries = () => {
    hits = 0;
    for (let i = 0; i < QUERIES; i++)
      hits += grid.queryRange(xs[i % movers] as number, zs[i % movers] as number, radius, out);
  };
  const [ms = 0] = await medians({ warmUp: 20, repeats: 4 }, () => [timed(queries)]);
  run.report(CASE.query, "us", (ms * 1_000) / QUERIES, 5, new ResultHash().add(hits).text);
}

export async function runAoiCases(run: BenchRun, sizes: SyncSizes): Promise<void> {
  await runViews(run, CASE.aoiCircle, sizes, 0, 9);
  await runViews(run, CASE.aoiMargin, sizes, MARGIN_SHARE, 14);
  await runQuery(run, sizes);
}
