/**
 * The client's copy of what it may see: definitions, its own entity, the space, the entities in view, and a Shadow with their properties.
 * Fed with the bodies of each packet in order. What contradicts the protocol throws BYTES_* or MESSAGE_UNKNOWN and the session closes:
 * the stream is ordered and complete, so it cannot happen by loss. Events go out when the body that caused them is applied.
 *
 * Positions may also come loosely: some are lost, and what they are about may be gone. Such a one is applied to an entity that entered,
 * and was last placed in order, by a packet that it stands on; so it is neither another's nor older than what is known.
 */
import { ByteReader } from "../engine/base/bytes.js";
import { AeonError } from "../engine/base/errors.js";
import type { EntityId } from "../engine/base/ids.js";
import { readArguments } from "../engine/property/call-codec.js";
import type { DefinitionTable, TypeDefinition } from "../engine/property/definition.js";
import { OWN_SCOPES, type ScopeMask, VIEW_SCOPES, type ViewCheck } from "../engine/property/op-sink.js";
import { type AreaPropNotify, Shadow } from "../engine/property/shadow.js";
import { DownstreamBody, LOOSE_BODY_IDS } from "../engine/protocol/client-link.js";
import { type BodyDispatch, bodyDispatcher, type MessageValue } from "../engine/protocol/message.js";
import { coordinateOf, LEVEL_BYTES, RISEN_BYTES, yawOf } from "../engine/protocol/short-transforms.js";
import { ClientEntity, type EntityDoor, OWN_TARGET } from "./client-entity.js";
import type { ClientEvents, ClientSpace } from "./client-events.js";
import type { Emitter } from "./events.js";
import type { Position } from "./position-history.js";
import { ViewChecker } from "./view-checker.js";

export interface MirrorOptions {
  readonly events: Emitter<ClientEvents>;
  readonly entityDoor: Omit<EntityDoor, "value" | "plain">;
  /** Parses definitions, or hands out a table that is known by this hash. Throws RPC_INDEX_MISMATCH. */
  readDefinitions(hash: string, json: Uint8Array): DefinitionTable;
  onReply(callId: number, code: string, payload: Uint8Array): void;
  /** Sends a viewCheck; false: it cannot be sent now. */
  ask(check: ViewCheck): boolean;
  onServerTime(serverMs: number): void;
  /** The own entity is another one; after the event. */
  onOwn(): void;
  /** The server's time for what stands before any tick. */
  serverMs(): number;
}

type Body<K extends keyof typeof DownstreamBody> = MessageValue<(typeof DownstreamBody)[K]>;

const SHORT_ID_MAX = 65_535;
const TRANSFORM_BYTES_MIN = DownstreamBody.transforms.body.bytesMin;
const SHORT_TRANSFORMS_BYTES_MIN = DownstreamBody.shortTransforms.body.bytesMin;

export class Mirror implements Pick<EntityDoor, "value" | "plain"> {
  own: ClientEntity | null = null;
  space: ClientSpace | null = null;
  definitions: DefinitionTable | null = null;
  readonly entities = new Map<EntityId, ClientEntity>();
  /** Bodies applied since the start. */
  bodyCount = 0;
  /** Called for each new position of another entity; for measuring. */
  onMoved: ((entity: ClientEntity) => void) | null = null;
  private readonly options: MirrorOptions;
  private readonly dispatch: BodyDispatch;
  private readonly door: EntityDoor;
  private readonly checker: ViewChecker;
  private shadow: Shadow | null = null;
  /** By short id; the own entity at OWN_TARGET. */
  private readonly byTarget: (ClientEntity | undefined)[] = [];
  /** Of the last moveCorrect; moves name it. */
  placement = 0;
  private tickServerMs: number | null = null;
  /** Number of the packet that is read; and of the one that the loose bodies being read stand on, null when they are in order. */
  private sequence = 0;
  private looseAfter: number | null = null;
  /** x, y, z, yaw of the record that is being read. */
  private readonly place = new Float64Array(4);
  private notifies: AreaPropNotify[] = [];
  /** Grows with each reset, so that a packet whose handler ended the session is not read on. */
  private epoch = 0;

