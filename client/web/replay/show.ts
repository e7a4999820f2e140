/**
 * The world of a recording on the stage: an actor for each entity of the space that is looked at, moved to where it was at that moment.
 * Looks at an avatar that was chosen, at the first that has a client until one is, or at a place to which the map was dragged.
 */

import { ByteReader } from "../../../engine/base/bytes.js";
import { readArguments } from "../../../engine/property/call-codec.js";
import type { RecordingPlayer } from "../../../engine/recording/player.js";
import type { Place, RecordedEntity, RecordedWorld } from "../../../engine/recording/recorded-world.js";
import { mapOf } from "../../../entities/world-map.js";
import { Actor, type ActorLook } from "../view/actor.js";
import type { Scene } from "../view/scene.js";

/** Somebody or something to look at. `key`: "entity ID" or "space NUMBER". */
export interface Choice {
  readonly key: string;
  readonly label: string;
}

const entityKey = (id: string) => `entity ${id}`;
const spaceKey = (space: number) => `space ${space}`;

export class Show {
  /** The key of what is looked at. */
  choice = "";
  private isChosen = false;
  private space: number | null = null;
  private x = 0;
  private z = 0;
  private jumps = true;
  private readonly scene: Scene;
  private readonly player: RecordingPlayer;
  private readonly actors = new Map<string, Actor>();
  private readonly place: Place = { x: 0, y: 0, z: 0, yaw: 0 };

  constructor(scene: Scene, player: RecordingPlayer) {
    this.scene = scene;
    this.player = player;
    this.x = scene.map.width / 2;
    this.z = scene.map.depth / 2;
    player.onWorld = (world) => this.listen(world);
    player.onSeek = () => this.clear();
    this.listen(player.world);
  }

  get shownCount(): number {
    return this.actors.size;
  }

  watch(choice: string): void {
    this.isChosen = true;
    this.choice = choice;
    this.clear();
  }

  /** The map follows the pointer, and nobody is looked at any more. */
  pan(dx: number, dy: number): void {
    const { camera } = this.scene;
    this.x = camera.x - dx / camera.scale;
    this.z = camera.z - dy / camera.scale;
    this.jumps = true;
    if (this.space !== null && this.choice !== spaceKey(this.space)) this.watch(spaceKey(this.space));
  }

  choices(): Choice[] {
    const { world } = this.player;
    const spaces = [...world.spaces.values()].map(({ number, type }) => ({
      key: spaceKey(number),
      label: `${mapOf(type.name).title} (${number})`,
    }));
    const avatars = [...world.entities.values()]
      .filter(({ type, space }) => type.name === "Avatar" && space !== null)
      .map((entity) => ({ key: entityKey(entity.id), label: textOf(world, entity, "name") }))
      .sort((a, b) => a.label.localeCompare(b.label));
    return [...avatars, ...spaces];
  }

  update(seconds: number): void {
    const { player, scene } = this;
    this.aim();
    for (const entity of player.world.entities.values()) if (entity.space === this.space) this.follow(entity, seconds);
    for (const actor of this.actors.values()) this.updateActor(actor, seconds);
    scene.update(seconds, this.x, this.z, this.jumps);
    this.jumps = false;
  }

  private aim(): void {
    const { world, atMs, recording } = this.player;
    const watched = this.watched();
    if (watched === null) {
      const space = Number(this.choice.split(" ")[1]);
      this.showSpace(this.choice.startsWith("space ") && world.spaces.has(space) ? space : this.anySpace());
      return;
    }
    this.showSpace(watched.space);
    const { x, z } = watched.placeAt(atMs, recording.header.tickMs, this.place);
    this.x = x;
    this.z = z;
  }

