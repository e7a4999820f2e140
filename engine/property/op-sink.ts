/**
 * The op log's vocabulary. Script writes ops, everything else reads them: `OpLog` (the shared ring) and `WireOpWriter` (the compact form
 * for clients, recordings and followers) are sinks that encode; `Shadow` is a sink that applies; a reader of either encoding replays
 * into any sink. One vocabulary, so whoever owns a Shadow needs nothing else.
 *
 * `entity` is a slot: a small integer that names an entity in this stream until its entityDestroy (then it may be used again).
 * `node` names a container inside one entity: 0 is the entity's root, whose keys are property ids; others are numbered by the writer,
 * never reused within an entity. `scope` is a mask of Scope bits. `value` is a scalar of the declared type; a container appears as
 * its node number, followed by the ops that fill it.
 */
import type { EntityId } from "../base/ids.js";

/** Who may see a property. A mask, since a consumer may want several. */
export const Scope = { OWN_CLIENT: 1, ALL_CLIENTS: 2, SERVER_ONLY: 4 } as const;
export type ScopeName = keyof typeof Scope;
export type ScopeMask = number;
/** What an entity's own client sees. */
export const OWN_SCOPES: ScopeMask = Scope.OWN_CLIENT | Scope.ALL_CLIENTS;
/** What others see. */
export const VIEW_SCOPES: ScopeMask = Scope.ALL_CLIENTS;

export type Scalar = number | string | boolean | Uint8Array | null | object;
export type MapKey = string | number;

/** Changes of property trees. */
export interface PropertyOpSink {
  /**
   * A new entity of this type; every property has its default. Root containers are numbered like others: a fieldNode for each follows,
   * with what is in it, before the ops of anything else.
   */
  entityCreate(entity: number, type: number, id: EntityId): void;
  entityDestroy(entity: number): void;
  /** Field of the root or of a struct. */
  fieldSet(entity: number, node: number, field: number, scope: ScopeMask, value: Scalar): void;
  /** The field holds the container `child` from now on, empty until its own ops arrive. */
  fieldNode(entity: number, node: number, field: number, scope: ScopeMask, child: number): void;
  mapSet(entity: number, node: number, key: MapKey, scope: ScopeMask, value: Scalar): void;
  mapNode(entity: number, node: number, key: MapKey, scope: ScopeMask, child: number): void;
  mapDelete(entity: number, node: number, key: MapKey, scope: ScopeMask): void;
  mapClear(entity: number, node: number, scope: ScopeMask): void;
  listSet(entity: number, node: number, index: number, scope: ScopeMask, value: Scalar): void;
  listSetNode(entity: number, node: number, index: number, scope: ScopeMask, child: number): void;
  listInsert(entity: number, node: number, index: number, scope: ScopeMask, value: Scalar): void;
  listInsertNode(entity: number, node: number, index: number, scope: ScopeMask, child: number): void;
  listRemove(entity: number, node: number, index: number, count: number, scope: ScopeMask): void;
  /** Takes the element at `from` out and puts it back so that it stands at `to`. */
  listMove(entity: number, node: number, from: number, to: number, scope: ScopeMask): void;
  listClear(entity: number, node: number, scope: ScopeMask): void;
}

/** A log with a short way for numbers in an entity's root, the commonest op. `head`: see rootHead. The value fits the name. */
export interface RootNumberLog {
  rootInt(entity: number, head: number, value: number): void;
  rootFloat(entity: number, head: number, value: number): void;
  rootDouble(entity: number, head: number, value: number): void;
}

/** Where a reader stands in a ring. */
export interface RootNumberRun {
  readonly words: Int32Array;
  readonly floats: Float32Array;
  /** Word of the next op, which is a root number, and where what is published ends. */
  at: number;
  readonly end: number;
}

/** A sink that takes root numbers out of the ring itself, as many as stand in a row; others get fieldSet for each. */
export interface RootNumberTarget {
  /** Moves `at` behind them, or behind the one that makes it throw. How many there were. */
  readRootNumbers(run: RootNumberRun): number;
}

/** A sink with such a door, which is looked up once a drain. */
export interface HasRootNumbers {
  readonly rootNumbers?: RootNumberTarget;
}

/** Who gets a call on the client side of an entity. */
export type ClientAudience = "own" | "all" | "others";

/** Who may see an entity: whoever every part of it admits. Its own client always has it. */
export interface ViewRule {
  /** The teams that it looks for, 32 bits. */
  readonly teams: number;
  /** Seen only by who looks for one of these teams, 32 bits; 0: by any. */
  readonly seenByTeams: number;
  /** Seen only by this entity; "": by any. */
  readonly seenBy: EntityId;
  /** Seen by nobody. */
  readonly hidden: boolean;
}

