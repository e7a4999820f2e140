/** An avatar's figure: walks with feet and hands, turns its face, swings a sword. Tunic and hair take their colours from the name. */
import { Container, type Sprite } from "pixi.js";
import type { Atlas } from "../paint/atlas.js";
import { type Figure, nameColor, type Pose, part, textHash } from "./figure.js";

const HAIR = [0x5a3a22, 0x2e2a33, 0xd9a441, 0xa8532b, 0x8d8f99, 0x7a4fb0, 0x3f6d8f, 0xe8e2d0];
const SWING_SECONDS = 0.28;
/** Steps per unit walked. */
const STRIDE = 1.9;

export class Person implements Figure {
  readonly view = new Container();
  readonly height = 54;
  readonly shadowWidth = 1.25;
  private readonly leftFoot: Sprite;
  private readonly rightFoot: Sprite;
  private readonly upper = new Container();
  private readonly tunic: Sprite;
  private readonly leftHand: Sprite;
  private readonly rightHand: Sprite;
  private readonly sword: Sprite;
  private readonly headGroup = new Container();
  private readonly face: Sprite;
  private readonly fringe: Sprite;
  private readonly crown: Sprite;
  private stride = 0;
  private swingLeftS = 0;
  private blinkAtS = 2;

  constructor(atlas: Atlas, name: string) {
    this.leftFoot = part(atlas, "foot", this.view, -5, -3);
    this.rightFoot = part(atlas, "foot", this.view, 5, -3);
    this.view.addChild(this.upper);
    this.sword = part(atlas, "sword", this.upper, 12, -14);
    this.tunic = part(atlas, "tunic", this.upper, 0, -3);
    this.leftHand = part(atlas, "hand", this.upper, -11, -13);
    this.rightHand = part(atlas, "hand", this.upper, 11, -13);
    this.upper.addChild(this.headGroup);
    this.headGroup.position.set(0, -23);
    part(atlas, "head", this.headGroup);
    this.face = part(atlas, "face", this.headGroup, 0, -8);
    this.fringe = part(atlas, "fringe", this.headGroup);
    this.crown = part(atlas, "crown", this.headGroup);
    this.dress(name);
  }

  dress(name: string): void {
    const hash = textHash(name);
    this.tunic.tint = nameColor(name);
    const hair = HAIR[(hash >>> 5) % HAIR.length] as number;
    this.fringe.tint = hair;
    this.crown.tint = hair;
  }

  swing(): void {
    this.swingLeftS = SWING_SECONDS;
  }

  flash(tint: number): void {
    this.view.tint = tint;
  }

  update(pose: Readonly<Pose>): void {
    const walking = Math.min(1, pose.speed / 3);
    this.stride += pose.speed * pose.seconds * STRIDE * Math.PI * 0.5;
    const step = Math.sin(this.stride);
    this.leftFoot.position.set(-5 + pose.facingX * step * 5 * walking, -3 + Math.min(0, -step * 5 * walking));
    this.rightFoot.position.set(5 - pose.facingX * step * 5 * walking, -3 + Math.min(0, step * 5 * walking));
    const breath = Math.sin(pose.timeS * 2.4) * 0.6;
    this.upper.y = -Math.abs(Math.cos(this.stride)) * 2.6 * walking + breath * (1 - walking);
    this.upper.rotation = step * 0.04 * walking + pose.facingX * 0.06 * walking;
    this.turn(pose);
    this.moveHands(pose, step * walking);
  }

  private turn(pose: Readonly<Pose>): void {
    const fromBehind = pose.facingZ < -0.55;
    this.face.visible = !fromBehind;
    this.fringe.visible = !fromBehind;
    this.crown.visible = fromBehind;
    this.face.position.set(pose.facingX * 5, -8.5 + Math.max(0, pose.facingZ) * 1.5);
    this.headGroup.x = pose.facingX * 1.6;
    if (pose.timeS > this.blinkAtS)
      this.blinkAtS = pose.timeS + 2.4 + (this.stride % 1) + Math.abs(Math.sin(pose.timeS)) * 2;
    this.face.scale.y = this.blinkAtS - pose.timeS < 0.11 ? 0.15 : 1;
  }

  private moveHands(pose: Readonly<Pose>, step: number): void {
    const side = pose.facingX < -0.2 ? -1 : 1;
    this.leftHand.position.set(-11 * (1 - Math.abs(pose.facingX) * 0.35) + step * 3 * pose.facingX, -13 + step * 2.5);
    this.rightHand.position.set(11 * (1 - Math.abs(pose.facingX) * 0.35) - step * 3 * pose.facingX, -13 - step * 2.5);
    const swordHand = side > 0 ? this.rightHand : this.leftHand;
    const isFront = pose.facingZ >= -0.55;
    this.upper.setChildIndex(this.sword, isFront ? this.upper.children.length - 1 : 0);
    if (this.swingLeftS > 0) {
      this.swingLeftS = Math.max(0, this.swingLeftS - pose.seconds);
      const done = 1 - this.swingLeftS / SWING_SECONDS;
      const arc = -1.5 + 3.1 * (1 - (1 - done) ** 3);
      swordHand.position.set(pose.facingX * 14 + side * Math.cos(arc) * 6, -14 + pose.facingZ * 7 + Math.sin(arc) * 7);
      this.sword.rotation = side * (arc + 0.6);
    } else {
      this.sword.rotation = side * (0.5 + step * 0.15);
    }
    this.sword.position.copyFrom(swordHand.position);
  }
}
