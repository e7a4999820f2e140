/**
 * Every small picture in one texture, so that the whole scene is drawn in a few calls, also where WebGL is done in software.
 * Painted once at start, at twice the size of zoom 1.
 */
import { CanvasSource, Rectangle, Texture } from "pixi.js";
import type { Drawing } from "./drawing.js";
import { EFFECTS } from "./effects.js";
import { MONSTERS } from "./monsters.js";
import { PEOPLE } from "./people.js";
import { PLANTS } from "./plants.js";

const SIDE = 1024;
const RESOLUTION = 2;
/** Between pictures, so that none bleeds into its neighbour. */
const GAP = 3;

export class Atlas {
  private readonly textures = new Map<string, Texture>();

  constructor() {
    const canvas = document.createElement("canvas");
    canvas.width = SIDE * RESOLUTION;
    canvas.height = SIDE * RESOLUTION;
    const pen = canvas.getContext("2d");
    if (pen === null) throw new Error("This browser offers no 2D canvas.");
    pen.scale(RESOLUTION, RESOLUTION);
    const source = new CanvasSource({ resource: canvas, resolution: RESOLUTION });
    for (const { drawing, x, y } of packed([...PLANTS, ...PEOPLE, ...MONSTERS, ...EFFECTS])) {
      paintAt(pen, drawing, x, y);
      const frame = new Rectangle(x, y, drawing.width, drawing.height);
      const defaultAnchor = { x: drawing.anchorX, y: drawing.anchorY };
      this.textures.set(drawing.name, new Texture({ source, frame, defaultAnchor }));
    }
  }

  texture(name: string): Texture {
    const texture = this.textures.get(name);
    if (texture === undefined) throw new Error(`The atlas holds no picture "${name}".`);
    return texture;
  }
}

function paintAt(pen: CanvasRenderingContext2D, drawing: Drawing, x: number, y: number): void {
  pen.save();
  pen.translate(x, y);
  pen.beginPath();
  pen.rect(-1, -1, drawing.width + 2, drawing.height + 2);
  pen.clip();
  drawing.paint(pen);
  pen.restore();
}

/** Places the drawings in rows, the tallest first. */
function* packed(drawings: readonly Drawing[]): Generator<{ drawing: Drawing; x: number; y: number }> {
  let x = GAP;
  let y = GAP;
  let rowHeight = 0;
  for (const drawing of [...drawings].sort((a, b) => b.height - a.height)) {
    if (x + drawing.width + GAP > SIDE) {
      x = GAP;
      y += rowHeight + GAP;
      rowHeight = 0;
    }
    yield { drawing, x, y };
    x += drawing.width + GAP;
    rowHeight = Math.max(rowHeight, drawing.height);
  }
  if (y + rowHeight > SIDE) throw new Error("The atlas is full.");
}
