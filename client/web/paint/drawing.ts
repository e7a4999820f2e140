/**
 * What the painters share: a drawing is a name, a size in pixels at zoom 1, the point it stands on, and a function that paints it once
 * into the atlas. All pictures of the page are painted by code at start; there are no image files.
 */

/** At zoom 1. */
export const PIXELS_PER_UNIT = 32;

export type Paint = (pen: CanvasRenderingContext2D) => void;

export interface Drawing {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Where the drawing stands, as a part of its size. */
  readonly anchorX: number;
  readonly anchorY: number;
  readonly paint: Paint;
}

export function drawing(
  name: string,
  width: number,
  height: number,
  anchorX: number,
  anchorY: number,
  paint: Paint,
): Drawing {
  return { name, width, height, anchorX, anchorY, paint };
}

export function fillEllipse(
  pen: CanvasRenderingContext2D,
  fill: string | CanvasGradient,
  x: number,
  y: number,
  radiusX: number,
  radiusY = radiusX,
): void {
  pen.fillStyle = fill;
  pen.beginPath();
  pen.ellipse(x, y, radiusX, radiusY, 0, 0, Math.PI * 2);
  pen.fill();
}

/** Fills the polygon [x, y] * count. */
export function fillPolygon(
  pen: CanvasRenderingContext2D,
  fill: string | CanvasGradient,
  points: readonly number[],
): void {
  pen.fillStyle = fill;
  pen.beginPath();
  tracePolygon(pen, points);
  pen.fill();
}

export function tracePolygon(pen: CanvasRenderingContext2D | Path2D, points: readonly number[]): void {
  pen.moveTo(points[0] as number, points[1] as number);
  for (let i = 2; i < points.length; i += 2) pen.lineTo(points[i] as number, points[i + 1] as number);
  pen.closePath();
}

/** A soft round light from the colour to nothing. */
export function softLight(pen: CanvasRenderingContext2D, color: string, x: number, y: number, radius: number): void {
  const light = pen.createRadialGradient(x, y, 0, x, y, radius);
  light.addColorStop(0, color);
  light.addColorStop(1, `${color.slice(0, 7)}00`);
  pen.fillStyle = light;
  pen.fillRect(x - radius, y - radius, radius * 2, radius * 2);
}

/** The line through the middles of the given line's segments: round where that has corners. */
export function roundLine(line: readonly number[], closed: boolean): Path2D {
  const path = new Path2D();
  const count = line.length / 2;
  const x = (i: number) => line[((i + count) % count) * 2] as number;
  const z = (i: number) => line[((i + count) % count) * 2 + 1] as number;
  if (closed) path.moveTo((x(-1) + x(0)) / 2, (z(-1) + z(0)) / 2);
  else path.moveTo(x(0), z(0));
  const last = closed ? count : count - 1;
  for (let i = closed ? 0 : 1; i < last; i++) {
    path.quadraticCurveTo(x(i), z(i), (x(i) + x(i + 1)) / 2, (z(i) + z(i + 1)) / 2);
  }
  if (closed) path.closePath();
  else path.lineTo(x(count - 1), z(count - 1));
  return path;
}

/** Floats in [0, 1) from integers: the same place always gets the same grass. */
export function hashUnit(x: number, z: number, salt: number): number {
  let mixed = Math.imul(x | 0, 0x27d4eb2d) ^ Math.imul(z | 0, 0x165667b1) ^ Math.imul(salt | 0, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
}

/** A series of floats in [0, 1) that belongs to a place. */
export function placeDice(x: number, z: number, salt: number): () => number {
  let count = 0;
  return () => hashUnit(x + count * 7919, z - count * 104_729, salt + count++);
}

/** Smooth noise in [0, 1); one swing is about one unit of x or z. */
export function valueNoise(x: number, z: number, salt: number): number {
  const cellX = Math.floor(x);
  const cellZ = Math.floor(z);
  const tx = smooth(x - cellX);
  const tz = smooth(z - cellZ);
  const top = mix(hashUnit(cellX, cellZ, salt), hashUnit(cellX + 1, cellZ, salt), tx);
  const bottom = mix(hashUnit(cellX, cellZ + 1, salt), hashUnit(cellX + 1, cellZ + 1, salt), tx);
  return mix(top, bottom, tz);
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}

export function mix(from: number, to: number, t: number): number {
  return from + (to - from) * t;
}

export function clamp(value: number, min: number, max: number): number {
  return Math.max(min, Math.min(max, value));
}
