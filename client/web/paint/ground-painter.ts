/**
 * Paints the ground of one map in square chunks: grass or rock with variation, forest floor, paths, shores, water, flowers. The same chunk
 * always looks the same. One painter per map; called by the ground layer, at most once a frame since a chunk takes some milliseconds.
 */
import { isInside, type SpaceMap } from "../../../entities/world-map.js";
import { clamp, fillEllipse, mix, PIXELS_PER_UNIT, placeDice, roundLine, tracePolygon, valueNoise } from "./drawing.js";
import { type GroundStyle, groundStyleOf, type Rgb } from "./ground-style.js";

export const CHUNK_UNITS = 16;
export const CHUNK_PIXELS = CHUNK_UNITS * PIXELS_PER_UNIT;
/** Colour samples per side of a chunk; the canvas smooths between them. */
const SAMPLES = 96;

type Pen = CanvasRenderingContext2D;

export class GroundPainter {
  private readonly map: SpaceMap;
  private readonly style: GroundStyle;
  /** How thick the wood is around each square unit, 0 … 1; [z * width + x]. */
  private readonly woods: Float32Array;
  /** All paths and the square around the spawn in one, so that nothing is painted twice where they cross. */
  private readonly paths: Path2D;
  private readonly shores: readonly Path2D[];
  private readonly edge: Path2D;

  constructor(map: SpaceMap) {
    this.map = map;
    this.style = groundStyleOf(map.name);
    this.woods = woodsOf(map);
    this.paths = pathsOf(map);
    this.shores = map.ponds.map((outline) => roundLine(outline, true));
    this.edge = roundLine(map.border, true);
  }

  /** The chunk whose upper left corner is at (chunkX, chunkZ) * CHUNK_UNITS. */
  paint(chunkX: number, chunkZ: number): HTMLCanvasElement {
    const canvas = document.createElement("canvas");
    canvas.width = CHUNK_PIXELS;
    canvas.height = CHUNK_PIXELS;
    const pen = canvas.getContext("2d", { alpha: false });
    if (pen === null) throw new Error("This browser offers no 2D canvas.");
    const left = chunkX * CHUNK_UNITS;
    const top = chunkZ * CHUNK_UNITS;
    this.paintSoil(pen, left, top);
    this.paintTufts(pen, left, top);
    pen.save();
    pen.scale(PIXELS_PER_UNIT, PIXELS_PER_UNIT);
    pen.translate(-left, -top);
    this.paintPaths(pen);
    this.paintWater(pen);
    pen.restore();
    this.paintFlowers(pen, left, top);
    if (this.map.name === "Cave") this.paintCaveWall(pen, left, top);
    return canvas;
  }

  private paintSoil(pen: Pen, left: number, top: number): void {
    const image = new ImageData(SAMPLES + 2, SAMPLES + 2);
    const step = CHUNK_UNITS / SAMPLES;
    for (let row = 0; row < SAMPLES + 2; row++) {
      for (let column = 0; column < SAMPLES + 2; column++) {
        const color = this.soilAt(left + (column - 0.5) * step, top + (row - 0.5) * step);
        const at = (row * (SAMPLES + 2) + column) * 4;
        image.data[at] = color[0];
        image.data[at + 1] = color[1];
        image.data[at + 2] = color[2];
        image.data[at + 3] = 255;
      }
    }
    const small = document.createElement("canvas");
    small.width = SAMPLES + 2;
    small.height = SAMPLES + 2;
    small.getContext("2d")?.putImageData(image, 0, 0);
    pen.imageSmoothingEnabled = true;
    pen.drawImage(small, 1, 1, SAMPLES, SAMPLES, 0, 0, CHUNK_PIXELS, CHUNK_PIXELS);
  }