  constructor(options: MirrorOptions) {
    this.options = options;
    this.door = {
      callTimeoutMs: options.entityDoor.callTimeoutMs,
      call: (entity, method, args, timeoutMs) => options.entityDoor.call(entity, method, args, timeoutMs),
      send: (entity, method, args) => options.entityDoor.send(entity, method, args),
      onHandlerThrow: (where, error) => options.entityDoor.onHandlerThrow(where, error),
      value: (entity, path) => this.value(entity, path),
      plain: (entity) => this.plain(entity),
    };
    this.checker = new ViewChecker({
      ask: (check) => options.ask(check),
      report: (entity, divergence) => options.events.emit("divergence", entity, divergence),
    });
    this.dispatch = bodyDispatcher(DownstreamBody, {
      definitions: (m) => this.handleDefinitions(m),
      ownEnter: (m) => this.handleOwnEnter(m),
      spaceEnter: (m) => this.handleSpaceEnter(m),
      viewEnter: (m) => this.handleViewEnter(m),
      viewLeave: (m) => this.leave(this.inView(m.target)),
      propertyOps: (m) => this.handlePropertyOps(m),
      nearChanges: (m) => this.handleNearChanges(m),
      viewHashes: (m) => this.handleViewHashes(m),
      nodeHashes: (m) => this.handleNodeHashes(m),
      repairOps: (m) => this.handleRepairOps(m),
      transforms: (m) => {
        for (const r of m.records) this.moved(r.target, r.x, r.y, r.z, r.yaw);
      },
      // Read in place before it gets here.
      shortTransforms: () => undefined,
      clientCall: (m) => this.handleClientCall(m),
      callReply: (m) => options.onReply(m.callId, m.code, m.payload),
      tick: (m) => this.handleTick(m),
      moveCorrect: (m) => this.handleMoveCorrect(m),
    });
  }

  /** The bodies of packet `sequence`, `u8 id | uvar length | body` each. */
  readBodies(bytes: Uint8Array, sequence = 0): void {
    const reader = new ByteReader(bytes);
    const { epoch } = this;
    this.sequence = sequence;
    while (reader.remaining > 0 && this.epoch === epoch) {
      const id = reader.u8();
      const length = reader.uvar();
      this.bodyCount++;
      if (id === DownstreamBody.shortTransforms.id) this.readShortTransforms(reader, length);
      else if (id === DownstreamBody.transforms.id) this.readTransforms(reader, length);
      else {
        const start = reader.take(length);
        this.dispatch(id, new ByteReader(bytes, start, reader.at));
      }
    }
    this.shadow?.sweep();
  }

  /** Loose bodies that stand on packet `after`, which has been read. */
  readLooseBodies(bytes: Uint8Array, after: number): void {
    const reader = new ByteReader(bytes);
    const { epoch } = this;
    this.looseAfter = after;
    try {
      while (reader.remaining > 0 && this.epoch === epoch) this.readLooseBody(reader);
    } finally {
      this.looseAfter = null;
    }
  }

  private readLooseBody(reader: ByteReader): void {
    const id = reader.u8();
    const length = reader.uvar();
    this.bodyCount++;
    if (!LOOSE_BODY_IDS.has(id)) throw new AeonError("BYTES_MALFORMED", `body ${id} is never loose`);
    if (id === DownstreamBody.shortTransforms.id) this.readShortTransforms(reader, length);
    else if (id === DownstreamBody.transforms.id) this.readTransforms(reader, length);
    else {
      const start = reader.take(length);
      this.dispatch(id, new ByteReader(reader.bytes, start, reader.at));
    }
  }

  /** Whose position follows; undefined: it is out of date, or somebody else's. */
  private mover(target: number): ClientEntity | undefined {
    const { looseAfter } = this;
    if (looseAfter === null) {
      const entity = this.inView(target);
      entity.placedBy = this.sequence;
      return entity;
    }
    const entity = target === OWN_TARGET ? undefined : this.byTarget[target];
    return entity !== undefined && entity.placedBy <= looseAfter ? entity : undefined;
  }

  /** Has the server say whether this copy of the entity is right; what is not is reported and mended. False: it cannot be asked now. */
  check(entity: ClientEntity): boolean {
    return !entity.gone && this.checker.check(entity);
  }

  /** A new session begins, or none is left: everything goes, the definitions stay. */
  reset(): void {
    this.epoch++;
    this.clear();
    // A state that could not be read may have left half an entity behind.
    if (this.definitions !== null) this.shadow = new Shadow(this.definitions);
  }

  private clear(): void {
    this.emptyView();
    if (this.own !== null) this.forget(this.own);
    this.own = null;
    this.tickServerMs = null;
    if (this.space === null) return;
    this.space = null;
    this.options.events.emit("space", null);
  }

  value(entity: ClientEntity, path: string): unknown {
    return this.shadow?.value(entity.target, path);
  }

  plain(entity: ClientEntity): Record<string, unknown> {
    return this.shadow?.plain(entity.target, scopesOf(entity)) ?? {};
  }

  private handleDefinitions(m: Body<"definitions">): void {
    this.clear();
    this.definitions = this.options.readDefinitions(m.hash, m.json);
    this.shadow = new Shadow(this.definitions);
  }

  private handleOwnEnter(m: Body<"ownEnter">): void {
    if (this.own !== null) this.forget(this.own);
    const own = this.enter(m.type, m.entity, OWN_TARGET, 0, m.state);
    this.own = own;
    this.options.events.emit("own", own);
    this.options.onOwn();
  }

