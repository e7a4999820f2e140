/** Who sees whom, alone: many that walk about, all of which look, with exact enter and leave each tick; and a range query. */
import { Grid } from "../../engine/aoi/grid.js";
import { Views } from "../../engine/aoi/views.js";
import { SeededRandom } from "../../engine/base/random.js";
import type { ViewShape } from "../../engine/base/view-shape.js";
import { type BenchRun, medians, ResultHash, repeatCount, timed } from "../harness.js";
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

/** The half side of a square in which there are so many others on average, edges of the world considered. */
function halfSideFor(neighbours: number, count: number, side: number): number {
  let [low, high] = [0, side];
  for (let i = 0; i < 50; i++) {
    const half = (low + high) / 2;
    // One side of the square is cut, on average, by half² / side.
    const share = (2 * half) / side - (half / side) ** 2;
    if (share * share * count < neighbours) low = half;
    else high = half;
  }
  return low;
}

interface ViewsCase {
  readonly name: string;
  readonly shape: ViewShape;
  /** In units, of which the margin is what a view has beyond its radius. */
  readonly radius: number;
  readonly margin: number;
  readonly target: number | null;
}

async function runViews(
  run: BenchRun,
  sizes: SyncSizes,
  { name, shape, radius, margin, target }: ViewsCase,
): Promise<void> {
  if (!run.wants(name)) return;
  const { movers, side } = sizes.aoi;
  const wanderers = new Wanderers(movers, side);
  const views = new Views({ cellSize: radius / 3, shape });
  const { xs, zs } = wanderers;
  for (let i = 0; i < movers; i++) views.appear(i + 1, xs[i] as number, zs[i] as number);
  for (let i = 0; i < movers; i++) views.setObserver(i + 1, radius, margin);
  let changes = 0;
  const hash = new ResultHash();
  const tick = (number: number) => {
    wanderers.step();
    const ms = timed(() => {
      for (let i = 0; i < movers; i++) views.move(i + 1, xs[i] as number, zs[i] as number);
      views.update();
    });
    if (number > 0) changes += views.entered.length + views.left.length;
    hash.add(views.entered.length).add(views.left.length);
    views.clearPairs();
    return [ms];
  };
  const [ms = 0] = await medians(sizes.slowTicks, tick);
  let visible = 0;
  for (let i = 0; i < movers; i++) visible += views.visible.length(i + 1);
  run.report(name, "ms", ms, target, hash.text);
  run.report(`${name}: neighbours`, "count", visible / movers);
  run.report(`${name}: enters and leaves`, "count", changes / (repeatCount(sizes.slowTicks) - 1));
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
  const { neighbours, movers, side } = sizes.aoi;
  const radius = radiusFor(neighbours, movers, side);
  const half = halfSideFor(neighbours, movers, side);
  const margin = radius * MARGIN_SHARE;
  await runViews(run, sizes, { name: CASE.aoiBox, shape: "box", radius: half, margin: 0, target: 9 });
  await runViews(run, sizes, { name: CASE.aoiCircle, shape: "circle", radius, margin: 0, target: null });
  await runViews(run, sizes, { name: CASE.aoiMargin, shape: "circle", radius, margin, target: 14 });
  await runQuery(run, sizes);
}
