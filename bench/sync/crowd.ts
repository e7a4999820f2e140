/** A crowd on a ring and the clients that watch it: script's side of a game in small, before a consumer. */
import { TransformTable } from "../../engine/entity/transform-table.js";
import type { DefinitionTable } from "../../engine/property/definition.js";
import { PropertyTree } from "../../engine/property/properties.js";
import { timed } from "../harness.js";
import { type ConsumerMaker, type SyncConsumer, TICK_MS } from "./consumer.js";
import { benchDefinitions, CAMERA_TYPE, entityIdOf, type Player, PlayerFactory, SPACE_TYPE } from "./player.js";
import { Ring, ringRadius } from "./ring.js";
import { Watchers } from "./watchers.js";

export const GATE = 2 ** 41 + 5;
const SPACE = 1;
/** Beyond the radius, before one that left the radius leaves the view. */
const VIEW_MARGIN = 0.25;
/** So many clients decode what they get while the crowd is verified. */
const WATCHER_COUNT = 16;
const VERIFY_TICKS = 8;
/** A crowd is of one class, as players of a game are: script's loop over it sees no other. */
const CROWD_CLASS = 0;

export interface CrowdPlan {
  readonly players: number;
  /** The first player of each so many has a client. 0: none has, and one camera sees all. */
  readonly clientStride: number;
  /** How many others a client sees; even. */
  readonly visible: number;
}

export type Movement = (player: number, tick: number) => number;

export class Crowd {
  readonly definitions: DefinitionTable;
  readonly consumer: SyncConsumer;
  readonly players: Player[] = [];
  readonly ring: Ring;
  readonly watchers: Watchers;
  readonly clientCount: number;
  private readonly plan: CrowdPlan;
  private readonly factory: PlayerFactory;
  private readonly transforms = new TransformTable();
  private readonly walkTogether: Movement = (player, tick) => this.ring.together(player, tick);
  private readonly walkAgainst: Movement = (player, tick) => this.ring.against(player, tick);
  private tickNumber = 0;
  /** What all clients together were sent in the last verified tick. */
  clientBytesPerTick = 0;

  private constructor(plan: CrowdPlan, definitions: DefinitionTable, consumer: SyncConsumer) {
    this.plan = plan;
    this.definitions = definitions;
    this.consumer = consumer;
    this.ring = new Ring(plan.players);
    this.factory = new PlayerFactory(definitions);
    this.clientCount = plan.clientStride === 0 ? 1 : Math.ceil(plan.players / plan.clientStride);
    this.watchers = new Watchers();
  }

  static async make(plan: CrowdPlan, makeConsumer: ConsumerMaker): Promise<Crowd> {
    const definitions = benchDefinitions();
    const crowd = new Crowd(plan, definitions, await makeConsumer(definitions));
    crowd.consumer.tap = (payload) => crowd.watchers.read(payload);
    crowd.populate();
    await crowd.consumer.settle();
    return crowd;
  }

  get together(): Movement {
    return this.walkTogether;
  }

  get against(): Movement {
    return this.walkAgainst;
  }

  /** Moves everybody as their transforms; what it takes of script's thread, in ms. */
  moveTransforms(movement: Movement, tick: number): number {
    return timed(() => this.walkTransforms(movement, tick));
  }

  /** Moves everybody as the two synced properties. */
  moveProperties(movement: Movement, tick: number): number {
    return timed(() => {
      this.walkProperties(movement, tick);
      this.consumer.log.flush();
    });
  }

  /** Some clients decode a few ticks; returns the hash of what they then see. Afterwards nobody decodes. */
  async verify(move: (tick: number) => void): Promise<string> {
    for (let tick = 0; tick < VERIFY_TICKS; tick++) {
      const bytesBefore = this.watchers.clientBytes;
      move(tick);
      await this.consumer.settle();
      this.clientBytesPerTick = this.watchers.clientBytes - bytesBefore;
    }
    this.consumer.tap = null;
    return this.watchers.hash();
  }

  /** One more player enters and is given a client, which `verify` has seen the last of. */
  join(slot: number, place: number, definitionsHash = this.definitions.hash): Player {
    const player = this.add(slot, place);
    this.giveClient(slot, definitionsHash);
    this.consumer.log.flush();
    return player;
  }

  leave(slot: number, player: Player): void {
    player.properties.detach();
    this.consumer.log.entityDestroy(slot);
    this.consumer.log.flush();
  }

  // Script's own loops, with nothing else in them: V8 puts only so much code in one place, and a clock or a flush would push the sets out,
  // which then take a boxed number each.

  private walkTransforms(movement: Movement, tick: number): void {
    const { ring, transforms, consumer } = this;
    const { players } = this.plan;
    for (let slot = 0; slot < players; slot++) {
      const place = movement(slot, tick);
      transforms.move(slot, ring.x(place), 0, ring.z(place), 0);
    }
    this.tickNumber++;
    transforms.write(consumer.log, this.tickNumber, this.tickNumber * TICK_MS);
    consumer.log.flush();
  }

  private walkProperties(movement: Movement, tick: number): void {
    const { ring, players } = this;
    for (let slot = 0; slot < players.length; slot++) {
      const place = movement(slot, tick);
      const player = players[slot] as Player;
      player.x = ring.x(place);
      player.y = ring.z(place);
    }
  }

  private populate(): void {
    const { log } = this.consumer;
    const { players, clientStride } = this.plan;
    log.spaceCreate(SPACE, 0, SPACE_TYPE, entityIdOf(99_999));
    for (let slot = 0; slot < players; slot++) this.players.push(this.add(slot, slot));
    if (clientStride === 0) this.addCamera(players);
    else {
      const watchEach = clientStride * Math.max(1, Math.floor(this.clientCount / WATCHER_COUNT));
      for (let slot = 0; slot < players; slot += clientStride) this.addClient(slot, slot % watchEach === 0);
    }
    log.flush();
  }

  private addClient(slot: number, watches: boolean): void {
    if (watches) this.watchers.add(slot);
    this.giveClient(slot, watches ? "" : this.definitions.hash);
  }

  private add(slot: number, place: number): Player {
    const { log } = this.consumer;
    const player = this.factory.make(slot, CROWD_CLASS);
    player.properties.attach(log, slot, entityIdOf(slot));
    const x = this.ring.x(place);
    const z = this.ring.z(place);
    this.transforms.set(slot, x, 0, z, 0);
    log.spaceEnter(slot, SPACE, slot + 1, 0, x, 0, z, 0);
    return player;
  }

  private giveClient(slot: number, definitionsHash: string): void {
    const { log } = this.consumer;
    log.viewRadius(slot, ringRadius(this.plan.visible), VIEW_MARGIN);
    log.clientAttach(slot, GATE, slot, 1, definitionsHash);
  }

  /** Stands in the middle and sees everybody. */
  private addCamera(slot: number): void {
    const { log } = this.consumer;
    const camera = new PropertyTree(this.definitions.byId(CAMERA_TYPE) ?? fail());
    camera.attach(log, slot, entityIdOf(slot));
    log.spaceEnter(slot, SPACE, slot + 1, 0, 0, 0, 0, 0);
    log.viewRadius(slot, this.plan.players, VIEW_MARGIN);
    this.watchers.add(slot);
    log.clientAttach(slot, GATE, slot, 1, "");
  }
}

function fail(): never {
  throw new Error("there is no camera type");
}