  private soilAt(x: number, z: number): Rgb {
    const { base, lush, dry, wood } = this.style;
    const wide = valueNoise(x / 17 + z / 40, z / 17 - x / 40, 1);
    const close = valueNoise(x / 3.1 - z / 9, z / 3.1 + x / 9, 2);
    const fine = valueNoise(x * 1.3 + z * 0.4, z * 1.3 - x * 0.4, 3);
    const wet = clamp((wide - 0.45) * 2.2 + (close - 0.5) * 0.5, 0, 1);
    const arid = clamp((0.4 - wide) * 2 + (close - 0.5) * 0.6, 0, 1) * 0.7;
    const shade = clamp(this.woodAt(x, z) * 0.95 + (close - 0.5) * 0.35, 0, 1);
    let color = blend(blend(base, lush, wet), dry, arid);
    color = blend(color, wood, shade * 0.8);
    const light = 0.955 + fine * 0.09;
    return [color[0] * light, color[1] * light, color[2] * light];
  }

  private woodAt(x: number, z: number): number {
    const { width, depth } = this.map;
    const column = clamp(Math.floor(x - 0.5), 0, width - 2);
    const row = clamp(Math.floor(z - 0.5), 0, depth - 2);
    const tx = clamp(x - 0.5 - column, 0, 1);
    const at = row * width + column;
    const top = mix(this.woods[at] ?? 0, this.woods[at + 1] ?? 0, tx);
    const bottom = mix(this.woods[at + width] ?? 0, this.woods[at + width + 1] ?? 0, tx);
    return mix(top, bottom, clamp(z - 0.5 - row, 0, 1));
  }

  private paintTufts(pen: Pen, left: number, top: number): void {
    const dice = placeDice(left, top, 11);
    pen.lineCap = "round";
    for (let i = 0; i < this.style.tuftCount; i++) {
      const x = dice() * CHUNK_PIXELS;
      const y = dice() * CHUNK_PIXELS;
      const height = 3 + dice() * 5;
      pen.strokeStyle = dice() < 0.5 ? this.style.tuftDark : this.style.tuftLight;
      pen.lineWidth = 1.2;
      pen.beginPath();
      for (const lean of [-3, 0, 3]) {
        pen.moveTo(x + lean * 0.4, y);
        pen.quadraticCurveTo(x + lean * 0.5, y - height * 0.6, x + lean, y - height + Math.abs(lean) * 0.5);
      }
      pen.stroke();
    }
    for (let i = 0; i < this.style.pebbleCount; i++) {
      const x = dice() * CHUNK_PIXELS;
      const y = dice() * CHUNK_PIXELS;
      const size = 1.5 + dice() * 3;
      fillEllipse(pen, "#00000026", x + 0.8, y + 1.2, size, size * 0.7);
      fillEllipse(pen, this.style.pebble, x, y, size, size * 0.7);
      fillEllipse(pen, "#ffffff30", x - size * 0.25, y - size * 0.25, size * 0.45, size * 0.3);
    }
  }

  private paintPaths(pen: Pen): void {
    pen.lineCap = "round";
    pen.lineJoin = "round";
    for (const [width, color] of this.style.path) {
      pen.lineWidth = width;
      pen.strokeStyle = color;
      pen.stroke(this.paths);
    }
  }

  private paintWater(pen: Pen): void {
    const { shore, water } = this.style;
    pen.lineJoin = "round";
    for (const [width, color] of shore) {
      pen.lineWidth = width;
      pen.strokeStyle = color;
      for (const path of this.shores) pen.stroke(path);
    }
    for (const path of this.shores) {
      pen.save();
      pen.clip(path);
      pen.fillStyle = water.deep;
      pen.fill(path);
      for (const [width, color] of water.shallows) {
        pen.lineWidth = width;
        pen.strokeStyle = color;
        pen.stroke(path);
      }
      pen.restore();
      pen.lineWidth = 0.1;
      pen.strokeStyle = water.foam;
      pen.stroke(path);
    }
    for (const outline of this.map.ponds) {
      this.paintLilies(pen, outline);
      this.paintReeds(pen, outline);
    }
  }

