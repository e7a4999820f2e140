/** Portals: a stone gate with the name of what lies beyond, a swirl that turns in it, light that breathes, motes that rise. */
import { Container, Sprite } from "pixi.js";
import { mapOf, type Portal, type SpaceMap } from "../../../entities/world-map.js";
import type { Atlas } from "../paint/atlas.js";
import { PIXELS_PER_UNIT } from "../paint/drawing.js";
import { label } from "./label-font.js";

const MOTES = 7;
/** In pixels at zoom 1: how far the gate stands behind the spot that carries one over, and how high it is. */
const GATE_BEHIND = 6;
const GATE_HEIGHT = 108;
const TINT = { Cave: 0xb98cff, Meadow: 0x7fe0c0 } as const;

class PortalView {
  readonly light = new Container();
  readonly gate = new Container();
  private readonly swirl: Sprite;
  private readonly halo: Sprite;
  private readonly motes: Sprite[] = [];

  constructor(atlas: Atlas, portal: Portal) {
    const tint = TINT[portal.to];
    const x = portal.x * PIXELS_PER_UNIT;
    const y = portal.z * PIXELS_PER_UNIT;
    this.light.position.set(x, y);
    this.halo = sprite(atlas, "puff", tint, this.light);
    this.swirl = sprite(atlas, "swirl", tint, this.light);
    this.swirl.y = -GATE_BEHIND - 42;
    for (let i = 0; i < MOTES; i++) this.motes.push(sprite(atlas, "mote", tint, this.light));
    const title = label(mapOf(portal.to).title, 13, tint);
    title.anchor.set(0.5, 1);
    title.y = -GATE_HEIGHT;
    this.gate.addChild(new Sprite(atlas.texture("portal-gate")), title);
    this.gate.position.set(x, y - GATE_BEHIND);
    this.gate.zIndex = portal.z - GATE_BEHIND / PIXELS_PER_UNIT;
  }

  update(timeS: number): void {
    this.swirl.rotation = timeS * 1.3;
    this.swirl.scale.set(0.72 + Math.sin(timeS * 2) * 0.03);
    this.halo.scale.set(5.2 + Math.sin(timeS * 1.6) * 0.4, 3.8 + Math.sin(timeS * 1.6) * 0.3);
    this.halo.alpha = 0.45 + Math.sin(timeS * 1.6) * 0.12;
    this.motes.forEach((mote, i) => {
      const age = (timeS * 0.4 + i / MOTES) % 1;
      mote.position.set(Math.sin(i * 2.4 + timeS) * 30, 14 - age * 90);
      mote.alpha = Math.sin(age * Math.PI);
      mote.scale.set(0.5 + 0.3 * Math.sin(i));
    });
  }
}

function sprite(atlas: Atlas, name: string, tint: number, parent: Container): Sprite {
  const made = new Sprite(atlas.texture(name));
  made.tint = tint;
  made.blendMode = "add";
  parent.addChild(made);
  return made;
}

export class Portals {
  private readonly atlas: Atlas;
  private readonly lights: Container;
  private readonly standing: Container;
  private views: PortalView[] = [];

  constructor(atlas: Atlas, map: SpaceMap, lights: Container, standing: Container) {
    this.atlas = atlas;
    this.lights = lights;
    this.standing = standing;
    this.setMap(map);
  }

  setMap(map: SpaceMap): void {
    for (const view of this.views) {
      view.light.destroy({ children: true });
      view.gate.destroy({ children: true });
    }
    this.views = map.portals.map((portal) => new PortalView(this.atlas, portal));
    for (const view of this.views) {
      this.lights.addChild(view.light);
      this.standing.addChild(view.gate);
    }
  }

  update(timeS: number): void {
    for (const view of this.views) view.update(timeS);
  }
}
