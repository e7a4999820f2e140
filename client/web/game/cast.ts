/** The actors on the stage: one for each entity in the client's mirror that can be seen, made and removed as the mirror changes. */
import type { Client, ClientEntity } from "../../index.js";
import { Actor } from "../view/actor.js";
import type { Scene } from "../view/scene.js";
import { healthOf, lookOf } from "./facts.js";
import type { Prediction } from "./prediction.js";

/** Others are shown this many ticks in the past, so that there is always a later position to move towards. */
const DELAY_TICKS = 2;
const DELAY_SLACK_MS = 20;
const DEFAULT_TICK_MS = 50;

export class Cast {
  readonly actors = new Map<string, Actor>();
  private readonly leaving: Actor[] = [];
  private readonly scene: Scene;
  private readonly scratch = { x: 0, y: 0, z: 0, yaw: 0 };

  constructor(scene: Scene) {
    this.scene = scene;
  }

  update(client: Client | null, prediction: Prediction, seconds: number): void {
    if (client !== null) {
      const shownMs = client.serverTimeMs() - (client.space?.tickMs ?? DEFAULT_TICK_MS) * DELAY_TICKS - DELAY_SLACK_MS;
      for (const entity of client.entities.values()) this.follow(entity, prediction, shownMs, seconds);
    }
    for (const actor of this.actors.values()) {
      if (client?.entities.has(actor.id) !== true) this.sendOff(actor);
      else actor.update(seconds, this.scene.timeS, this.scene.isInView(actor.x, actor.z));
    }
    this.fade(seconds);
  }

  /** At once, as when the space changes. */
  clear(): void {
    for (const actor of [...this.actors.values(), ...this.leaving]) actor.destroy();
    this.actors.clear();
    this.leaving.length = 0;
  }

  /** The monster nearest to a point that lives and is at most `reach` units away. */
  nearestMonster(x: number, z: number, reach: number): Actor | null {
    let nearest: Actor | null = null;
    let nearestDistance = reach;
    for (const actor of this.actors.values()) {
      if (!actor.look.isMonster || (actor.hpMax > 0 && actor.hp <= 0)) continue;
      const distance = Math.hypot(actor.x - x, actor.z - z);
      if (distance >= nearestDistance) continue;
      nearest = actor;
      nearestDistance = distance;
    }
    return nearest;
  }

  private follow(entity: ClientEntity, prediction: Prediction, shownMs: number, seconds: number): void {
    const actor = this.actors.get(entity.id) ?? this.make(entity);
    if (actor === null) return;
    const { hp, hpMax } = healthOf(entity);
    actor.setHealth(hp, hpMax);
    if (entity.isOwn) {
      actor.moveTo(prediction.shownX, prediction.shownZ, seconds, prediction.yaw);
      return;
    }
    const position = entity.positionAt(shownMs, this.scratch);
    actor.moveTo(position.x, position.z, seconds, actor.look.isMonster ? null : position.yaw);
  }

  private make(entity: ClientEntity): Actor | null {
    const look = lookOf(entity);
    if (look === null) return null;
    const actor = new Actor(entity.id, look, this.scene.atlas, this.scene.layers);
    this.actors.set(entity.id, actor);
    return actor;
  }

  private sendOff(actor: Actor): void {
    this.actors.delete(actor.id);
    actor.leave();
    if (actor.look.isMonster && actor.hpMax > 0 && actor.hp <= 0) this.scene.effects.puff(actor.x, actor.z, 0xf2f0ff);
    this.leaving.push(actor);
  }

  private fade(seconds: number): void {
    for (let i = this.leaving.length - 1; i >= 0; i--) {
      const actor = this.leaving[i];
      if (actor?.update(seconds, this.scene.timeS, true) !== false) continue;
      actor.destroy();
      this.leaving.splice(i, 1);
    }
  }
}
