/** What a client tells its application, and when. A handler that throws is reported by `error` and disturbs nothing. */
import type { ErrorCode } from "../engine/base/errors.js";
import type { EntityId } from "../engine/base/ids.js";
import type { AreaPropNotify, Divergence } from "../engine/property/shadow.js";
import type { ClientEntity } from "./client-entity.js";
import type { Position } from "./position-history.js";
import type { ClientState } from "./session.js";

/** The space the own entity is in. */
export interface ClientSpace {
  readonly id: EntityId;
  readonly typeName: string;
  /** Between two ticks of its game. */
  readonly tickMs: number;
  /** The short id that others see the own entity under. */
  readonly ownShortId: number;
  /** Where the own entity entered. */
  readonly position: Readonly<Position>;
}

export interface ClientEvents {
  /** The client is bound to this entity now: first the account, then what it was given to. */
  own: (entity: ClientEntity) => void;
  /** An entity came into view; its properties are there. */
  enter: (entity: ClientEntity) => void;
  /** An entity leaves the view; its properties can be read for the last time. */
  leave: (entity: ClientEntity) => void;
  /** The own entity is in another space now, with an empty view; null: in none. */
  space: (space: ClientSpace | null) => void;
  /** A property of an entity changed; after every change that came with it is applied. */
  change: (entity: ClientEntity, notify: AreaPropNotify) => void;
  /** The copy of an entity is not what the server has: where, and the last op that came for it. It is sent again; see Client.check. */
  divergence: (entity: ClientEntity, divergence: Divergence) => void;
  /** The server called a client method of an entity; before the entity's own handlers. */
  call: (entity: ClientEntity, method: string, args: readonly unknown[]) => void;
  /** Stands before what a tick sent. */
  tick: (tick: number, serverMs: number) => void;
  /**
   * The server put the own entity here: `placed` by script or into a space, `corrected` because a move was refused. `moveNumber` is the last
   * that was accepted; what was sent after it is void.
   */
  correct: (position: Readonly<Position>, moveNumber: number, cause: "placed" | "corrected") => void;
  /** A heartbeat came back; not smoothed. */
  rtt: (rttMs: number) => void;
  state: (state: ClientState) => void;
  /**
   * A session is there, with its own entity. `resumed`: nothing was lost. Otherwise it is the `number`th session, everything of the one
   * before is void, and the application logs in again.
   */
  session: (session: { readonly resumed: boolean; readonly number: number }) => void;
  /** For good: nothing reconnects any more. */
  close: (closed: { readonly code: ErrorCode; readonly reason: string }) => void;
  /** A handler of the application threw. */
  error: (error: Error) => void;
}
