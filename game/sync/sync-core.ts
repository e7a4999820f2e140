/**
 * The consumer of a game's op log: everything that the game says to clients is made here, out of ops alone. It keeps the Shadow, the
 * spaces with who sees whom, and the clients, and hands each gate bytes. It knows no entity objects, no clock and no link, so it runs
 * on the script thread or on a worker; one thread, one SyncCore.
 *
 * Invariants:
 * - What a client has of an entity is the Shadow as of that entity's last `clearChanges`. So whoever begins to see an entity gets
 *   its state only after pending changes went to those who saw it before: list operations are not idempotent.
 * - Per client, bodies stand in the order of the ops they come from. A call or a reply is a merge barrier: every change before it
 *   is encoded before it.
 * - After `transforms` every view is exact for the positions of that tick. Between ticks, whoever enters a space or gets a client
 *   is put into views at once, by the positions of the last tick.
 *
 * The owner drains the op log into it and then calls `endDrain`, which sends. An op that names an unknown slot is logged and dropped.
 */
import type { EntityId, Incarnation } from "../../engine/base/ids.js";
import type { Log } from "../../engine/base/log.js";
import type { Metrics } from "../../engine/base/metrics.js";
import type { ViewShape } from "../../engine/base/view-shape.js";
import type { DefinitionTable } from "../../engine/property/definition.js";
import type { ClientAudience, OpSink, PlacementCause, ViewCheck, ViewRule } from "../../engine/property/op-sink.js";
import { Shadow } from "../../engine/property/shadow.js";
import { DownstreamBody } from "../../engine/protocol/client-link.js";
import type { ClientCreditMessage } from "../../engine/protocol/game-link.js";
import { CatchUp } from "./catch-up.js";
import { ChangeFeed } from "./change-feed.js";
import { ClientBodies } from "./client-bodies.js";
import { ClientCredit } from "./client-credit.js";
import { ClientStream } from "./client-stream.js";
import { FrameBuilder } from "./frame-builder.js";
import { PropertyRelay } from "./property-relay.js";
import { SpaceView } from "./space-view.js";
import { SyncEntity } from "./sync-entity.js";
import { type DistanceRates, FULL_RATES, TransformGather } from "./transform-gather.js";
import { ViewChecks } from "./view-check.js";
import { isRestricted, type ViewChange, ViewFeed } from "./view-feed.js";

/** A client that gets nothing else still gets a `tick` body this often. */
const TICK_INTERVAL_MAX_MS = 1_000;
/** What a call or a reply may carry, so that its body stays within the protocol's bound. */
const CALL_ARGUMENT_BYTES_MAX = DownstreamBody.clientCall.bytesMax - 256;
const NO_BYTES = new Uint8Array(0);

export type ClientCreditRecord = ClientCreditMessage["clients"][number];

/** Where everything goes that leaves. Calls come in the order in which a gate must get them. */
export interface SyncOutput {
  /** Payload of GameToGate.clientFrames: a view, valid until the call returns. */
  clientFrames(gate: Incarnation, payload: Uint8Array): void;
  clientKick(gate: Incarnation, handle: number, bindNumber: number, code: string, reason: string): void;
  clientBind(
    gate: Incarnation,
    handle: number,
    bindNumber: number,
    targetGame: Incarnation,
    targetEntity: EntityId,
  ): void;
  /** The client goes on at another stream under the next bind number; last of what is said to it here. Only with several streams. */
  streamSwitch?(gate: Incarnation, handle: number, bindNumber: number, toStream: number): void;
  /** A client's entity begins or ceases to see another; leave it out when nobody asks. */
  viewChange?(observer: EntityId, subject: EntityId, isEntered: boolean): void;
}

export interface SyncOptions {
  readonly definitions: DefinitionTable;
  readonly out: SyncOutput;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Told to clients, for interpolation. */
  readonly tickMs: number;
  /** Side of an AOI cell in units; best near the usual view radius. */
  readonly cellSize: number;
  /** Of the views in spaces whose type does not say; a circle when left out. */
  readonly viewShape?: ViewShape;
  /** At full rate everywhere when left out. */
  readonly rates?: DistanceRates;
  /** A drain with more bytes of bodies goes out in several payloads. Lower costs little but bodies that travel again. */
  readonly payloadBytesMax?: number;
  /** How often a client is told the hashes of what it sees; 0 or left out: when it asks. */
  readonly viewCheckIntervalMs?: number;
  /** Bytes under way to a client, past which it is behind; left out: any number. See client-credit.ts. */
  readonly clientWindowBytes?: number;
  /** What a client is sent in a second at most, but for what must not be left out; 0 or left out: no bound. */
  readonly clientBytesPerSecond?: number;
  /** What each flush changed is encoded by itself. Left out: the last of several sets in one drain wins. */
  readonly encodesEachFlush?: boolean;
}

