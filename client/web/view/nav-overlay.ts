/**
 * What navigation sees, drawn over the ground for those who want to look (`?nav`): the mesh's polygons, the ways that monsters walk, and
 * where somebody was put back who was where it cannot have got to. The mesh is fetched when it is first shown.
 */
import { Container, Graphics } from "pixi.js";
import { decodeNavFile, outlinePolygons } from "../../../engine/nav/nav-file.js";
import type { MapName, SpaceMap } from "../../../entities/world-map.js";
import { PIXELS_PER_UNIT } from "../paint/drawing.js";

const FILES: Readonly<Record<MapName, string>> = {
  Meadow: new URL("../../../dist/entities/levels/meadow.nav", import.meta.url).href,
  Cave: new URL("../../../dist/entities/levels/cave.nav", import.meta.url).href,
};
const COLORS = { mesh: 0x35b6ff, route: 0xffd23f, putBack: 0xff4d4d } as const;
/** How long a mark of somebody who was put back stays, and how many there are at most. */
const MARK_S = 6;
const MARKS_MAX = 32;

interface Mark {
  readonly graphics: Graphics;
  leftS: number;
}

export class NavOverlay {
  readonly layer = new Container({ visible: false });
  private readonly mesh = new Graphics();
  private readonly routes = new Graphics();
  private marks: Mark[] = [];
  private map: SpaceMap;
  /** The map whose mesh is drawn. */
  private drawn: MapName | null = null;

  constructor(map: SpaceMap) {
    this.map = map;
    this.layer.addChild(this.mesh, this.routes);
  }

  get isShown(): boolean {
    return this.layer.visible;
  }

  /** Rejects when the mesh cannot be fetched. */
  async show(isShown: boolean): Promise<void> {
    this.layer.visible = isShown;
    if (isShown && this.drawn !== this.map.name) await this.drawMesh(this.map.name);
  }

  setMap(map: SpaceMap): void {
    this.map = map;
    this.mesh.clear();
    this.routes.clear();
    this.drawn = null;
    for (const { graphics } of this.marks.splice(0)) graphics.destroy();
    if (this.isShown) this.show(true).catch(() => undefined);
  }

  /** Per way: how many corners, then x and z of each. */
  showRoutes(numbers: readonly number[]): void {
    this.routes.clear();
    for (let at = 0; at < numbers.length; ) {
      const corners = numbers[at++] ?? 0;
      for (let i = 0; i < corners; i++, at += 2) {
        const [x, y] = [(numbers[at] ?? 0) * PIXELS_PER_UNIT, (numbers[at + 1] ?? 0) * PIXELS_PER_UNIT];
        if (i === 0) this.routes.moveTo(x, y);
        else this.routes.lineTo(x, y);
      }
    }
    this.routes.stroke({ color: COLORS.route, width: 3, alpha: 0.9 });
  }

  /** Somebody was at (x, z) and is at (toX, toZ) again. */
  showPutBack(x: number, z: number, toX: number, toZ: number): void {
    const [fromX, fromY] = [x * PIXELS_PER_UNIT, z * PIXELS_PER_UNIT];
    const [backX, backY] = [toX * PIXELS_PER_UNIT, toZ * PIXELS_PER_UNIT];
    const graphics = new Graphics().moveTo(fromX, fromY).lineTo(backX, backY);
    graphics.stroke({ color: COLORS.putBack, width: 2 });
    graphics.moveTo(fromX - 7, fromY - 7).lineTo(fromX + 7, fromY + 7);
    graphics.moveTo(fromX - 7, fromY + 7).lineTo(fromX + 7, fromY - 7);
    graphics.stroke({ color: COLORS.putBack, width: 3 });
    graphics.circle(backX, backY, 8).stroke({ color: COLORS.putBack, width: 3 });
    this.layer.addChild(graphics);
    this.marks.push({ graphics, leftS: MARK_S });
    if (this.marks.length > MARKS_MAX) this.marks.shift()?.graphics.destroy();
  }

  update(seconds: number): void {
    for (const mark of this.marks) {
      mark.leftS -= seconds;
      mark.graphics.alpha = Math.max(0, Math.min(1, mark.leftS));
    }
    while ((this.marks[0]?.leftS ?? 1) <= 0) this.marks.shift()?.graphics.destroy();
  }

  private async drawMesh(name: MapName): Promise<void> {
    this.drawn = name;
    const answer = await fetch(FILES[name]);
    if (!answer.ok) throw new Error(`${FILES[name]}: ${answer.status}`);
    const file = decodeNavFile(new Uint8Array(await answer.arrayBuffer()));
    if (this.drawn !== name) return;
    for (const polygon of outlinePolygons(file)) this.mesh.poly(polygon.map((value) => value * PIXELS_PER_UNIT));
    this.mesh.stroke({ color: COLORS.mesh, width: 1, alpha: 0.7 });
  }
}
