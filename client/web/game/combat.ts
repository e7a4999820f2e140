/** Fighting: picks a target, walks up to it, strikes at the pace that the server allows, shows what a hit did. */
import { errorCodeOf } from "../../../engine/base/errors.js";
import type { Avatar } from "../../../entities/avatar.js";
import { ATTACK_INTERVAL_MS, ATTACK_RANGE } from "../../../entities/world-map.js";
import type { ClientEntity } from "../../index.js";
import type { Actor } from "../view/actor.js";
import type { Scene } from "../view/scene.js";
import type { Cast } from "./cast.js";
import type { Prediction } from "./prediction.js";
import { sentenceOf } from "./session.js";

/** How far the attack key looks for a target. */
const SEEK_UNITS = 7;
/** A blow is asked for a little later than allowed, so that one that travelled faster than the last is not too early. */
const STRIKE_INTERVAL_MS = ATTACK_INTERVAL_MS + 40;
/** One walks up to this near. */
const STRIKE_UNITS = ATTACK_RANGE * 0.75;
/** A tap this near to a monster's middle means the monster. */
const TAP_UNITS = 1.3;
/** Refusals that follow from lag and are no news to the player. */
const QUIET_CODES: ReadonlySet<string> = new Set([
  "RPC_ENTITY_GONE",
  "RPC_NOT_VISIBLE",
  "CLIENT_DISCONNECTED",
  "RPC_TIMEOUT",
]);

export class Combat {
  private targetId = "";
  private sinceStrikeMs = STRIKE_INTERVAL_MS;
  private readonly scene: Scene;
  private readonly cast: Cast;
  private readonly prediction: Prediction;
  private readonly onRefused: (sentence: string) => void;

  constructor(scene: Scene, cast: Cast, prediction: Prediction, onRefused: (sentence: string) => void) {
    this.scene = scene;
    this.cast = cast;
    this.prediction = prediction;
    this.onRefused = onRefused;
  }

  get hasTarget(): boolean {
    return this.targetId !== "";
  }

  release(): void {
    this.targetId = "";
  }

  /** True when there is a monster at that place: it is the target now. */
  aimAt(x: number, z: number): boolean {
    const monster = this.cast.nearestMonster(x, z + 0.6, TAP_UNITS);
    this.targetId = monster?.id ?? "";
    return monster !== null;
  }

  /** The attack key: the nearest monster, or a blow into the air. */
  attackNearest(own: ClientEntity<Avatar>): void {
    const monster = this.cast.nearestMonster(this.prediction.x, this.prediction.z, SEEK_UNITS);
    if (monster !== null) {
      this.targetId = monster.id;
      this.update(own, 0);
    } else this.cast.actors.get(own.id)?.swing();
  }

  update(own: ClientEntity<Avatar>, seconds: number): void {
    this.sinceStrikeMs += seconds * 1000;
    if (this.targetId === "") return;
    const target = this.cast.actors.get(this.targetId);
    if (target === undefined || (target.hpMax > 0 && target.hp <= 0)) {
      this.release();
      return;
    }
    const distance = Math.hypot(target.x - this.prediction.x, target.z - this.prediction.z);
    if (distance > STRIKE_UNITS + 0.3) this.prediction.walkTo(target.x, target.z, STRIKE_UNITS);
    else this.strike(own, target);
  }

  private strike(own: ClientEntity<Avatar>, target: Actor): void {
    this.prediction.stop();
    this.prediction.look(target.x, target.z);
    if (this.sinceStrikeMs < STRIKE_INTERVAL_MS) return;
    this.sinceStrikeMs = 0;
    this.cast.actors.get(own.id)?.swing();
    const { x, z } = this.prediction;
    this.scene.effects.slash(target.x, target.z, target.figure.height, Math.atan2(target.z - z, target.x - x));
    own.call.attack(target.id).catch((error: unknown) => {
      if (!QUIET_CODES.has(errorCodeOf(error))) this.onRefused(sentenceOf(error));
    });
  }

  /** The server says that somebody was hit. `by`: whose client side it was said to. */
  showHit(by: string, targetId: string, amount: number, ownId: string): void {
    const target = this.cast.actors.get(targetId);
    if (target === undefined) return;
    const isOwn = targetId === ownId;
    target.flinch();
    const { x, z } = target;
    const height = target.figure.height;
    const tint = amount < 0 ? 0x8df07a : isOwn ? 0xff6b5e : 0xffe27a;
    this.scene.effects.hitNumber(x, z, height * 0.8, amount < 0 ? `+${-amount}` : String(amount), tint);
    this.scene.effects.sparks(x, z, height, isOwn ? 0xff8a7a : 0xfff0b0);
    const attacker = by === ownId || by === targetId ? this.cast.actors.get("") : this.cast.actors.get(by);
    attacker?.swing();
    if (isOwn) this.cast.nearestMonster(x, z, ATTACK_RANGE)?.swing();
  }
}
