/** The monsters' figures: a slime that hops, a wolf and a boar on four legs. An unknown kind is a slime of another colour. */
import { Container, type Sprite } from "pixi.js";
import type { Atlas } from "../paint/atlas.js";
import { type Figure, hslColor, type Pose, part, textHash } from "./figure.js";

const LUNGE_SECONDS = 0.3;

/** Moves a body forwards and back within LUNGE_SECONDS. */
class Lunge {
  private leftS = 0;

  start(): void {
    this.leftS = LUNGE_SECONDS;
  }

  /** 0 at rest … 1 farthest. */
  update(seconds: number): number {
    if (this.leftS <= 0) return 0;
    this.leftS = Math.max(0, this.leftS - seconds);
    return Math.sin((1 - this.leftS / LUNGE_SECONDS) * Math.PI);
  }
}

class Slime implements Figure {
  readonly view = new Container();
  readonly height = 46;
  readonly shadowWidth = 1.5;
  private readonly body: Sprite;
  private readonly face: Sprite;
  private readonly lunge = new Lunge();
  private readonly hue: number;
  private phase: number;

  constructor(atlas: Atlas, kind: string, id: string) {
    this.body = part(atlas, "slime", this.view);
    this.face = part(atlas, "slime-face", this.view);
    const own = textHash(id);
    this.hue = hslColor(kind === "slime" ? ([96, 150, 196, 328][own % 4] as number) : textHash(kind) % 360, 0.62, 0.62);
    this.body.tint = this.hue;
    this.phase = (own % 628) / 100;
  }

  swing(): void {
    this.lunge.start();
  }

  flash(tint: number): void {
    this.body.tint = tint === 0xffffff ? this.hue : tint;
  }

  update(pose: Readonly<Pose>): void {
    const moving = Math.min(1, pose.speed / 1.2);
    this.phase += pose.seconds * (2.6 + moving * 5.4);
    const wave = Math.sin(this.phase);
    const hop = Math.max(0, wave) * 11 * moving;
    const squash = 0.05 * wave * (1 - moving) + 0.13 * wave * moving;
    const lunge = this.lunge.update(pose.seconds);
    this.body.scale.set(1 - squash + lunge * 0.15, 1 + squash - lunge * 0.1);
    this.body.position.set(pose.facingX * lunge * 14, -hop + pose.facingZ * lunge * 10);
    const fromBehind = pose.facingZ < -0.75;
    this.face.visible = !fromBehind;
    this.face.position.set(this.body.x + pose.facingX * 9, this.body.y - (20 - pose.facingZ * 3) * this.body.scale.y);
  }
}

interface QuadrupedBuild {
  readonly name: "wolf" | "boar";
  readonly bodyY: number;
  readonly headX: number;
  readonly headY: number;
  readonly tailX: number;
  readonly legsX: readonly [number, number];
  readonly legY: number;
  readonly height: number;
}
const WOLF: QuadrupedBuild = {
  name: "wolf",
  bodyY: -24,
  headX: 21,
  headY: -31,
  tailX: -18,
  legsX: [-14, 13],
  legY: -18,
  height: 58,
};
const BOAR: QuadrupedBuild = {
  name: "boar",
  bodyY: -24,
  headX: 21,
  headY: -24,
  tailX: -22,
  legsX: [-14, 12],
  legY: -13,
  height: 54,
};

class Quadruped implements Figure {
  readonly view = new Container();
  readonly height: number;
  readonly shadowWidth = 1.9;
  private readonly build: QuadrupedBuild;
  private readonly turned = new Container();
  private readonly legs: Sprite[] = [];
  private readonly body: Sprite;
  private readonly head: Sprite;
  private readonly tail: Sprite;
  private readonly lunge = new Lunge();
  private side = 1;
  private stride = 0;

  constructor(atlas: Atlas, build: QuadrupedBuild, id: string) {
    this.build = build;
    this.height = build.height;
    this.view.addChild(this.turned);
    const [back, front] = build.legsX;
    for (const x of [back + 4, front + 4]) this.addLeg(atlas, x, 0xb0b0b0);
    this.tail = part(atlas, `${build.name}-tail`, this.turned, build.tailX, build.bodyY - 2);
    this.body = part(atlas, `${build.name}-body`, this.turned, 0, build.bodyY);
    for (const x of [back, front]) this.addLeg(atlas, x, 0xffffff);
    this.head = part(atlas, `${build.name}-head`, this.turned, build.headX, build.headY);
    this.stride = (textHash(id) % 628) / 100;
  }

  private addLeg(atlas: Atlas, x: number, tint: number): void {
    const leg = part(atlas, `${this.build.name}-leg`, this.turned, x, this.build.legY);
    leg.tint = tint;
    this.legs.push(leg);
  }

  swing(): void {
    this.lunge.start();
  }

  flash(tint: number): void {
    this.view.tint = tint;
  }

  update(pose: Readonly<Pose>): void {
    const { build } = this;
    const walking = Math.min(1, pose.speed / 1.5);
    this.stride += pose.seconds * (pose.speed * 4 + 0.001);
    if (Math.abs(pose.facingX) > 0.15)
      this.side += (Math.sign(pose.facingX) - this.side) * Math.min(1, pose.seconds * 12);
    this.turned.scale.x = Math.abs(this.side) < 0.2 ? 0.2 * Math.sign(this.side || 1) : this.side;
    const breath = Math.sin(pose.timeS * 2 + build.height) * 0.5;
    this.legs.forEach((leg, i) => {
      leg.rotation = Math.sin(this.stride + (i === 0 || i === 3 ? 0 : Math.PI)) * 0.55 * walking;
    });
    const bob = Math.abs(Math.sin(this.stride)) * 2 * walking + breath;
    const lunge = this.lunge.update(pose.seconds);
    this.turned.x = pose.facingX * lunge * 12;
    this.body.y = build.bodyY - bob;
    this.head.position.set(build.headX + lunge * 4, build.headY - bob * 1.4 + pose.facingZ * 2.5);
    this.head.rotation = Math.sin(pose.timeS * 1.3 + build.headX) * 0.05 + Math.sin(this.stride * 0.5) * 0.06 * walking;
    this.tail.y = build.bodyY - 2 - bob;
    this.tail.rotation = Math.sin(pose.timeS * (3 + walking * 5)) * 0.22;
  }
}

export function makeMonster(atlas: Atlas, kind: string, id: string): Figure {
  if (kind === "wolf") return new Quadruped(atlas, WOLF, id);
  if (kind === "boar") return new Quadruped(atlas, BOAR, id);
  return new Slime(atlas, kind, id);
}
