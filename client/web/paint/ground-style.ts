/** The colours of each map's ground. Widths are in units; lists of [width, colour] are stroked one over the other. */
import type { MapName } from "../../../entities/world-map.js";

export type Rgb = readonly [number, number, number];
export type Strokes = readonly (readonly [width: number, color: string])[];

export interface GroundStyle {
  readonly base: Rgb;
  readonly lush: Rgb;
  readonly dry: Rgb;
  /** Under trees. */
  readonly wood: Rgb;
  readonly tuftDark: string;
  readonly tuftLight: string;
  readonly pebble: string;
  /** Per chunk. */
  readonly tuftCount: number;
  readonly pebbleCount: number;
  readonly flowerPatches: number;
  readonly flowers: readonly string[];
  readonly path: Strokes;
  readonly shore: Strokes;
  readonly water: { readonly deep: string; readonly shallows: Strokes; readonly foam: string };
  /** Seen where nothing is painted yet. */
  readonly background: number;
}

const MEADOW_STYLE: GroundStyle = {
  base: [134, 184, 92],
  lush: [108, 168, 84],
  dry: [172, 196, 104],
  wood: [70, 122, 66],
  tuftDark: "#4f8a3f80",
  tuftLight: "#b4d67a90",
  pebble: "#a9a898",
  tuftCount: 130,
  pebbleCount: 7,
  flowerPatches: 5,
  flowers: ["#ffffff", "#f9a8c9", "#f6d04d", "#b8a5f2", "#f2785c"],
  path: [
    [3.1, "#6f8a4233"],
    [2.7, "#b89a6650"],
    [2.3, "#cdb07c90"],
    [1.7, "#dcc395a0"],
    [0.9, "#e6d1a670"],
  ],
  shore: [
    [3, "#d9c48a33"],
    [2.4, "#dcc68c66"],
    [1.8, "#e4d19cb0"],
    [1.2, "#eddcae"],
    [0.55, "#cdb485"],
  ],
  water: {
    deep: "#2f83ad",
    shallows: [
      [9, "#3b93b930"],
      [6.4, "#46a2c340"],
      [4.2, "#5bb4cd50"],
      [2.4, "#7fcad680"],
      [1, "#a9e0e0a0"],
    ],
    foam: "#f4fffce0",
  },
  background: 0x7dae58,
};

const CAVE_STYLE: GroundStyle = {
  base: [74, 70, 92],
  lush: [62, 66, 92],
  dry: [92, 82, 98],
  wood: [50, 46, 68],
  tuftDark: "#2d2a3c90",
  tuftLight: "#7f7a9860",
  pebble: "#6f6a86",
  tuftCount: 26,
  pebbleCount: 34,
  flowerPatches: 2,
  flowers: ["#6ff0d8", "#86c8ff", "#d59bff"],
  path: [
    [2.6, "#85799030"],
    [1.8, "#95879a40"],
    [1, "#a595a440"],
  ],
  shore: [
    [2.4, "#2b283a60"],
    [1.4, "#24213280"],
    [0.7, "#6f6a86"],
  ],
  water: {
    deep: "#164a66",
    shallows: [
      [5, "#1d6a8440"],
      [2.6, "#2b94a860"],
      [1, "#5ad6d670"],
    ],
    foam: "#9ffff0c0",
  },
  background: 0x13111d,
};

export function groundStyleOf(map: MapName): GroundStyle {
  return map === "Cave" ? CAVE_STYLE : MEADOW_STYLE;
}
