/** How large the cases are, and how good they must be. The peers run the same sizes. */
import type { Rounds } from "../harness.js";

export interface SyncSizes {
  /** All see all; also those of the full state. */
  readonly players: number;
  /** The views of those who see few. */
  readonly visible: number;
  /** The large world: so many movers, every `stride`-th with a client that sees `visible`. */
  readonly large: { readonly players: number; readonly stride: number; readonly visible: number };
  readonly aoi: { readonly movers: number; readonly side: number; readonly neighbours: number };
  readonly setsPerRound: number;
  readonly ticks: Rounds;
  readonly slowTicks: Rounds;
  readonly joins: Rounds;
}

export const FULL_SIZES: SyncSizes = {
  players: 1_000,
  visible: 30,
  large: { players: 10_000, stride: 10, visible: 100 },
  aoi: { movers: 10_000, side: 1_000, neighbours: 168 },
  setsPerRound: 50_000,
  ticks: { warmUp: 200, repeats: 60 },
  slowTicks: { warmUp: 20, repeats: 8 },
  joins: { warmUp: 200, repeats: 60 },
};

export const SMALL_SIZES: SyncSizes = {
  players: 60,
  visible: 10,
  large: { players: 200, stride: 10, visible: 20 },
  aoi: { movers: 200, side: 200, neighbours: 20 },
  setsPerRound: 1_000,
  ticks: { warmUp: 2, repeats: 2 },
  slowTicks: { warmUp: 2, repeats: 2 },
  joins: { warmUp: 2, repeats: 2 },
};

/** The names by which cases are reported, here and by the peers. */
export const CASE = {
  set: "set a synced number",
  allProperties: "all see all, x and y as properties",
  allTransforms: "all see all, as transforms",
  few: "a client each, few in view",
  fewProperties: "a client each, few in view, x and y as properties",
  fewChanging: "a client each, few in view, one enters and one leaves",
  large: "many clients in a large world",
  join: "one join",
  state: "full state with nested maps",
  aoiBox: "AOI, box, one radius",
  aoiCircle: "AOI, circle, one radius",
  aoiMargin: "AOI, circle with margin",
  query: "queryRange, 50 hits",
} as const;