  private handleSpaceEnter(m: Body<"spaceEnter">): void {
    this.emptyView();
    const position: Position = { x: m.x, y: m.y, z: m.z, yaw: m.yaw };
    if (m.space === 0) this.space = null;
    else {
      const typeName = this.typeOf(m.spaceType).name;
      this.space = { id: m.spaceEntity, typeName, tickMs: m.tickMs, ownShortId: m.ownShortId, position };
      this.own?.jumpTo(this.nowMs(), m.x, m.y, m.z, m.yaw);
    }
    this.options.events.emit("space", this.space);
  }

  private handleViewEnter(m: Body<"viewEnter">): void {
    if (m.target === OWN_TARGET || m.target > SHORT_ID_MAX)
      throw new AeonError("BYTES_MALFORMED", `${m.target} is no short id`);
    const entity = this.enter(m.type, m.entity, m.target, m.generation, m.state);
    entity.jumpTo(this.nowMs(), m.x, m.y, m.z, m.yaw);
    entity.placedBy = this.sequence;
    this.options.events.emit("enter", entity);
  }

  private handlePropertyOps(m: Body<"propertyOps">): void {
    const entity = this.known(m.target);
    const shadow = this.listenTo(entity);
    const reader = new ByteReader(m.ops);
    shadow.applyWire(entity.target, reader);
    if (reader.remaining > 0) throw new AeonError("BYTES_MALFORMED", `${reader.remaining} bytes behind the ops`);
    this.emitNotifies(entity);
  }

  private handleNearChanges(m: Body<"nearChanges">): void {
    const reader = new ByteReader(m.records);
    const { epoch } = this;
    while (reader.remaining > 0 && this.epoch === epoch) {
      const entity = this.known(reader.uvar());
      this.listenTo(entity).applyNearChange(entity.target, reader.u8(), reader);
      this.emitNotifies(entity);
    }
  }

  private handleViewHashes({ records }: Body<"viewHashes">): void {
    const shadow = this.requireShadow();
    for (const { target, hash } of records) {
      const entity = this.known(target);
      this.checker.compared(entity, shadow.hash(target, scopesOf(entity)) === hash);
    }
  }

  private handleNodeHashes({ target, hashes }: Body<"nodeHashes">): void {
    const entity = this.known(target);
    const found = this.requireShadow().findDivergences(target, scopesOf(entity), new ByteReader(hashes));
    this.checker.located(entity, found);
  }

  private handleRepairOps({ target, ops }: Body<"repairOps">): void {
    const entity = this.known(target);
    this.listenTo(entity).applyRepair(target, new ByteReader(ops));
    this.emitNotifies(entity);
  }

  /** The shadow, ready to note what changes of the entity if somebody wants to hear of it. */
  private listenTo(entity: ClientEntity): Shadow {
    const shadow = this.requireShadow();
    const heard = entity.isWatched || this.options.events.has("change");
    shadow.onNotify = heard ? (_, notify) => this.notifies.push(notify) : null;
    return shadow;
  }

  /** After all ops of the body are applied, so that a handler sees one consistent state. */
  private emitNotifies(entity: ClientEntity): void {
    const notifies = this.notifies;
    if (notifies.length === 0) return;
    this.notifies = [];
    for (const notify of notifies) {
      if (entity.gone) return;
      this.options.events.emit("change", entity, notify);
      entity.emitChange(notify);
    }
  }

  private handleClientCall(m: Body<"clientCall">): void {
    const entity = this.known(m.target);
    const method = entity.type.methods.find((other) => other.id === m.method);
    if (method?.access !== "client")
      throw new AeonError("BYTES_MALFORMED", `${entity.typeName} has no client method ${m.method}`);
    const args = readArguments(method, new ByteReader(m.arguments));
    this.options.events.emit("call", entity, method.name, args);
    entity.emitCall(method.name, args);
  }

  private handleTick(m: Body<"tick">): void {
    // A loose one may come behind a later one.
    if (this.looseAfter !== null && this.tickServerMs !== null && m.serverMs < this.tickServerMs) return;
    this.tickServerMs = m.serverMs;
    this.options.onServerTime(m.serverMs);
    this.options.events.emit("tick", m.tick, m.serverMs);
  }

  private handleMoveCorrect(m: Body<"moveCorrect">): void {
    this.placement = m.placement;
    this.own?.jumpTo(this.nowMs(), m.x, m.y, m.z, m.yaw);
    this.options.events.emit("correct", { x: m.x, y: m.y, z: m.z, yaw: m.yaw }, m.moveNumber, m.cause);
  }

