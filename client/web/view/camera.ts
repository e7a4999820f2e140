/** Which part of the map is on the screen. Follows a point smoothly and never shows what lies beyond the map. */
import { clamp, PIXELS_PER_UNIT } from "../paint/drawing.js";

/** In units of the map. */
export interface ViewBox {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The screen shows at least about this much when it is large enough. */
const WISHED_WIDTH_UNITS = 27;
const WISHED_DEPTH_UNITS = 18;
const ZOOM_MIN = 0.9;
const ZOOM_MAX = 1.8;
/** Share of the way that is still left after a second. */
const LAG_PER_SECOND = 0.0008;

export class Camera {
  x = 0;
  z = 0;
  zoom = 1;
  /** In CSS pixels. */
  screenWidth = 1;
  screenHeight = 1;
  private mapWidth = 1;
  private mapDepth = 1;

  resize(screenWidth: number, screenHeight: number): void {
    this.screenWidth = screenWidth;
    this.screenHeight = screenHeight;
    const wished = Math.min(
      screenWidth / (WISHED_WIDTH_UNITS * PIXELS_PER_UNIT),
      screenHeight / (WISHED_DEPTH_UNITS * PIXELS_PER_UNIT),
    );
    this.zoom = clamp(wished, ZOOM_MIN, ZOOM_MAX);
  }

  setMap(width: number, depth: number): void {
    this.mapWidth = width;
    this.mapDepth = depth;
  }

  /** `seconds` since the last call; 0 jumps. */
  follow(x: number, z: number, seconds: number): void {
    const kept = seconds === 0 ? 0 : LAG_PER_SECOND ** seconds;
    this.x = x + (this.x - x) * kept;
    this.z = z + (this.z - z) * kept;
    const halfWidth = this.screenWidth / this.scale / 2;
    const halfDepth = this.screenHeight / this.scale / 2;
    this.x = keptInside(this.x, halfWidth, this.mapWidth);
    this.z = keptInside(this.z, halfDepth, this.mapDepth);
  }

  /** CSS pixels per unit. */
  get scale(): number {
    return PIXELS_PER_UNIT * this.zoom;
  }

  toScreenX(x: number): number {
    return (x - this.x) * this.scale + this.screenWidth / 2;
  }

  toScreenY(z: number): number {
    return (z - this.z) * this.scale + this.screenHeight / 2;
  }

  toMapX(screenX: number): number {
    return (screenX - this.screenWidth / 2) / this.scale + this.x;
  }

  toMapZ(screenY: number): number {
    return (screenY - this.screenHeight / 2) / this.scale + this.z;
  }

  view(margin: number, out: ViewBox): ViewBox {
    out.left = this.toMapX(0) - margin;
    out.top = this.toMapZ(0) - margin;
    out.right = this.toMapX(this.screenWidth) + margin;
    out.bottom = this.toMapZ(this.screenHeight) + margin;
    return out;
  }
}

function keptInside(value: number, half: number, length: number): number {
  return half * 2 >= length ? length / 2 : clamp(value, half, length - half);
}
