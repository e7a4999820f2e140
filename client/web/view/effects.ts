/** Short things that happen and are gone: hit numbers, sparks, puffs, the mark where one walks to. */
import { type BitmapText, type Container, Sprite } from "pixi.js";
import type { Atlas } from "../paint/atlas.js";
import { PIXELS_PER_UNIT } from "../paint/drawing.js";
import { label } from "./label-font.js";

/** More at once are not shown. */
const EFFECT_COUNT_MAX = 120;
/** Above names and words. */
const EFFECT_Z = 2;
const NUMBER_SIZE = 24;

interface Running {
  readonly view: Sprite | BitmapText;
  readonly lifeS: number;
  ageS: number;
  readonly step: (age: number) => void;
}

export class Effects {
  private readonly atlas: Atlas;
  private readonly overhead: Container;
  private readonly groundLayer: Container;
  private running: Running[] = [];
  private spin = 0;

  constructor(atlas: Atlas, overhead: Container, groundLayer: Container) {
    this.atlas = atlas;
    this.overhead = overhead;
    this.groundLayer = groundLayer;
  }

  /** A number that jumps out of a hit; `heightPx` above the ground. */
  hitNumber(x: number, z: number, heightPx: number, text: string, tint: number): void {
    const number = label(text, NUMBER_SIZE, tint);
    number.anchor.set(0.5);
    const left = x * PIXELS_PER_UNIT;
    const top = z * PIXELS_PER_UNIT - heightPx;
    const drift = ((this.spin++ * 37) % 30) - 15;
    this.run(this.overhead, number, 0.95, (age) => {
      number.position.set(left + drift * age, top - 42 * (1 - (1 - age) ** 2));
      number.scale.set(age < 0.15 ? 0.6 + age * 5 : 1.35 - 0.4 * age);
      number.alpha = Math.min(1, (1 - age) * 2.5);
    });
  }

  sparks(x: number, z: number, heightPx: number, tint: number): void {
    for (let i = 0; i < 6; i++) {
      const angle = (this.spin++ * 2.39996) % (Math.PI * 2);
      const spark = this.sprite("spark", tint);
      this.run(this.overhead, spark, 0.4, (age) => {
        const away = 8 + 30 * (1 - (1 - age) ** 2);
        spark.position.set(
          x * PIXELS_PER_UNIT + Math.cos(angle) * away,
          z * PIXELS_PER_UNIT - heightPx * 0.5 + Math.sin(angle) * away * 0.7,
        );
        spark.rotation = age * 5;
        spark.scale.set(0.9 * (1 - age));
      });
    }
  }

  slash(x: number, z: number, heightPx: number, angle: number): void {
    const slash = this.sprite("slash", 0xfff6d0);
    slash.position.set(x * PIXELS_PER_UNIT, z * PIXELS_PER_UNIT - heightPx * 0.45);
    this.run(this.overhead, slash, 0.2, (age) => {
      slash.rotation = angle - 0.7 + age * 1.4;
      slash.scale.set(0.7 + age * 0.4);
      slash.alpha = 1 - age;
    });
  }

  puff(x: number, z: number, tint: number): void {
    for (let i = 0; i < 8; i++) {
      const angle = (i / 8) * Math.PI * 2;
      const puff = this.sprite("puff", tint);
      this.run(this.overhead, puff, 0.6, (age) => {
        const away = 26 * (1 - (1 - age) ** 2);
        puff.position.set(
          x * PIXELS_PER_UNIT + Math.cos(angle) * away,
          z * PIXELS_PER_UNIT - 16 + Math.sin(angle) * away * 0.6 - age * 14,
        );
        puff.scale.set(0.7 + age * 0.9);
        puff.alpha = 0.8 * (1 - age);
      });
    }
  }

  walkMarker(x: number, z: number): void {
    const marker = this.sprite("marker", 0xfff3c4);
    marker.position.set(x * PIXELS_PER_UNIT, z * PIXELS_PER_UNIT);
    this.run(this.groundLayer, marker, 0.6, (age) => {
      marker.scale.set(1.1 - age * 0.7);
      marker.alpha = 0.9 * (1 - age);
    });
  }

  update(seconds: number): void {
    const still: Running[] = [];
    for (const effect of this.running) {
      effect.ageS += seconds;
      if (effect.ageS >= effect.lifeS) effect.view.destroy();
      else {
        effect.step(effect.ageS / effect.lifeS);
        still.push(effect);
      }
    }
    this.running = still;
  }

  private sprite(name: string, tint: number): Sprite {
    const sprite = new Sprite(this.atlas.texture(name));
    sprite.tint = tint;
    return sprite;
  }

  private run(layer: Container, view: Sprite | BitmapText, lifeS: number, step: (age: number) => void): void {
    if (this.running.length >= EFFECT_COUNT_MAX) {
      view.destroy();
      return;
    }
    step(0);
    view.zIndex = EFFECT_Z;
    layer.addChild(view);
    this.running.push({ view, lifeS, ageS: 0, step });
  }
}