  /** The hot body: read in place, no object per record. */
  private readTransforms(reader: ByteReader, length: number): void {
    const end = reader.at + length;
    if (length < TRANSFORM_BYTES_MIN || length > reader.remaining) throw new AeonError("BYTES_TRUNCATED");
    const count = reader.uvar();
    const { place } = this;
    for (let i = 0; i < count && reader.at < end; i++) {
      const target = reader.uvar();
      reader.f32s(place);
      this.moved(target, place[0] as number, place[1] as number, place[2] as number, place[3] as number);
    }
    if (reader.at !== end) throw new AeonError("BYTES_MALFORMED", "positions do not fill their body");
  }

  /** The hottest body, likewise. */
  private readShortTransforms(reader: ByteReader, length: number): void {
    const end = reader.at + length;
    if (length < SHORT_TRANSFORMS_BYTES_MIN || length > reader.remaining) throw new AeonError("BYTES_TRUNCATED");
    const [cellX, cellY, cellZ] = [reader.i16(), reader.i16(), reader.i16()];
    const levelEnd = reader.u16() * LEVEL_BYTES + reader.at;
    if (levelEnd > end || (end - levelEnd) % RISEN_BYTES !== 0)
      throw new AeonError("BYTES_MALFORMED", "positions do not fill their body");
    while (reader.at < end) {
      const isLevel = reader.at < levelEnd;
      const entity = this.mover(reader.u16());
      const x = coordinateOf(reader.u16(), cellX);
      const z = coordinateOf(reader.u16(), cellZ);
      const yaw = yawOf(reader.u8());
      const height = isLevel ? null : coordinateOf(reader.u16(), cellY);
      if (entity === undefined) continue;
      const y = height ?? entity.position.y;
      entity.setPosition(this.nowMs(), x, y, z, yaw);
      if (this.onMoved !== null) this.onMoved(entity);
    }
  }

  private moved(target: number, x: number, y: number, z: number, yaw: number): void {
    if (!Number.isFinite(x + y + z + yaw)) throw new AeonError("BYTES_MALFORMED", "a position is not finite");
    const entity = this.mover(target);
    if (entity === undefined) return;
    entity.setPosition(this.nowMs(), x, y, z, yaw);
    if (this.onMoved !== null) this.onMoved(entity);
  }

  private enter(typeId: number, id: EntityId, target: number, generation: number, state: Uint8Array): ClientEntity {
    if (this.byTarget[target] !== undefined) throw new AeonError("BYTES_MALFORMED", `target ${target} is taken`);
    if (this.entities.has(id)) throw new AeonError("BYTES_MALFORMED", `entity ${id} is here already`);
    const type = this.typeOf(typeId);
    const shadow = this.requireShadow();
    shadow.onNotify = null;
    const reader = new ByteReader(state);
    shadow.applyState(target, typeId, id, reader);
    if (reader.remaining > 0) throw new AeonError("BYTES_MALFORMED", `${reader.remaining} bytes behind a state`);
    const entity = new ClientEntity(this.door, type, id, target, generation);
    this.byTarget[target] = entity;
    this.entities.set(id, entity);
    return entity;
  }

  private emptyView(): void {
    for (const entity of [...this.entities.values()]) if (!entity.isOwn) this.leave(entity);
  }

  /** A handler of the event can read the entity for the last time; it is in no list any more. */
  private leave(entity: ClientEntity): void {
    this.unlist(entity);
    this.options.events.emit("leave", entity);
    this.end(entity);
  }

  private forget(entity: ClientEntity): void {
    this.unlist(entity);
    this.end(entity);
  }

  private unlist(entity: ClientEntity): void {
    this.byTarget[entity.target] = undefined;
    this.entities.delete(entity.id);
  }

  private end(entity: ClientEntity): void {
    entity.gone = true;
    if (this.shadow?.has(entity.target) === true) this.shadow.entityDestroy(entity.target);
  }

  private known(target: number): ClientEntity {
    const entity = this.byTarget[target];
    if (entity === undefined) throw new AeonError("BYTES_MALFORMED", `target ${target} is not in view`);
    return entity;
  }

  private inView(target: number): ClientEntity {
    if (target === OWN_TARGET) throw new AeonError("BYTES_MALFORMED", "target 0 is never in view");
    return this.known(target);
  }

  private typeOf(typeId: number): TypeDefinition {
    const type = this.definitions?.byId(typeId);
    if (type === undefined) throw new AeonError("BYTES_MALFORMED", `no entity type ${typeId} is defined`);
    return type;
  }

  private requireShadow(): Shadow {
    if (this.shadow === null) throw new AeonError("BYTES_MALFORMED", "an entity before the definitions");
    return this.shadow;
  }

  private nowMs(): number {
    return this.tickServerMs ?? this.options.serverMs();
  }
}

function scopesOf(entity: ClientEntity): ScopeMask {
  return entity.isOwn ? OWN_SCOPES : VIEW_SCOPES;
}
