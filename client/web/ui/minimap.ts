/** The whole map in a corner: ground once per map, dots a few times a second. */
import type { SpaceMap } from "../../../entities/world-map.js";
import { fillEllipse, roundLine } from "../paint/drawing.js";
import type { ViewBox } from "../view/camera.js";
import { element, setText } from "./dom.js";

export interface MinimapDot {
  readonly x: number;
  readonly z: number;
  readonly color: string;
  readonly isOwn: boolean;
}

const SIDE_PIXELS = 300;

export class Minimap {
  readonly root: HTMLElement;
  private readonly canvas = element("canvas", "minimap-canvas", { role: "img", "aria-label": "Map" });
  private readonly title = element("span", "minimap-title");
  private readonly ground = document.createElement("canvas");
  private map: SpaceMap | null = null;

  constructor() {
    for (const canvas of [this.canvas, this.ground]) {
      canvas.width = SIDE_PIXELS;
      canvas.height = SIDE_PIXELS;
    }
    this.root = element("section", "minimap panel", { "aria-label": "Map" }, this.canvas, this.title);
  }

  show(map: SpaceMap, dots: readonly MinimapDot[], view: Readonly<ViewBox>): void {
    if (map !== this.map) this.setMap(map);
    const pen = this.canvas.getContext("2d");
    if (pen === null) return;
    const scale = SIDE_PIXELS / Math.max(map.width, map.depth);
    pen.drawImage(this.ground, 0, 0);
    pen.strokeStyle = "#ffffff80";
    pen.lineWidth = 2;
    pen.strokeRect(
      view.left * scale,
      view.top * scale,
      (view.right - view.left) * scale,
      (view.bottom - view.top) * scale,
    );
    for (const dot of dots) {
      fillEllipse(pen, "#101810c0", dot.x * scale, dot.z * scale, dot.isOwn ? 8 : 5.5);
      fillEllipse(pen, dot.color, dot.x * scale, dot.z * scale, dot.isOwn ? 6 : 4);
    }
  }

  private setMap(map: SpaceMap): void {
    this.map = map;
    setText(this.title, map.title);
    const pen = this.ground.getContext("2d");
    if (pen === null) return;
    pen.save();
    pen.fillStyle = map.name === "Cave" ? "#13111d" : "#7fae5c";
    pen.fillRect(0, 0, SIDE_PIXELS, SIDE_PIXELS);
    const scale = SIDE_PIXELS / Math.max(map.width, map.depth);
    pen.scale(scale, scale);
    if (map.name === "Cave") {
      pen.fillStyle = "#4d4960";
      pen.fill(roundLine(map.border, true));
    }
    pen.strokeStyle = map.name === "Cave" ? "#8b7f95" : "#d8c08e";
    pen.lineWidth = 3;
    pen.lineJoin = "round";
    for (const path of map.paths) pen.stroke(roundLine(path, false));
    for (const pond of map.ponds) {
      const shape = roundLine(pond, true);
      pen.strokeStyle = "#e4d19c";
      pen.lineWidth = 1.6;
      pen.stroke(shape);
      pen.fillStyle = "#3f97bf";
      pen.fill(shape);
    }
    for (const { kind, x, z } of map.obstacles) {
      fillEllipse(
        pen,
        kind === "crystal" ? "#7fe0ff" : map.name === "Cave" ? "#2a2738" : kind === "rock" ? "#9a9f9f" : "#3f7a3c",
        x,
        z,
        1.5,
      );
    }
    pen.fillStyle = "#6d685f";
    for (const { x, z, halfX, halfZ } of map.walls) pen.fillRect(x - halfX, z - halfZ, halfX * 2, halfZ * 2);
    for (const portal of map.portals) fillEllipse(pen, "#d9b8ff", portal.x, portal.z, 3.2);
    pen.restore();
  }
}
