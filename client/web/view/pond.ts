/** What moves on the water: glints that come and go, rings that widen, a duck on the larger ponds. */
import { Container, Sprite } from "pixi.js";
import { distanceToLine, isInside, type SpaceMap } from "../../../entities/world-map.js";
import type { Atlas } from "../paint/atlas.js";
import { PIXELS_PER_UNIT, placeDice } from "../paint/drawing.js";
import type { ViewBox } from "./camera.js";

const GLINTS_PER_POND = 26;
const RINGS_PER_POND = 4;
const RING_SECONDS = 3.4;
/** Ponds at least this wide (in units) have a duck. */
const DUCK_POND_UNITS = 15;

interface Glint {
  readonly sprite: Sprite;
  readonly x: number;
  readonly phase: number;
  readonly isRing: boolean;
}

class PondSurface {
  readonly layer = new Container();
  readonly box: ViewBox;
  private readonly glints: Glint[] = [];
  private readonly duck: Sprite | null;

  constructor(atlas: Atlas, outline: readonly number[], tint: number, hasDucks: boolean) {
    this.box = boxOf(outline);
    const dice = placeDice(Math.round(this.box.left), Math.round(this.box.top), 77);
    for (let i = 0; i < GLINTS_PER_POND + RINGS_PER_POND; i++) {
      this.addGlint(atlas, outline, tint, dice, i >= GLINTS_PER_POND);
    }
    const wide = this.box.right - this.box.left >= DUCK_POND_UNITS;
    this.duck = hasDucks && wide ? new Sprite(atlas.texture("duck")) : null;
    if (this.duck !== null) this.layer.addChild(this.duck);
  }

  update(timeS: number): void {
    for (const { sprite, x, phase, isRing } of this.glints) {
      if (isRing) {
        const age = (timeS / RING_SECONDS + phase) % 1;
        sprite.scale.set(0.15 + age * 0.9, 0.09 + age * 0.52);
        sprite.alpha = 0.4 * (1 - age);
        continue;
      }
      sprite.alpha = 0.42 * Math.max(0, Math.sin(timeS * 0.9 + phase * 20));
      sprite.x = x * PIXELS_PER_UNIT + Math.sin(timeS * 0.5 + phase * 9) * 7;
    }
    if (this.duck !== null) this.swim(this.duck, timeS);
  }

  private swim(duck: Sprite, timeS: number): void {
    const { left, right, top, bottom } = this.box;
    const angle = timeS * 0.16;
    duck.x = ((left + right) / 2 + Math.cos(angle) * (right - left) * 0.2) * PIXELS_PER_UNIT;
    duck.y =
      ((top + bottom) / 2 + Math.sin(angle) * (bottom - top) * 0.18 + Math.sin(timeS * 2.2) * 0.03) * PIXELS_PER_UNIT;
    duck.scale.x = Math.sin(angle) > 0 ? -0.9 : 0.9;
    duck.rotation = Math.sin(timeS * 2.2) * 0.05;
  }

  private addGlint(atlas: Atlas, outline: readonly number[], tint: number, dice: () => number, isRing: boolean): void {
    for (let attempt = 0; attempt < 12; attempt++) {
      const x = this.box.left + dice() * (this.box.right - this.box.left);
      const z = this.box.top + dice() * (this.box.bottom - this.box.top);
      if (!isInside(outline, x, z) || distanceToLine(outline, x, z, true) < 1.1) continue;
      const sprite = new Sprite(atlas.texture(isRing ? "ring" : "glint"));
      sprite.position.set(x * PIXELS_PER_UNIT, z * PIXELS_PER_UNIT);
      sprite.scale.set(0.6 + dice() * 0.6);
      sprite.tint = tint;
      this.layer.addChild(sprite);
      this.glints.push({ sprite, x, phase: dice(), isRing });
      return;
    }
  }
}

export class Ponds {
  readonly layer = new Container();
  private readonly atlas: Atlas;
  private surfaces: PondSurface[] = [];

  constructor(atlas: Atlas, map: SpaceMap) {
    this.atlas = atlas;
    this.setMap(map);
  }

  setMap(map: SpaceMap): void {
    for (const surface of this.surfaces) surface.layer.destroy({ children: true });
    const isCave = map.name === "Cave";
    this.surfaces = map.ponds.map((pond) => new PondSurface(this.atlas, pond, isCave ? 0x8ffff0 : 0xffffff, !isCave));
    for (const surface of this.surfaces) this.layer.addChild(surface.layer);
  }

  update(view: Readonly<ViewBox>, timeS: number): void {
    for (const surface of this.surfaces) {
      const { box } = surface;
      const inView = box.right > view.left && box.left < view.right && box.bottom > view.top && box.top < view.bottom;
      surface.layer.visible = inView;
      if (inView) surface.update(timeS);
    }
  }
}

function boxOf(outline: readonly number[]): ViewBox {
  const box: ViewBox = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let i = 0; i < outline.length; i += 2) {
    box.left = Math.min(box.left, outline[i] as number);
    box.right = Math.max(box.right, outline[i] as number);
    box.top = Math.min(box.top, outline[i + 1] as number);
    box.bottom = Math.max(box.bottom, outline[i + 1] as number);
  }
  return box;
}
