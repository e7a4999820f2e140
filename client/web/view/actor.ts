/** One entity on the map: its figure, shadow and nameplate, moved to where the entity is. Knows nothing of the network. */
import { Sprite } from "pixi.js";
import type { Atlas } from "../paint/atlas.js";
import { PIXELS_PER_UNIT } from "../paint/drawing.js";
import type { Figure, Pose } from "./figure.js";
import { makeMonster } from "./monster.js";
import { Nameplate } from "./nameplate.js";
import { Person } from "./person.js";
import type { SceneLayers } from "./scene.js";

const FLASH_SECONDS = 0.12;
const FADE_SECONDS = 0.3;
/** Slower than this is standing still: positions jitter a little. */
const STILL_UNITS_PER_SECOND = 0.15;

export interface ActorLook {
  readonly isMonster: boolean;
  readonly isOwn: boolean;
  readonly name: string;
  /** Of monsters. */
  readonly kind: string;
}

export class Actor {
  readonly id: string;
  readonly look: ActorLook;
  readonly figure: Figure;
  x = 0;
  z = 0;
  hp = 0;
  hpMax = 0;
  private readonly shadow: Sprite;
  private readonly plate: Nameplate;
  private readonly pose: Pose = { speed: 0, facingX: 0, facingZ: 1, timeS: 0, seconds: 0 };
  private isPlaced = false;
  private flashLeftS = 0;
  private shown = 0;
  private isLeaving = false;

  constructor(id: string, look: ActorLook, atlas: Atlas, layers: SceneLayers) {
    this.id = id;
    this.look = look;
    this.figure = look.isMonster ? makeMonster(atlas, look.kind, id) : new Person(atlas, look.name);
    this.shadow = new Sprite(atlas.texture("shadow"));
    const width = (this.figure.shadowWidth * PIXELS_PER_UNIT) / 64;
    this.shadow.scale.set(width, width);
    this.plate = new Nameplate(
      atlas,
      look.isOwn ? 0xffe9a8 : look.isMonster ? 0xffc9b8 : 0xffffff,
      look.isMonster ? 12 : 14,
    );
    this.plate.setName(look.name);
    layers.shadows.addChild(this.shadow);
    layers.standing.addChild(this.figure.view);
    layers.overhead.addChild(this.plate.view);
  }

  setHealth(hp: number, hpMax: number): void {
    this.hp = hp;
    this.hpMax = hpMax;
    this.plate.setHealth(hpMax > 0 ? hp / hpMax : 1, hpMax > 0 && (!this.look.isMonster || hp < hpMax));
  }

  /** Moves it there; the way since the last call is its speed. `standingFacing`: where it looks when it stands, in radians from +x to +z. */
  moveTo(x: number, z: number, seconds: number, standingFacing: number | null): void {
    const dx = x - this.x;
    const dz = z - this.z;
    const distance = Math.hypot(dx, dz);
    this.x = x;
    this.z = z;
    if (!this.isPlaced || distance > 4) {
      this.isPlaced = true;
      this.pose.speed = 0;
      return;
    }
    const speed = seconds > 0 ? distance / seconds : 0;
    this.pose.speed += (speed - this.pose.speed) * Math.min(1, seconds * 14);
    if (this.pose.speed > STILL_UNITS_PER_SECOND && distance > 0.002)
      this.face(dx / distance, dz / distance, seconds * 12);
    else if (standingFacing !== null) this.face(Math.cos(standingFacing), Math.sin(standingFacing), seconds * 12);
  }

  /** Turns towards a direction of length 1; `share` 1 at once. */
  face(x: number, z: number, share: number): void {
    const t = Math.min(1, share);
    const turnedX = this.pose.facingX + (x - this.pose.facingX) * t;
    const turnedZ = this.pose.facingZ + (z - this.pose.facingZ) * t;
    const length = Math.hypot(turnedX, turnedZ);
    this.pose.facingX = length > 0.01 ? turnedX / length : x;
    this.pose.facingZ = length > 0.01 ? turnedZ / length : z;
  }

  say(words: string): void {
    this.plate.say(words);
  }

  swing(): void {
    this.figure.swing();
  }

  flinch(): void {
    this.flashLeftS = FLASH_SECONDS;
    this.figure.flash(0xff7a6b);
  }

  /** It fades; `update` says when it is gone. */
  leave(): void {
    this.isLeaving = true;
  }

  /** False when it has faded and is to be destroyed. */
  update(seconds: number, timeS: number, isInView: boolean): boolean {
    this.shown = Math.max(0, Math.min(1, this.shown + ((this.isLeaving ? -1 : 1) * seconds) / FADE_SECONDS));
    if (this.isLeaving && this.shown === 0) return false;
    this.figure.view.visible = isInView;
    this.shadow.visible = isInView;
    this.plate.view.visible = isInView;
    if (!isInView) return true;
    if (this.flashLeftS > 0) {
      this.flashLeftS -= seconds;
      if (this.flashLeftS <= 0) this.figure.flash(0xffffff);
    }
    this.pose.timeS = timeS;
    this.pose.seconds = seconds;
    this.figure.update(this.pose);
    this.plate.update(seconds);
    this.place();
    return true;
  }

  private place(): void {
    const left = this.x * PIXELS_PER_UNIT;
    const top = this.z * PIXELS_PER_UNIT;
    this.figure.view.position.set(left, top);
    this.figure.view.zIndex = this.z;
    this.figure.view.alpha = this.shown;
    this.shadow.position.set(left + 2, top);
    this.shadow.alpha = this.shown;
    this.plate.view.position.set(left, top - this.figure.height);
    this.plate.view.alpha = this.shown;
  }

  destroy(): void {
    this.figure.view.destroy({ children: true });
    this.shadow.destroy();
    this.plate.view.destroy({ children: true });
  }
}