  /** Clumps of reeds along the shore of one pond. */
  private paintReeds(pen: Pen, outline: readonly number[]): void {
    if (this.map.name === "Cave") return;
    const dice = placeDice(outline.length, Math.round(outline[1] as number), 41);
    for (let clump = 0; clump < 7; clump++) {
      const corner = Math.floor(dice() * (outline.length / 2)) * 2;
      const count = 4 + Math.floor(dice() * 4);
      for (let i = 0; i < count; i++) {
        const x = (outline[corner] as number) + (dice() - 0.5) * 1.1;
        const z = (outline[corner + 1] as number) + (dice() - 0.5) * 0.5;
        paintReed(pen, x, z, 0.6 + dice() * 0.5, (dice() - 0.5) * 0.3, i % 2 === 0);
      }
    }
  }

  /** Lily pads near the shore of one pond. */
  private paintLilies(pen: Pen, outline: readonly number[]): void {
    if (this.map.name === "Cave") return;
    const dice = placeDice(outline.length, Math.round(outline[0] as number), 23);
    let centreX = 0;
    let centreZ = 0;
    for (let i = 0; i < outline.length; i += 2) {
      centreX += ((outline[i] as number) * 2) / outline.length;
      centreZ += ((outline[i + 1] as number) * 2) / outline.length;
    }
    for (let i = 0; i < 9; i++) {
      const corner = Math.floor(dice() * (outline.length / 2)) * 2;
      const inwards = 0.16 + dice() * 0.2;
      const x = mix(outline[corner] as number, centreX, inwards);
      const z = mix(outline[corner + 1] as number, centreZ, inwards);
      paintLily(pen, x, z, 0.28 + dice() * 0.2, dice() * 6.3, dice() < 0.4);
    }
  }

  private paintFlowers(pen: Pen, left: number, top: number): void {
    const dice = placeDice(left, top, 31);
    for (let patch = 0; patch < this.style.flowerPatches; patch++) {
      const x = left + dice() * CHUNK_UNITS;
      const z = top + dice() * CHUNK_UNITS;
      const color = this.style.flowers[Math.floor(dice() * this.style.flowers.length)] as string;
      const count = 3 + Math.floor(dice() * 9);
      for (let i = 0; i < count; i++) {
        const flowerX = x + (dice() - 0.5) * 3;
        const flowerZ = z + (dice() - 0.5) * 2.4;
        const size = 2 + dice() * 1.2;
        if (this.woodAt(flowerX, flowerZ) > 0.6 || this.isWet(flowerX, flowerZ)) continue;
        paintFlower(pen, (flowerX - left) * PIXELS_PER_UNIT, (flowerZ - top) * PIXELS_PER_UNIT, size, color);
      }
    }
  }

  private isWet(x: number, z: number): boolean {
    return this.map.ponds.some((pond) => isInside(pond, x, z));
  }

  /** Darkness beyond the border, with a lit edge where the wall falls to the floor. */
  private paintCaveWall(pen: Pen, left: number, top: number): void {
    pen.save();
    pen.scale(PIXELS_PER_UNIT, PIXELS_PER_UNIT);
    pen.translate(-left, -top);
    for (const [width, color] of [
      [5, "#0b0a1240"],
      [3, "#0b0a1250"],
      [1.6, "#0b0a1270"],
    ] as const) {
      pen.lineWidth = width;
      pen.strokeStyle = color;
      pen.stroke(this.edge);
    }
    const outside = new Path2D();
    tracePolygon(outside, [left - 1, top - 1, left + 17, top - 1, left + 17, top + 17, left - 1, top + 17]);
    outside.addPath(this.edge);
    pen.fillStyle = "#13111d";
    pen.fill(outside, "evenodd");
    pen.lineWidth = 0.5;
    pen.strokeStyle = "#5b566e";
    pen.stroke(this.edge);
    pen.lineWidth = 0.16;
    pen.strokeStyle = "#8a84a3";
    pen.stroke(this.edge);
    pen.restore();
  }
}