export class SyncCore extends PropertyRelay implements OpSink {
  readonly shadow: Shadow;
  /** Of the last `flush` op read. */
  flushedSequence = 0;
  private readonly encodesEachFlush: boolean;
  private readonly out: SyncOutput;
  private readonly log: Log;
  private readonly cellSize: number;
  private readonly definitions: DefinitionTable;
  private readonly viewShape: ViewShape;
  private readonly entities: (SyncEntity | undefined)[] = [];
  private readonly spaces = new Map<number, SpaceView>();
  private readonly frames: FrameBuilder;
  private readonly bodies: ClientBodies;
  private readonly credit: ClientCredit;
  private readonly views: ViewFeed;
  private readonly catchUp: CatchUp;
  private readonly changes: ChangeFeed;
  private readonly checks: ViewChecks;

  constructor(options: SyncOptions) {
    const shadow = new Shadow(options.definitions);
    super(shadow);
    const { out, metrics } = options;
    this.shadow = shadow;
    this.out = out;
    this.encodesEachFlush = options.encodesEachFlush === true;
    this.log = options.log;
    this.cellSize = options.cellSize;
    this.definitions = options.definitions;
    this.viewShape = options.viewShape ?? "circle";
    const { clientWindowBytes: windowBytes, clientBytesPerSecond: bytesPerSecond } = options;
    this.credit = new ClientCredit({ windowBytes, bytesPerSecond, metrics });
    const { credit } = this;
    this.frames = new FrameBuilder(
      (gate, payload) => out.clientFrames(gate, payload),
      metrics,
      options.payloadBytesMax,
      credit,
    );
    this.bodies = new ClientBodies(this.frames, shadow, options.definitions, options.tickMs);
    const { entities, spaces, frames, bodies } = this;
    const gather = new TransformGather(entities, frames, bodies, options.rates ?? FULL_RATES);
    const viewChange: ViewChange | null = out.viewChange?.bind(out) ?? null;
    this.views = new ViewFeed({ entities, spaces, frames, bodies, gather, credit, metrics, viewChange });
    this.catchUp = new CatchUp({ entities, frames, bodies, gather, credit, metrics });
    const { views, log, catchUp } = this;
    this.changes = new ChangeFeed({ entities, shadow, frames, bodies, views, credit });
    const intervalMs = options.viewCheckIntervalMs ?? 0;
    this.checks = new ViewChecks({ entities, shadow, frames, bodies, views, catchUp, log, metrics, intervalMs });
    metrics.gauge("sync_clients", () => this.bodies.clients.size);
    metrics.gauge("sync_spaces", () => this.spaces.size);
  }

  /** Sends what the drained ops amount to. Call at a flush boundary: after a drain, never between the ops of one callback. */
  endDrain(): void {
    this.flushChanges();
    this.frames.emitAll();
    this.shadow.sweep();
  }

  override entityCreate(slot: number, type: number, id: EntityId): void {
    super.entityCreate(slot, type, id);
    this.entities[slot] = new SyncEntity(slot, type, id);
  }

  override entityDestroy(slot: number): void {
    const entity = this.known(slot, "entityDestroy");
    if (entity === undefined) return;
    this.changes.sendOne(slot);
    this.views.leaveSpace(entity);
    this.detach(entity);
    this.entities[slot] = undefined;
    super.entityDestroy(slot);
  }

  spaceCreate(space: number, _entity: number, type: number, id: EntityId): void {
    const { cellSize, views } = this;
    const admits = views.isAdmitted.bind(views);
    const shape = this.definitions.byId(type)?.viewShape ?? this.viewShape;
    this.spaces.set(space, new SpaceView({ number: space, type, id, cellSize, shape, admits }));
  }

