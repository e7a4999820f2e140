/**
 * Makes the bodies that clients get out of the Shadow and the spaces, and holds the clients with what each was told of the tick.
 * What many get is encoded once: a viewEnter body is kept until its entity changes or moves.
 */
import { ByteWriter } from "../../engine/base/bytes.js";
import type { DefinitionTable } from "../../engine/property/definition.js";
import { OWN_SCOPES, type ScopeMask, VIEW_SCOPES } from "../../engine/property/op-sink.js";
import type { Shadow } from "../../engine/property/shadow.js";
import type { Lack } from "../../engine/property/shadow-lack.js";
import { NEAR } from "../../engine/property/shadow-near.js";
import { DownstreamBody } from "../../engine/protocol/client-link.js";
import type { ClientStream } from "./client-stream.js";
import type { FrameBuilder } from "./frame-builder.js";
import { type SpaceView, TRANSFORM_LENGTH } from "./space-view.js";
import type { SyncEntity } from "./sync-entity.js";

export const OWN_TARGET = 0;
const NOWHERE = {
  space: 0,
  spaceType: 0,
  spaceEntity: "",
  ownShortId: 0,
  x: 0,
  y: 0,
  z: 0,
  yaw: 0,
} as const;

export class ClientBodies {
  readonly clients = new Set<ClientStream>();
  private readonly frames: FrameBuilder;
  private readonly shadow: Shadow;
  private readonly definitions: DefinitionTable;
  private readonly tickMs: number;
  private readonly scratch = new ByteWriter(1_024);
  private definitionsJson: { hash: string; json: Uint8Array } | null = null;
  private definitionsBody = 0;
  private definitionsEpoch = -1;
  private tick = 0;
  private serverMs = 0;
  /** Grows by one with each tick; 0: there was none. */
  private tickCount = 0;
  private isInTick = false;
  /** The body of this tick, in order and loose. */
  private readonly tickBodies = [0, 0];
  private readonly tickEpochs = [-1, -1];

  constructor(frames: FrameBuilder, shadow: Shadow, definitions: DefinitionTable, tickMs: number) {
    this.frames = frames;
    this.shadow = shadow;
    this.definitions = definitions;
    this.tickMs = tickMs;
  }

  /** Gives a client a body, and within a tick the tick's own before the first. */
  give(client: ClientStream, body: number): void {
    if (this.isInTick && client.tickSent !== this.tickCount) this.giveTick(client, this.frames.isLoose(body));
    this.frames.give(client, body);
  }

  beginTick(tick: number, serverMs: number): void {
    this.tick = tick;
    this.serverMs = serverMs;
    this.tickCount += 1;
    this.tickEpochs.fill(-1);
    this.isInTick = true;
  }

  /** Clients that have not heard of a tick for so long hear of this one, unless they are behind. */
  endTick(intervalMaxMs: number): void {
    for (const client of this.clients) {
      if (this.serverMs - client.tickSentMs < intervalMaxMs || client.arrears !== null) continue;
      this.giveTick(client, false);
    }
    this.isInTick = false;
  }

  /** What a client gets first: definitions it lacks, its own entity, where that is, and when that was. */
  giveFirst(client: ClientStream, entity: SyncEntity, definitionsHash: string): void {
    const { frames, scratch } = this;
    this.clients.add(client);
    if (definitionsHash !== this.definitions.hash) frames.give(client, this.definitionsOnce());
    scratch.reset();
    this.shadow.writeState(entity.slot, OWN_SCOPES, scratch);
    const state = scratch.written();
    frames.give(client, frames.add(DownstreamBody.ownEnter, { type: entity.type, entity: entity.id, state }));
    this.giveSpaceEnter(client, entity);
    if (this.tickCount > 0) this.giveTick(client, false);
  }

