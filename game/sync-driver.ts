/**
 * What brings a game's ops to its clients: the op logs that script writes into, and whoever reads them. Two drivers of the same
 * `SyncCore`: `InlineSync` reads on the script thread at the end of each turn, `WorkerSync` has workers read. Script notices no difference.
 */
import type { EntityId, Incarnation } from "../engine/base/ids.js";
import type { OpRouter } from "../engine/entity/op-router.js";
import type { PeerIdentity } from "../engine/net/link.js";
import type { ClientCreditMessage } from "../engine/protocol/game-link.js";

/** Where gates dial a stream. */
export interface StreamPlace {
  readonly stream: number;
  readonly host: string;
  readonly port: number;
}

/** An avatar's client begins or ceases to see another entity. */
export type ViewListener = (observer: EntityId, subject: EntityId, isEntered: boolean) => void;

export interface SyncDriver {
  /** Where script writes. */
  readonly ops: OpRouter;
  /** Of avatars that want to know (`viewEvents`); in order, at the end of a turn. */
  onViewChange: ViewListener | null;
  /** Resolves when everything is there; `streams` is complete then. */
  start(): Promise<void>;
  /** What gates must dial besides the main link; none when frames leave on that. */
  readonly streams: readonly StreamPlace[];
  /** After registration. */
  setSelf(self: PeerIdentity): void;
  /** A gate's word on clients, where frames leave on the main link. */
  handleClientCredit(gate: Incarnation, credit: ClientCreditMessage): void;
  /** The gate has left the cluster. */
  refuse(gate: Incarnation): void;
  /** The end of a script callback. */
  flush(): void;
  /** The end of a tick. */
  flushFrame(): void;
  /** Something that script awaits was settled: what it writes when it resumes is published at the end of this turn. */
  touch(): void;
  /** Publishes everything; resolves when all of it has been read and given to links. */
  drain(): Promise<void>;
  /** Ends it in order, after what was given to links. Nothing may be written afterwards. */
  stop(): Promise<void>;
}