  spaceDestroy(number: number): void {
    const space = this.spaces.get(number);
    if (space === undefined) return;
    for (const entity of this.entities) if (entity?.space === space) this.spaceLeave(entity.slot);
    this.spaces.delete(number);
  }

  spaceEnter(
    slot: number,
    number: number,
    shortId: number,
    generation: number,
    x: number,
    y: number,
    z: number,
    yaw: number,
  ): void {
    const entity = this.known(slot, "spaceEnter");
    if (entity === undefined) return;
    this.flushChanges();
    this.views.leaveSpace(entity);
    const space = this.spaces.get(number);
    if (space === undefined || space.isTaken(shortId)) {
      this.log.error("op for an unknown space or a taken short id", { space: number, shortId, entity: entity.id });
      return;
    }
    space.add(slot, shortId, generation, isRestricted(entity.viewRule), x, y, z, yaw);
    entity.space = space;
    entity.index = shortId;
    if (entity.client !== null) this.bodies.giveSpaceEnter(entity.client, entity);
    this.views.enterSpace(entity);
  }

  spaceLeave(slot: number): void {
    const entity = this.known(slot, "spaceLeave");
    if (entity === undefined || entity.space === null) return;
    this.changes.sendOne(slot);
    this.views.leaveSpace(entity);
    if (entity.client !== null) this.bodies.giveSpaceEnter(entity.client, entity);
  }

  transforms(tick: number, serverMs: number, count: number, slots: Int32Array, positions: Float32Array): void {
    this.flushChanges();
    this.bodies.beginTick(tick, serverMs);
    this.credit.tick(serverMs);
    this.views.move(tick, serverMs, count, slots, positions);
    if (this.credit.behind.size > 0) this.catchUp.tick(tick);
    this.checks.tick(serverMs);
    this.bodies.endTick(TICK_INTERVAL_MAX_MS);
  }

  clientAttach(slot: number, gate: Incarnation, handle: number, bindNumber: number, definitionsHash: string): void {
    const entity = this.known(slot, "clientAttach");
    if (entity === undefined) return;
    this.flushChanges();
    this.detach(entity);
    const client = new ClientStream(gate, handle, bindNumber, slot);
    entity.client = client;
    this.credit.open(client);
    this.bodies.giveFirst(client, entity, definitionsHash);
    this.views.observe(entity);
  }

  clientDetach(slot: number): void {
    const entity = this.entities[slot];
    if (entity !== undefined) this.detach(entity);
  }

  clientKick(slot: number, code: string, reason: string): void {
    const client = this.takeClient(slot);
    if (client !== null) this.out.clientKick(client.gate, client.handle, client.bindNumber, code, reason);
  }

  clientGive(slot: number, targetGame: Incarnation, targetEntity: EntityId): void {
    const entity = this.entities[slot];
    this.flushChanges();
    // Its view ends here: the client's next own entity may be one that it sees now.
    if (entity?.client != null && entity.space !== null) this.bodies.giveNowhere(entity.client);
    const client = this.takeClient(slot);
    if (client === null) return;
    this.out.clientBind(client.gate, client.handle, client.bindNumber, targetGame, targetEntity);
  }

  clientSwitch(slot: number, toStream: number): void {
    const entity = this.entities[slot];
    this.flushChanges();
    // The other stream begins with what the entity is now.
    if (entity !== undefined) this.catchUp.bring(entity, entity);
    const client = this.takeClient(slot);
    if (client !== null) this.out.streamSwitch?.(client.gate, client.handle, client.bindNumber, toStream);
  }

  clientContinue(slot: number, gate: Incarnation, handle: number, bindNumber: number): void {
    const entity = this.known(slot, "clientContinue");
    if (entity === undefined) return;
    this.flushChanges();
    this.detach(entity);
    entity.client = new ClientStream(gate, handle, bindNumber, slot);
    this.bodies.clients.add(entity.client);
    this.credit.open(entity.client);
    this.views.observe(entity);
  }