  /** Null: nobody. */
  private watched(): RecordedEntity | null {
    const entities = [...this.player.world.entities.values()];
    const found = entities.find((entity) => entityKey(entity.id) === this.choice && entity.space !== null);
    if (found !== undefined || this.isChosen) return found ?? null;
    const first = entities.find(({ type, hasClient, space }) => type.name === "Avatar" && hasClient && space !== null);
    if (first !== undefined) {
      this.choice = entityKey(first.id);
      this.clear();
    }
    return first ?? null;
  }

  private anySpace(): number | null {
    const { spaces } = this.player.world;
    if (this.space !== null && spaces.has(this.space)) return this.space;
    return spaces.keys().next().value ?? null;
  }

  private showSpace(space: number | null): void {
    if (space === this.space) return;
    this.space = space;
    this.clear();
    const found = space === null ? undefined : this.player.world.spaces.get(space);
    if (found !== undefined) this.scene.setMap(mapOf(found.type.name));
    this.x = this.scene.map.width / 2;
    this.z = this.scene.map.depth / 2;
  }

  private follow(entity: RecordedEntity, seconds: number): void {
    const { world, atMs, recording } = this.player;
    const actor = this.actors.get(entity.id) ?? this.make(world, entity);
    if (actor === null) return;
    const { x, z, yaw } = entity.placeAt(atMs, recording.header.tickMs, this.place);
    actor.setHealth(numberOf(world, entity, "hp"), numberOf(world, entity, "hpMax"));
    actor.moveTo(x, z, seconds, actor.look.isMonster ? null : yaw);
  }

  private make(world: RecordedWorld, entity: RecordedEntity): Actor | null {
    const look = this.lookOf(world, entity);
    if (look === null) return null;
    const actor = new Actor(entity.id, look, this.scene.atlas, this.scene.layers);
    this.actors.set(entity.id, actor);
    return actor;
  }

  private lookOf(world: RecordedWorld, entity: RecordedEntity): ActorLook | null {
    const isMonster = entity.type.name === "Monster";
    if (!isMonster && entity.type.name !== "Avatar") return null;
    const isOwn = entityKey(entity.id) === this.choice;
    const kind = isMonster ? textOf(world, entity, "kind") : "";
    return { isMonster, isOwn, name: textOf(world, entity, "name"), kind };
  }

  private updateActor(actor: Actor, seconds: number): void {
    if (!this.isHere(actor.id)) actor.leave();
    if (actor.update(seconds, this.scene.timeS, this.scene.isInView(actor.x, actor.z))) return;
    actor.destroy();
    this.actors.delete(actor.id);
  }

  private isHere(id: string): boolean {
    for (const entity of this.player.world.entities.values()) if (entity.id === id) return entity.space === this.space;
    return false;
  }

  private clear(): void {
    for (const actor of this.actors.values()) actor.destroy();
    this.actors.clear();
    this.jumps = true;
  }

  private listen(world: RecordedWorld): void {
    world.onCall = (entity, _audience, number, args) => {
      const method = entity.type.methods.find(({ id }) => id === number);
      if (this.player.isSeeking || method === undefined) return;
      this.showCall(method.name, readArguments(method, new ByteReader(args)));
    };
  }

  private showCall(method: string, [first, second]: readonly unknown[]): void {
    const actor = typeof first === "string" ? this.actors.get(first) : undefined;
    if (actor === undefined) return;
    if (method === "onSay" && typeof second === "string") actor.say(second);
    if (method !== "onHit" || typeof second !== "number") return;
    actor.flinch();
    const text = second < 0 ? `+${-second}` : String(second);
    this.scene.effects.hitNumber(actor.x, actor.z, actor.figure.height * 0.8, text, second < 0 ? 0x8df07a : 0xffe27a);
  }
}

function textOf(world: RecordedWorld, entity: RecordedEntity, name: string): string {
  const value = world.value(entity.slot, name);
  return typeof value === "string" ? value : "";
}

function numberOf(world: RecordedWorld, entity: RecordedEntity, name: string): number {
  const value = world.value(entity.slot, name);
  return typeof value === "number" ? value : 0;
}