/** What a client asks about its copy of an entity. */
export interface ViewCheck {
  /** 0: its own entity; else a short id of its space, with its generation. */
  readonly target: number;
  readonly generation: number;
  /** The hash of the whole; the hashes of its nodes; some parts of it again. */
  readonly stage: "hash" | "nodes" | "repair";
  /** repair: what its copy has otherwise (Divergence.part), and the wire number of the last op that came for it. */
  readonly parts: readonly { readonly part: number; readonly op: number }[];
}

/** Where entities are, who controls them, and what is said to clients: in the same order as the changes they refer to. */
export interface WorldOpSink {
  /** A space of this game; `space` is its number on this game, never reused. */
  spaceCreate(space: number, entity: number, type: number, id: EntityId): void;
  spaceDestroy(space: number): void;
  /**
   * The entity is in this space from now on, out of any earlier one. `shortId` (1 … 65535) is nobody else's in the space until the
   * entity leaves it; `generation` (0 … 255) tells its holders apart.
   */
  spaceEnter(
    entity: number,
    space: number,
    shortId: number,
    generation: number,
    x: number,
    y: number,
    z: number,
    yaw: number,
  ): void;
  spaceLeave(entity: number): void;
  /** Everything that moved since the last tick; once per tick, also when nothing did. `slots[i]` is at `positions[4i … 4i+3]` (x, y, z, yaw). */
  transforms(tick: number, serverMs: number, count: number, slots: Int32Array, positions: Float32Array): void;
  /** The entity has a client now; it is sent the definitions unless it has this hash, and its own entity's state. */
  clientAttach(entity: number, gate: number, handle: number, bindNumber: number, definitionsHash: string): void;
  /** The entity has no client any more: nothing further is sent to it. */
  clientDetach(entity: number): void;
  /** Closes the entity's client after everything before. */
  clientKick(entity: number, code: string, reason: string): void;
  /** Hands the entity's client to another entity, which may live on another game, after everything before. */
  clientGive(entity: number, targetGame: number, targetEntity: EntityId): void;
  /** The entity's client goes on at another stream of this game, after everything before; there it begins with clientContinue. */
  clientSwitch(entity: number, toStream: number): void;
  /** The entity has a client that comes from another stream, with all it knew of the entity and of nothing else. */
  clientContinue(entity: number, gate: number, handle: number, bindNumber: number): void;
  /** Calls a method on the client side of the entity; a merge barrier. `args` are encoded. */
  clientCall(entity: number, audience: ClientAudience, method: number, args: Uint8Array): void;
  /** The reply to a client's call, to the entity's own client; a merge barrier. */
  clientReply(entity: number, callId: number, code: string, payload: Uint8Array): void;
  /** The own client is told where it is; see DownstreamBody.moveCorrect. */
  moveCorrect(
    entity: number,
    moveNumber: number,
    placement: number,
    cause: PlacementCause,
    x: number,
    y: number,
    z: number,
    yaw: number,
  ): void;
  /** How far the entity's client sees; 0: nothing. */
  viewRadius(entity: number, radius: number, margin: number): void;
  /** How many others the entity's client sees at most; 0: as many as there are. */
  viewLimit(entity: number, limit: number): void;
  /** Who may see the entity, and the teams it looks for. */
  viewRule(entity: number, rule: ViewRule): void;
  /** Whether script is told what the entity's client begins and ceases to see. */
  viewEvents(entity: number, wanted: boolean): void;
  /** The entity's client asks; a merge barrier. */
  viewCheck(entity: number, check: ViewCheck): void;
}

/** By script or into a space; because a move was refused. */
export type PlacementCause = "placed" | "corrected";

export interface OpSink extends PropertyOpSink, WorldOpSink {
  /** The end of a script callback: what came before is consistent. Numbers grow by one. */
  flush(sequence: number): void;
}

/** Every op: one that is left out does not compile. */
const OPS: Readonly<Record<keyof OpSink, true>> = {
  entityCreate: true,
  entityDestroy: true,
  fieldSet: true,
  fieldNode: true,
  mapSet: true,
  mapNode: true,
  mapDelete: true,
  mapClear: true,
  listSet: true,
  listSetNode: true,
  listInsert: true,
  listInsertNode: true,
  listRemove: true,
  listMove: true,
  listClear: true,
  spaceCreate: true,
  spaceDestroy: true,
  spaceEnter: true,
  spaceLeave: true,
  transforms: true,
  clientAttach: true,
  clientDetach: true,
  clientKick: true,
  clientGive: true,
  clientSwitch: true,
  clientContinue: true,
  clientCall: true,
  clientReply: true,
  moveCorrect: true,
  viewRadius: true,
  viewLimit: true,
  viewRule: true,
  viewEvents: true,
  viewCheck: true,
  flush: true,
};
/** For sinks that do the same with each op. */
export const OP_NAMES = Object.keys(OPS) as readonly (keyof OpSink)[];
