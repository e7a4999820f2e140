/** Life in the air: butterflies over the meadow, glowing motes in the cave. They belong to the view and follow it. */
import { Container, Sprite } from "pixi.js";
import type { SpaceMap } from "../../../entities/world-map.js";
import type { Atlas } from "../paint/atlas.js";
import { hashUnit, PIXELS_PER_UNIT } from "../paint/drawing.js";
import type { ViewBox } from "./camera.js";

const COUNT = 9;
const BUTTERFLY_TINTS = [0xffd166, 0xf78fb3, 0x9ad0ff, 0xffffff];
const MOTE_TINTS = [0x6ff0d8, 0xd59bff, 0x86c8ff];

interface Flier {
  readonly body: Container;
  readonly left: Sprite;
  readonly right: Sprite;
}

export class Ambience {
  readonly layer = new Container();
  private readonly fliers: Flier[] = [];
  private isCave = false;

  constructor(atlas: Atlas, map: SpaceMap) {
    for (let i = 0; i < COUNT; i++) {
      const body = new Container();
      const left = new Sprite(atlas.texture("wing"));
      const right = new Sprite(atlas.texture("wing"));
      body.addChild(left, right);
      this.layer.addChild(body);
      this.fliers.push({ body, left, right });
    }
    this.setMap(map, atlas);
  }

  setMap(map: SpaceMap, atlas: Atlas): void {
    this.isCave = map.name === "Cave";
    const tints = this.isCave ? MOTE_TINTS : BUTTERFLY_TINTS;
    this.fliers.forEach(({ left, right }, i) => {
      const texture = atlas.texture(this.isCave ? "mote" : "wing");
      for (const wing of [left, right]) {
        wing.texture = texture;
        wing.anchor.copyFrom(texture.defaultAnchor ?? { x: 0, y: 0.5 });
        wing.tint = tints[i % tints.length] as number;
        wing.scale.set(1);
      }
      right.visible = !this.isCave;
    });
  }

  update(view: Readonly<ViewBox>, timeS: number): void {
    const width = view.right - view.left;
    const depth = view.bottom - view.top;
    this.fliers.forEach(({ body, left, right }, i) => {
      const wanderX =
        hashUnit(i, 1, 9) * width + Math.sin(timeS * 0.35 + i * 1.9) * 3 + Math.sin(timeS * 1.3 + i) * 0.7;
      const wanderZ =
        hashUnit(i, 2, 9) * depth + Math.cos(timeS * 0.28 + i * 2.3) * 2.4 + Math.sin(timeS * 1.9 + i) * 0.5;
      body.x = wrapped(wanderX, view.left, width) * PIXELS_PER_UNIT;
      body.y = wrapped(wanderZ, view.top, depth) * PIXELS_PER_UNIT;
      if (this.isCave) {
        left.alpha = 0.35 + 0.35 * Math.sin(timeS * 1.4 + i * 2);
        return;
      }
      const flap = 0.35 + 0.65 * Math.abs(Math.sin(timeS * 9 + i));
      left.scale.x = -flap;
      right.scale.x = flap;
      left.alpha = 1;
    });
  }
}

/** The place in [start, start + length) that the flier has when the world repeats at that length. */
function wrapped(value: number, start: number, length: number): number {
  return start + ((((value - start) % length) + length) % length);
}