  /** Where the client's entity is; its view is empty from here on. */
  giveSpaceEnter(client: ClientStream, entity: SyncEntity): void {
    const { frames, tickMs } = this;
    const { space, index } = entity;
    if (space === null) {
      this.giveNowhere(client);
      return;
    }
    const body = {
      space: space.number,
      spaceType: space.type,
      spaceEntity: space.id,
      ownShortId: index,
      tickMs,
      ...space.transformOf(index),
    };
    frames.give(client, frames.add(DownstreamBody.spaceEnter, body));
  }

  giveNowhere(client: ClientStream): void {
    this.frames.give(client, this.frames.add(DownstreamBody.spaceEnter, { ...NOWHERE, tickMs: this.tickMs }));
  }

  /** What changed of the entity, to its own client, which it has. */
  giveOwnChanges({ client, slot }: SyncEntity): void {
    const body = this.addChanges(slot, OWN_SCOPES, OWN_TARGET);
    if (body >= 0 && client !== null) this.frames.give(client, body);
  }

  /** The body for those who see the entity; -1 when nothing changed that they may see. */
  addViewChanges({ slot, index }: SyncEntity): number {
    return this.addChanges(slot, VIEW_SCOPES, index);
  }

  private addChanges(slot: number, mask: ScopeMask, target: number): number {
    const { frames, scratch } = this;
    scratch.reset();
    if (!this.shadow.writeChanges(slot, mask, scratch)) return NEAR.nothing;
    return frames.add(DownstreamBody.propertyOps, { target, ops: scratch.written() });
  }

  /** The body with what a client lacks of the entity, which has no pending changes; below 0 when it sees nothing of that. */
  addLack({ slot }: SyncEntity, lack: Lack, mask: ScopeMask, target: number): number {
    const { frames, scratch, shadow } = this;
    const near = frames.addNearLack(shadow, slot, lack, mask, target);
    if (near !== NEAR.far) return near;
    scratch.reset();
    if (!shadow.writeLack(slot, lack, mask, scratch)) return NEAR.nothing;
    return frames.add(DownstreamBody.repairOps, { target, ops: scratch.written() });
  }

  /** The entity has no pending changes. */
  viewEnterOf(entity: SyncEntity, space: SpaceView): number {
    const { frames } = this;
    const { index } = entity;
    const kept = space.enterBody(index, frames.epoch);
    if (kept >= 0) return kept;
    const generation = space.generations[index] as number;
    const head = { generation, type: entity.type, entity: entity.id };
    const body = frames.addViewEnter(index, head, space.positions, index * TRANSFORM_LENGTH, this.viewStateOf(entity));
    space.keepEnterBody(index, frames.epoch, body);
    return body;
  }

  private viewStateOf(entity: SyncEntity): Uint8Array {
    if (entity.viewState === null) {
      this.scratch.reset();
      this.shadow.writeState(entity.slot, VIEW_SCOPES, this.scratch);
      entity.viewState = this.scratch.copy();
    }
    return entity.viewState;
  }

  /** Loose: nothing but loose bodies need it. */
  private giveTick(client: ClientStream, isLoose: boolean): void {
    const { tickBodies, tickEpochs, frames } = this;
    const kind = isLoose ? 1 : 0;
    if (tickEpochs[kind] !== frames.epoch) {
      tickBodies[kind] = frames.addTick(this.tick, this.serverMs, isLoose);
      tickEpochs[kind] = frames.epoch;
    }
    client.tickSent = this.tickCount;
    client.tickSentMs = this.serverMs;
    frames.give(client, tickBodies[kind] as number);
  }

  /** One body for all clients that begin in this epoch. */
  private definitionsOnce(): number {
    const { frames } = this;
    const { hash } = this.definitions;
    if (this.definitionsJson?.hash !== hash) {
      this.definitionsJson = { hash, json: new TextEncoder().encode(this.definitions.toJson(OWN_SCOPES)) };
      this.definitionsEpoch = -1;
    }
    if (this.definitionsEpoch !== frames.epoch) {
      this.definitionsBody = frames.add(DownstreamBody.definitions, this.definitionsJson);
      this.definitionsEpoch = frames.epoch;
    }
    return this.definitionsBody;
  }
}
