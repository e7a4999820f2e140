/** Trees, bushes, stones and crystals. Light comes from the upper left. Each stands on the ground at its anchor. */
import { type Drawing, drawing, fillEllipse, fillPolygon, placeDice, softLight } from "./drawing.js";

type Pen = CanvasRenderingContext2D;
interface Leafage {
  readonly dark: string;
  readonly middle: string;
  readonly light: string;
  readonly glint: string;
}

const OAK_LEAVES: readonly Leafage[] = [
  { dark: "#2f6a37", middle: "#478a41", light: "#66a84c", glint: "#8cc65f" },
  { dark: "#3b6f2c", middle: "#5a9237", light: "#7db046", glint: "#a5cd5e" },
  { dark: "#2a6244", middle: "#3d8453", light: "#59a263", glint: "#82c07a" },
];
const PINE_LEAVES: readonly Leafage[] = [
  { dark: "#1f4f3c", middle: "#2c6a4b", light: "#3d855a", glint: "#58a26b" },
  { dark: "#24513a", middle: "#356c43", light: "#4b8850", glint: "#6ba562" },
];

function paintTrunk(pen: Pen, x: number, top: number, bottom: number, width: number): void {
  const bark = pen.createLinearGradient(x - width / 2, 0, x + width / 2, 0);
  bark.addColorStop(0, "#9a6a42");
  bark.addColorStop(0.45, "#7d5233");
  bark.addColorStop(1, "#573721");
  pen.fillStyle = bark;
  pen.beginPath();
  pen.moveTo(x - width * 0.36, top);
  pen.quadraticCurveTo(x - width * 0.34, bottom - width * 0.5, x - width * 0.75, bottom);
  pen.quadraticCurveTo(x, bottom + width * 0.28, x + width * 0.75, bottom);
  pen.quadraticCurveTo(x + width * 0.34, bottom - width * 0.5, x + width * 0.36, top);
  pen.fill();
}

/** Balls of leaves, back to front: a dark rim, the ball, its lit side, single leaves. */
function paintLeafBalls(
  pen: Pen,
  leaves: Leafage,
  balls: readonly (readonly [number, number, number])[],
  salt: number,
): void {
  for (const [x, y, r] of balls) fillEllipse(pen, leaves.dark, x, y + 2, r + 2, r + 1);
  for (const [x, y, r] of balls) fillEllipse(pen, leaves.middle, x - r * 0.08, y - r * 0.08, r * 0.94);
  for (const [x, y, r] of balls) fillEllipse(pen, leaves.light, x - r * 0.26, y - r * 0.28, r * 0.62);
  const dice = placeDice(balls.length, salt, 5);
  for (const [x, y, r] of balls) {
    for (let i = 0; i < 7; i++) {
      const angle = dice() * Math.PI * 2;
      const away = Math.sqrt(dice()) * r * 0.85;
      const lit = Math.sin(angle) * away < r * 0.1;
      pen.globalAlpha = 0.75;
      fillEllipse(
        pen,
        lit ? leaves.glint : leaves.dark,
        x + Math.cos(angle) * away,
        y + Math.sin(angle) * away,
        2.4,
        1.5,
      );
    }
  }
  pen.globalAlpha = 1;
}

function oak(variant: number): Drawing {
  const leaves = OAK_LEAVES[variant % OAK_LEAVES.length] as Leafage;
  return drawing(`oak${variant}`, 124, 138, 0.5, 0.93, (pen) => {
    paintTrunk(pen, 62, 78, 128, 17);
    const lean = (variant - 1) * 3;
    paintLeafBalls(
      pen,
      leaves,
      [
        [62 + lean, 42, 30],
        [36, 66, 24],
        [88, 64, 25],
        [40 + lean, 44, 24],
        [84 + lean, 40, 22],
        [62, 76, 23],
        [62 + lean, 24, 19],
      ],
      variant,
    );
  });
}

function pine(variant: number): Drawing {
  const leaves = PINE_LEAVES[variant % PINE_LEAVES.length] as Leafage;
  return drawing(`pine${variant}`, 92, 142, 0.5, 0.94, (pen) => {
    paintTrunk(pen, 46, 104, 133, 12);
    for (let skirt = 0; skirt < 4; skirt++) {
      const bottom = 118 - skirt * 26;
      const half = 38 - skirt * 7.4;
      paintSkirt(pen, leaves.dark, 46, bottom - 44, bottom + 3, half + 2);
      paintSkirt(pen, leaves.middle, 46, bottom - 44, bottom, half);
      paintSkirt(pen, leaves.light, 40, bottom - 40, bottom - 8, half * 0.58);
      pen.globalAlpha = 0.7;
      paintSkirt(pen, leaves.glint, 38, bottom - 36, bottom - 18, half * 0.26);
      pen.globalAlpha = 1;
    }
  });
}

