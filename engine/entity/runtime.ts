/**
 * What an entity asks of the game it lives on, and what the game's entity layer asks of the process around it. Types only, so that
 * entity classes, the entity host and its parts know each other's shape without importing each other.
 */
import type { ErrorCode } from "../base/errors.js";
import type { ClientId, EntityId, Incarnation } from "../base/ids.js";
import type { Log } from "../base/log.js";
import type { Metrics } from "../base/metrics.js";
import type { Random } from "../base/random.js";
import type { Scheduler } from "../base/scheduler.js";
import type { TimerWheel, WheelTimer } from "../base/timer-wheel.js";
import type { AeonConfig } from "../config/config.js";
import type { NavCheck } from "../movement/nav-guard.js";
import type { MovementThresholds } from "../movement/thresholds.js";
import type { TracePort } from "../movement/tracer.js";
import type { NavService } from "../nav/nav-service.js";
import type { SpaceNav } from "../nav/space-nav.js";
import type { MethodDefinition, TypeDefinition } from "../property/definition.js";
import type { ClientAudience, ViewRule } from "../property/op-sink.js";
import type { PropertyTree } from "../property/properties.js";
import type { MailboxData, ProxyData } from "../property/types.js";
import type { DocumentPut, PutResult, StoredDocument } from "../store/store.js";
import type { AreaEntity } from "./area-entity.js";
import type { AvatarAreaEntity } from "./avatar-entity.js";
import type { Inbox } from "./inbox.js";
import type { ClientMover } from "./move-door.js";
import type { OpRouter } from "./op-router.js";
import type { ServerEntity } from "./server-entity.js";
import type { Space } from "./space.js";
import type { WantedSpace } from "./space-manager.js";
import type { EntityView } from "./view-state.js";

export type EntityLife = "creating" | "active" | "quarantined" | "destroyed";

/** The client an entity has. */
export interface ClientBinding {
  readonly gate: Incarnation;
  readonly handle: number;
  /** Grows by one when the entity moves to another stream of its game. */
  bindNumber: number;
  /** What it was when the entity got the client; the gate may still say it, or any between. */
  readonly firstBindNumber: number;
  readonly clientId: ClientId;
  /** False while the connection is cut and may come back. */
  connected: boolean;
}

/** A timer as plain data: a method's name and what it is called with. */
export interface EntityTimer {
  readonly method: string;
  readonly data: readonly unknown[];
  /** 0: once. */
  readonly intervalMs: number;
  wheelTimer: WheelTimer | null;
}

/** The document behind a persistent entity. */
export interface EntityDocument {
  readonly collection: string;
  readonly key: string;
  /** The epoch this copy was taken with; every save carries it. */
  readonly epoch: number;
  /** A save that is under way, or null. */
  saving: Promise<void> | null;
  /** The next save at intervals. */
  saveTimer: WheelTimer | null;
}

/** Everything the engine keeps about an entity beside its properties. */
export interface EntityState {
  readonly id: EntityId;
  readonly definition: TypeDefinition;
  /** The entity's number in the op log; reused after its end. */
  readonly slot: number;
  readonly properties: PropertyTree;
  readonly inbox: Inbox;
  readonly timers: Map<number, EntityTimer>;
  /** Times of the latest throws, for quarantine. */
  readonly throwsMs: number[];
  life: EntityLife;
  /** Resolves when a destroyed entity is saved and forgotten; null while it lives. */
  ending: Promise<void> | null;
  /** Who called the handler that runs: the entity of the calling client, or "". */
  caller: EntityId;
  client: ClientBinding | null;
  space: Space | null;
  /** Its number in `space`, by which clients name it; 0 in none. */
  shortId: number;
  readonly view: EntityView;
  /** What is kept about its client's moves; null until it has had a client in a space, or script spoke of them. */
  mover: ClientMover | null;
  document: EntityDocument | null;
}

export interface SpawnOptions {
  /** Initial values of properties, by name. */
  readonly values?: Readonly<Record<string, unknown>>;
  /** The space it enters once it is created; area entities only. */
  readonly space?: Space;
  readonly position?: Position;
}

export interface RemoteSpawnOptions {
  readonly values?: Readonly<Record<string, unknown>>;
  /** The id of a space on that game. */
  readonly space?: EntityId;
  readonly position?: Position;
  /** The key of its document in the store: loaded (or begun) before `onCreate`, saved from then on. */
  readonly key?: string;
}

/** In units; `y` is up, `yaw` in radians around it: 0 looks along +x, a quarter turn along +z. */
export interface Position {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly yaw: number;
}

/** Where a call goes. */
export type CallTarget =
  | { readonly kind: "mailbox"; readonly mailbox: MailboxData }
  | { readonly kind: "stub"; readonly name: string; readonly shard: number }
  | { readonly kind: "proxy"; readonly proxy: ProxyData };

