/** Walls: blocks of old stone with a lit top, standing among the trees. */
import { type Container, Graphics } from "pixi.js";
import type { SpaceMap, Wall } from "../../../entities/world-map.js";
import { PIXELS_PER_UNIT } from "../paint/drawing.js";

const HEIGHT_PIXELS = 34;
const STONE_PIXELS = 16;
const COURSES = 3;
const COLORS = { face: 0x77736b, top: 0xa7a297, joint: 0x5c5952, shadow: 0x101810 } as const;

export class Walls {
  private readonly shadows: Container;
  private readonly standing: Container;
  private parts: Graphics[] = [];

  constructor(map: SpaceMap, shadows: Container, standing: Container) {
    this.shadows = shadows;
    this.standing = standing;
    this.setMap(map);
  }

  setMap(map: SpaceMap): void {
    for (const part of this.parts) part.destroy();
    this.parts = map.walls.flatMap((wall) => [this.shadowOf(wall), this.blockOf(wall)]);
  }

  private shadowOf({ x, z, halfX, halfZ }: Wall): Graphics {
    const [w, h] = [halfX * 2 * PIXELS_PER_UNIT, halfZ * 2 * PIXELS_PER_UNIT];
    const shadow = new Graphics().rect(0, 0, w + 8, h + 6).fill({ color: COLORS.shadow, alpha: 0.3 });
    shadow.position.set((x - halfX) * PIXELS_PER_UNIT, (z - halfZ) * PIXELS_PER_UNIT);
    this.shadows.addChild(shadow);
    return shadow;
  }

  /** Its foot is where the walker meets it; the face rises from the near edge. */
  private blockOf({ x, z, halfX, halfZ }: Wall): Graphics {
    const [w, h] = [halfX * 2 * PIXELS_PER_UNIT, halfZ * 2 * PIXELS_PER_UNIT];
    const block = new Graphics();
    block.rect(0, h - HEIGHT_PIXELS, w, HEIGHT_PIXELS).fill(COLORS.face);
    block.rect(0, -HEIGHT_PIXELS, w, h).fill(COLORS.top);
    const course = HEIGHT_PIXELS / COURSES;
    for (let row = 0; row < COURSES; row++) {
      const top = h - HEIGHT_PIXELS + row * course;
      block.moveTo(0, top).lineTo(w, top);
      for (let at = row % 2 === 0 ? STONE_PIXELS : STONE_PIXELS / 2; at < w; at += STONE_PIXELS) {
        block.moveTo(at, top).lineTo(at, top + course);
      }
    }
    block.stroke({ color: COLORS.joint, width: 1 });
    block.rect(0, -HEIGHT_PIXELS, w, h).stroke({ color: COLORS.joint, width: 1 });
    block.position.set((x - halfX) * PIXELS_PER_UNIT, (z - halfZ) * PIXELS_PER_UNIT);
    block.zIndex = z + halfZ;
    this.standing.addChild(block);
    return block;
  }
}
