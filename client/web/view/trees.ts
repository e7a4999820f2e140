/**
 * Trees, bushes, stones and crystals in view, with their shadows. Trees sway; one that hides the player turns see-through. Sprites are
 * pooled: there are as many as fit the screen, not as many as stand on the map.
 */
import { type Container, Sprite } from "pixi.js";
import type { Obstacle, ObstacleKind, SpaceMap } from "../../../entities/world-map.js";
import type { Atlas } from "../paint/atlas.js";
import { PIXELS_PER_UNIT } from "../paint/drawing.js";
import { PLANT_VARIANTS } from "../paint/plants.js";
import type { ViewBox } from "./camera.js";

/** Crowns reach this far above what stands on the ground. */
const CROWN_UNITS = 5;
/** How far the view may move before the set in view is looked up again. */
const SLACK_UNITS = 2;

const SWAY: Readonly<Record<ObstacleKind, number>> = {
  oak: 0.022,
  pine: 0.03,
  bush: 0.03,
  rock: 0,
  stalagmite: 0,
  crystal: 0,
};
/** Shadow width in units. */
const SHADOW: Readonly<Record<ObstacleKind, number>> = {
  oak: 3.4,
  pine: 2.5,
  bush: 2.1,
  rock: 2,
  stalagmite: 1.8,
  crystal: 1.6,
};

interface Standing {
  obstacle: Obstacle;
  readonly sprite: Sprite;
  readonly shadow: Sprite;
}

export class Trees {
  private readonly atlas: Atlas;
  private readonly shadows: Container;
  private readonly standingLayer: Container;
  private readonly pool: Standing[] = [];
  private shown: Standing[] = [];
  private map: SpaceMap;
  private lookedUpX = Number.NaN;
  private lookedUpZ = Number.NaN;
  private lookedUpWidth = 0;

  constructor(atlas: Atlas, map: SpaceMap, shadows: Container, standingLayer: Container) {
    this.atlas = atlas;
    this.map = map;
    this.shadows = shadows;
    this.standingLayer = standingLayer;
  }

  setMap(map: SpaceMap): void {
    this.map = map;
    this.lookedUpX = Number.NaN;
  }

  /** (playerX, playerZ): who must not be hidden. */
  update(view: Readonly<ViewBox>, timeS: number, playerX: number, playerZ: number, sways: boolean): void {
    const width = view.right - view.left;
    const moved = Math.max(Math.abs(view.left - this.lookedUpX), Math.abs(view.top - this.lookedUpZ));
    if (!(moved < SLACK_UNITS) || width !== this.lookedUpWidth) this.lookUp(view);
    for (const { obstacle, sprite } of this.shown) {
      const sway = sways ? SWAY[obstacle.kind] : 0;
      if (sway > 0) {
        const phase = obstacle.x * 0.31 + obstacle.z * 0.17;
        sprite.skew.x = sway * (Math.sin(timeS * 1.1 + phase) + 0.4 * Math.sin(timeS * 2.7 + phase * 3));
      }
      const behind = obstacle.z - playerZ;
      const hides =
        behind > 0.2 && behind < 3.6 * obstacle.size && Math.abs(obstacle.x - playerX) < 1.7 * obstacle.size;
      const wished = hides && (obstacle.kind === "oak" || obstacle.kind === "pine") ? 0.45 : 1;
      sprite.alpha += (wished - sprite.alpha) * 0.15;
    }
  }

  private lookUp(view: Readonly<ViewBox>): void {
    this.lookedUpX = view.left;
    this.lookedUpZ = view.top;
    this.lookedUpWidth = view.right - view.left;
    for (const standing of this.shown) this.hide(standing);
    this.shown = [];
    for (const obstacle of this.map.obstacles) {
      if (obstacle.x < view.left - SLACK_UNITS - 2 || obstacle.x > view.right + SLACK_UNITS + 2) continue;
      if (obstacle.z < view.top - SLACK_UNITS || obstacle.z > view.bottom + SLACK_UNITS + CROWN_UNITS) continue;
      this.shown.push(this.show(obstacle));
    }
  }

  private hide(standing: Standing): void {
    standing.sprite.visible = false;
    standing.shadow.visible = false;
    this.pool.push(standing);
  }

  private show(obstacle: Obstacle): Standing {
    const texture = this.atlas.texture(`${obstacle.kind}${obstacle.variant % PLANT_VARIANTS[obstacle.kind]}`);
    const standing = this.pool.pop() ?? this.make(obstacle);
    standing.obstacle = obstacle;
    const { sprite, shadow } = standing;
    const x = obstacle.x * PIXELS_PER_UNIT;
    const y = obstacle.z * PIXELS_PER_UNIT;
    if (sprite.texture !== texture) {
      sprite.texture = texture;
      sprite.anchor.copyFrom(texture.defaultAnchor ?? { x: 0.5, y: 1 });
      sprite.alpha = 1;
    }
    const mirrored = obstacle.variant % 2 === 0 && obstacle.kind !== "rock" ? -1 : 1;
    sprite.scale.set(obstacle.size * mirrored, obstacle.size);
    sprite.skew.x = 0;
    sprite.position.set(x, y);
    sprite.zIndex = obstacle.z;
    const shadowWidth = (SHADOW[obstacle.kind] * obstacle.size * PIXELS_PER_UNIT) / 64;
    shadow.scale.set(shadowWidth, shadowWidth * 0.9);
    shadow.position.set(x + shadowWidth * 4, y);
    sprite.visible = true;
    shadow.visible = true;
    return standing;
  }

  private make(obstacle: Obstacle): Standing {
    const sprite = new Sprite(this.atlas.texture("white"));
    const shadow = new Sprite(this.atlas.texture("shadow"));
    this.standingLayer.addChild(sprite);
    this.shadows.addChild(shadow);
    return { obstacle, sprite, shadow };
  }
}