  clientCall(slot: number, audience: ClientAudience, method: number, args: Uint8Array): void {
    const entity = this.known(slot, "clientCall");
    if (entity === undefined) return;
    if (args.length > CALL_ARGUMENT_BYTES_MAX) {
      this.log.error("call to clients is too large", { entity: entity.id, method, bytes: args.length });
      return;
    }
    this.flushChanges();
    if (audience !== "others" && entity.client !== null) {
      this.catchUp.bring(entity, entity);
      this.frames.give(
        entity.client,
        this.frames.add(DownstreamBody.clientCall, { target: 0, method, arguments: args }),
      );
    }
    if (audience !== "own" && this.views.isViewed(entity)) {
      this.catchUp.bringViewers(entity);
      this.views.callViewers(
        entity,
        this.frames.add(DownstreamBody.clientCall, { target: entity.index, method, arguments: args }),
      );
    }
  }

  clientReply(slot: number, callId: number, code: string, payload: Uint8Array): void {
    const entity = this.entities[slot];
    const client = entity?.client ?? null;
    if (entity === undefined || client === null) return;
    this.flushChanges();
    this.catchUp.bring(entity, entity);
    const reply =
      payload.length > CALL_ARGUMENT_BYTES_MAX
        ? { callId, code: "MESSAGE_OVERSIZED", payload: NO_BYTES }
        : { callId, code, payload };
    this.frames.give(client, this.frames.add(DownstreamBody.callReply, reply));
  }

  moveCorrect(
    slot: number,
    moveNumber: number,
    placement: number,
    cause: PlacementCause,
    x: number,
    y: number,
    z: number,
    yaw: number,
  ): void {
    const client = this.entities[slot]?.client ?? null;
    if (client === null) return;
    const body = { moveNumber, placement, cause, x, y, z, yaw };
    this.frames.give(client, this.frames.add(DownstreamBody.moveCorrect, body));
  }

  viewRadius(slot: number, radius: number, margin: number): void {
    const entity = this.known(slot, "viewRadius");
    if (entity === undefined) return;
    entity.viewRadius = radius;
    entity.viewMargin = margin;
    this.flushChanges();
    this.views.observe(entity);
  }

  viewLimit(slot: number, limit: number): void {
    const entity = this.known(slot, "viewLimit");
    if (entity === undefined) return;
    entity.viewLimit = limit;
    this.flushChanges();
    this.views.observe(entity);
  }

  viewRule(slot: number, rule: ViewRule): void {
    const entity = this.known(slot, "viewRule");
    if (entity === undefined) return;
    entity.viewRule = rule;
    this.flushChanges();
    this.views.reconsider(entity);
  }

  viewEvents(slot: number, wanted: boolean): void {
    const entity = this.known(slot, "viewEvents");
    if (entity !== undefined) entity.hasViewEvents = wanted;
  }

  viewCheck(slot: number, check: ViewCheck): void {
    const entity = this.known(slot, "viewCheck");
    if (entity === undefined) return;
    this.flushChanges();
    this.checks.handle(entity, check);
  }

  /** The gate's word on a client: what of its bytes has left, and whether loose bodies may be lost on their way to it. */
  clientCredit(gate: Incarnation, { handle, bindNumber, confirmedBytes, isLossy }: ClientCreditRecord): void {
    const client = this.credit.find(gate, handle, bindNumber);
    if (client === undefined) return;
    if (isLossy && !client.isLossy) this.views.unsettle(client);
    client.isLossy = isLossy;
    this.credit.confirm(client, confirmedBytes);
  }

  flush(sequence: number): void {
    this.flushedSequence = sequence;
    if (this.encodesEachFlush) this.flushChanges();
  }

  private known(slot: number, op: string): SyncEntity | undefined {
    const entity = this.entities[slot];
    if (entity === undefined) this.log.error("op for an unknown entity", { op, slot });
    return entity;
  }

  /** Encodes every pending change for those who see it. */
  private flushChanges(): void {
    const slots = this.shadow.takeChanged();
    if (slots.length > 0) this.changes.send(slots);
  }

  private detach(entity: SyncEntity): void {
    if (entity.client === null) return;
    this.views.stopObserving(entity);
    this.bodies.clients.delete(entity.client);
    this.credit.close(entity.client);
    entity.client.close();
    entity.client = null;
  }

  /** Takes the client off the entity after everything said so far has been sent to it. */
  private takeClient(slot: number): ClientStream | null {
    const entity = this.entities[slot];
    const client = entity?.client ?? null;
    if (entity === undefined || client === null) return null;
    this.flushChanges();
    this.frames.emitGate(client.gate);
    this.detach(entity);
    return client;
  }
}