function paintFlower(pen: Pen, x: number, y: number, size: number, color: string): void {
  fillEllipse(pen, "#2f5d2c66", x + 0.6, y + size * 0.9, size * 0.9, size * 0.5);
  for (let petal = 0; petal < 5; petal++) {
    const angle = (petal / 5) * Math.PI * 2;
    fillEllipse(pen, color, x + Math.cos(angle) * size * 0.75, y + Math.sin(angle) * size * 0.65, size * 0.58);
  }
  fillEllipse(pen, "#ffd866", x, y, size * 0.5);
}

function paintReed(pen: Pen, x: number, z: number, height: number, lean: number, hasHead: boolean): void {
  pen.strokeStyle = hasHead ? "#4d7a3a" : "#6f9c48";
  pen.lineWidth = 0.06;
  pen.lineCap = "round";
  pen.beginPath();
  pen.moveTo(x, z);
  pen.quadraticCurveTo(x, z - height * 0.6, x + lean, z - height);
  pen.stroke();
  if (!hasHead) return;
  pen.strokeStyle = "#6b4226";
  pen.lineWidth = 0.12;
  pen.beginPath();
  pen.moveTo(x + lean * 0.8, z - height * 0.78);
  pen.lineTo(x + lean, z - height);
  pen.stroke();
}

function paintLily(pen: Pen, x: number, z: number, size: number, turn: number, blooms: boolean): void {
  fillEllipse(pen, "#0d3b4a55", x + 0.05, z + 0.08, size, size * 0.72);
  pen.fillStyle = "#4f9a53";
  pen.beginPath();
  pen.ellipse(x, z, size, size * 0.72, 0, turn, turn + 5.6);
  pen.lineTo(x, z);
  pen.fill();
  pen.strokeStyle = "#7fc070";
  pen.lineWidth = 0.03;
  pen.stroke();
  if (!blooms) return;
  for (let petal = 0; petal < 6; petal++) {
    const angle = (petal / 6) * Math.PI * 2;
    fillEllipse(pen, "#f7c8dd", x + Math.cos(angle) * 0.1, z - 0.05 + Math.sin(angle) * 0.08, 0.09, 0.07);
  }
  fillEllipse(pen, "#ffe58a", x, z - 0.05, 0.06, 0.05);
}

function blend(from: Rgb, to: Rgb, t: number): Rgb {
  return [mix(from[0], to[0], t), mix(from[1], to[1], t), mix(from[2], to[2], t)];
}

function pathsOf(map: SpaceMap): Path2D {
  const paths = new Path2D();
  for (const line of map.paths) paths.addPath(roundLine(line, false));
  if (map.name !== "Meadow") return paths;
  const { x, z } = map.spawn;
  for (const radius of [0.2, 0.9, 1.6, 2.3]) {
    paths.moveTo(x + radius, z);
    paths.ellipse(x, z, radius, radius * 0.85, 0, 0, Math.PI * 2);
  }
  return paths;
}

const WOOD_REACH_UNITS = 4;

function woodsOf(map: SpaceMap): Float32Array {
  const woods = new Float32Array(map.width * map.depth);
  for (const { kind, x, z } of map.obstacles) {
    if (kind === "rock" || kind === "crystal") continue;
    for (let row = Math.floor(z) - WOOD_REACH_UNITS; row <= z + WOOD_REACH_UNITS; row++) {
      for (let column = Math.floor(x) - WOOD_REACH_UNITS; column <= x + WOOD_REACH_UNITS; column++) {
        if (row < 0 || column < 0 || row >= map.depth || column >= map.width) continue;
        const near = 1 - Math.hypot(column + 0.5 - x, row + 0.5 - z) / WOOD_REACH_UNITS;
        const at = row * map.width + column;
        if (near > 0) woods[at] = Math.min(1, (woods[at] as number) + near * 0.4);
      }
    }
  }
  return woods;
}