/** The game as entities see it. Implemented by EntityHost. */
export interface EntityRuntime {
  readonly incarnation: Incarnation;
  readonly config: AeonConfig["game"];
  readonly log: Log;
  readonly random: Random;
  readonly wantedSpaces: readonly WantedSpace[];
  nowMs(): number;
  wallMs(): number;
  /** Incarnations of the games that are ready, this one among them. */
  games(): readonly Incarnation[];
  entity(id: EntityId): ServerEntity | undefined;
  mailboxOf(entity: ServerEntity): MailboxData;
  definitionOf(type: string): TypeDefinition;
  shardOf(stub: string, key: string): number;
  /** `timeoutMs` 0: no answer wanted; the promise resolves at once. */
  call(target: CallTarget, method: MethodDefinition, args: readonly unknown[], timeoutMs: number): Promise<unknown>;
  callClient(entity: ServerEntity, audience: ClientAudience, method: MethodDefinition, args: readonly unknown[]): void;
  callProxyClient(proxy: ProxyData, method: MethodDefinition, args: readonly unknown[]): void;
  spawn(type: string, options: SpawnOptions): ServerEntity;
  spawnOn(game: Incarnation, type: string, options: RemoteSpawnOptions): Promise<MailboxData>;
  setTimer(entity: ServerEntity, timer: EntityTimer, delayMs: number): number;
  clearTimer(entity: ServerEntity, timerId: number): void;
  save(entity: ServerEntity): Promise<void>;
  destroy(entity: ServerEntity, reason: string): Promise<void>;
  giveClient(from: ServerEntity, to: MailboxData): void;
  /** Nothing happens when it has no client. */
  kickClient(entity: ServerEntity, code: ErrorCode, reason: string): void;
  enterSpace(entity: AreaEntity, space: Space, position: Position): void;
  leaveSpace(entity: AreaEntity): void;
  /** Everything in it is in no space afterwards. */
  closeSpace(space: Space): Promise<void>;
  move(entity: AreaEntity, x: number, y: number, z: number, yaw: number): void;
  positionOf(entity: AreaEntity): Position;
  setViewRadius(entity: AreaEntity, radius: number): void;
  setViewLimit(entity: AreaEntity, limit: number): void;
  /** Has `onEnterView` and `onLeaveView` called where the type defines them. */
  watchView(entity: AvatarAreaEntity): void;
  /** Parts that are left out stay as they are. */
  setViewRule(entity: AreaEntity, rule: Partial<ViewRule>): void;
  queryRange(space: Space, x: number, z: number, radius: number): AreaEntity[];
  /** Throws NAV_MESH_UNKNOWN. */
  navOf(space: Space): SpaceNav;
  /** Throws VALUE_RANGE for a mode that its rules do not have. */
  setMoveMode(entity: AvatarAreaEntity, name: string): void;
  moveModeOf(entity: AvatarAreaEntity): string;
  /** Units of way and units up that are legal beyond the rules, within `forMs`. Throws VALUE_RANGE. */
  allowWay(entity: AvatarAreaEntity, units: number, unitsUp: number, forMs: number): void;
  /** Has moves of clients in the space asked about; null: no more. */
  setNavCheck(space: Space, check: NavCheck | null): void;
}

/** What the checks said of a client's moves. */
export interface MoveFlag {
  /** Why, such as "speed" or "throughWall". */
  readonly verdicts: readonly string[];
  /** Whether the client is closed for it. */
  readonly isKicked: boolean;
}

/** The process around the entity layer. */
export interface EntityPorts {
  readonly incarnation: Incarnation;
  readonly config: AeonConfig["game"];
  readonly log: Log;
  readonly metrics: Metrics;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly timers: TimerWheel;
  readonly ops: OpRouter;
  /** Holds the world's navigation meshes; null where there are none. */
  readonly nav: NavService | null;
  /** How clients' moves are checked; the defaults unless given. */
  readonly movement?: MovementThresholds;
  /** Takes traces of suspicious moves; nobody unless given. */
  readonly traces?: TracePort | null;
  /** Ends a callback: publishes what it wrote. */
  flush(): void;
  games(): readonly Incarnation[];
  /** Gates with a link that stands or may still come back. */
  gates(): readonly Incarnation[];
  /** Whether the link to that gate stands now. */
  isGateUp(gate: Incarnation): boolean;
  /** False when the gate is gone. The payload is copied. */
  route(gate: Incarnation, targetGame: Incarnation, token: number, payload: Uint8Array): boolean;
  routeToClientEntity(gate: Incarnation, clientId: ClientId, token: number, payload: Uint8Array): boolean;
  routeToClient(gate: Incarnation, clientId: ClientId, token: number, body: Uint8Array): boolean;
  refuseClient(gate: Incarnation, handle: number, bindNumber: number): void;
  kickClient(gate: Incarnation, handle: number, bindNumber: number, code: string, reason: string): void;
  loadDocument(collection: string, key: string): Promise<StoredDocument | null>;
  putDocument(put: DocumentPut): Promise<PutResult>;
}