/** One layer of a pine: a cone with a scalloped hem. */
function paintSkirt(pen: Pen, fill: string, x: number, top: number, bottom: number, half: number): void {
  pen.fillStyle = fill;
  pen.beginPath();
  pen.moveTo(x, top);
  pen.quadraticCurveTo(x + half * 0.4, (top + bottom) / 2, x + half, bottom);
  const scallops = 5;
  for (let i = 0; i < scallops; i++) {
    const to = x + half - (2 * half * (i + 1)) / scallops;
    pen.quadraticCurveTo(to + half / scallops, bottom + half * 0.22, to, bottom + (i % 2 === 0 ? 2 : 0));
  }
  pen.quadraticCurveTo(x - half * 0.4, (top + bottom) / 2, x, top);
  pen.fill();
}

function bush(variant: number): Drawing {
  const leaves = OAK_LEAVES[variant % OAK_LEAVES.length] as Leafage;
  return drawing(`bush${variant}`, 66, 50, 0.5, 0.82, (pen) => {
    paintLeafBalls(
      pen,
      leaves,
      [
        [20, 28, 14],
        [46, 28, 14],
        [33, 20, 16],
        [33, 32, 12],
      ],
      variant + 20,
    );
    const berry = variant === 0 ? "#e2566a" : "#f3e3f0";
    for (const [x, y] of [
      [18, 22],
      [30, 14],
      [42, 24],
      [34, 30],
      [50, 30],
      [25, 33],
    ] as const) {
      fillEllipse(pen, "#00000030", x + 0.6, y + 1, 2.4);
      fillEllipse(pen, berry, x, y, 2.2);
      fillEllipse(pen, "#ffffffaa", x - 0.7, y - 0.7, 0.7);
    }
  });
}

function rock(variant: number): Drawing {
  const tall = variant === 1 ? 6 : 0;
  return drawing(`rock${variant}`, 64, 54, 0.5, 0.8, (pen) => {
    fillPolygon(pen, "#5d6167", [6, 44, 10, 24 - tall, 26, 10 - tall, 44, 12, 58, 28, 59, 45, 32, 50]);
    fillPolygon(pen, "#8b9097", [8, 42, 11, 24 - tall, 26, 11 - tall, 36, 20, 30, 38, 14, 45]);
    fillPolygon(pen, "#a9aeb3", [12, 26 - tall, 26, 11 - tall, 43, 13, 35, 21, 20, 28 - tall]);
    fillPolygon(pen, "#71767d", [36, 20, 44, 13, 57, 28, 52, 40, 31, 38]);
    pen.globalAlpha = 0.85;
    fillEllipse(pen, "#6c9a4b", 18, 43, 9, 3.4);
    fillEllipse(pen, "#7dab58", 47, 44, 8, 3);
    pen.globalAlpha = 1;
  });
}

function stalagmite(variant: number): Drawing {
  return drawing(`stalagmite${variant}`, 60, 84, 0.5, 0.88, (pen) => {
    const tip = variant === 0 ? 6 : 20;
    fillPolygon(pen, "#2c2a3a", [6, 74, 22, 34, 30, tip, 38, 36, 55, 74, 30, 80]);
    fillPolygon(pen, "#4d4a60", [8, 73, 23, 36, 30, tip, 31, 50, 25, 76]);
    fillPolygon(pen, "#6a667f", [14, 66, 25, 36, 30, tip, 28, 44, 20, 68]);
    fillPolygon(pen, "#3a374a", [40, 76, 45, 52, 51, 76]);
    fillPolygon(pen, "#5a566e", [40, 76, 45, 52, 46, 74]);
  });
}

function crystal(variant: number): Drawing {
  const [deep, body, lit] = variant === 0 ? ["#2d6f9e", "#53b7e0", "#b8f0ff"] : ["#6d3f9e", "#a877e6", "#e6ccff"];
  return drawing(`crystal${variant}`, 96, 96, 0.5, 0.8, (pen) => {
    softLight(pen, `${body}88`, 48, 56, 46);
    const shard = (x: number, lean: number, height: number, half: number) => {
      const top = 78 - height;
      fillPolygon(pen, deep as string, [
        x - half,
        76,
        x + lean - half * 0.5,
        top + 12,
        x + lean,
        top,
        x + lean + half,
        top + 14,
        x + half,
        78,
      ]);
      fillPolygon(pen, body as string, [x - half, 76, x + lean - half * 0.5, top + 12, x + lean, top, x + 1, 78]);
      fillPolygon(pen, lit as string, [
        x - half * 0.7,
        70,
        x + lean - half * 0.4,
        top + 13,
        x + lean - 1,
        top + 4,
        x - half * 0.3,
        72,
      ]);
    };
    shard(36, -9, 34, 7);
    shard(60, 9, 40, 7);
    shard(48, 0, 58, 9);
  });
}

export const PLANTS: readonly Drawing[] = [
  oak(0),
  oak(1),
  oak(2),
  pine(0),
  pine(1),
  bush(0),
  bush(1),
  rock(0),
  rock(1),
  stalagmite(0),
  stalagmite(1),
  crystal(0),
  crystal(1),
];

/** How many variants each kind has, for picking one by an obstacle's number. */
export const PLANT_VARIANTS = { oak: 3, pine: 2, bush: 2, rock: 2, stalagmite: 2, crystal: 2 } as const;
