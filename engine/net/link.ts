/**
 * A link is a numbered, acknowledged, ordered stream of messages to another process that survives cut connections: while the peer
 * comes back within `closedGraceMs`, nothing is lost, doubled or reordered. When it does not, or is silent for `peerTimeoutMs`, or its
 * queue reaches its bound, the link goes down once and for all; what comes later is another link with nothing in common.
 */
import type { ByteReader } from "../base/bytes.js";
import type { Incarnation } from "../base/ids.js";
import type { Message } from "../protocol/message.js";
import type { Address } from "./transport.js";

export type ProcessKind = "gamemanager" | "dbmanager" | "game" | "gate" | "cli";

export interface PeerIdentity {
  readonly kind: ProcessKind;
  readonly name: string;
  /** 0: none yet. */
  readonly incarnation: Incarnation;
}

/** connecting → up ⇄ interrupted → down. `down` is final. */
export type LinkState = "connecting" | "up" | "interrupted" | "down";

export interface Link {
  /** Who answered; null until first up. */
  readonly peer: PeerIdentity | null;
  readonly state: LinkState;
  /** Down because the peer said so: it lives, or lived until then. */
  readonly closedByPeer: boolean;
  /** One message (`u8 id | body`); the reader's bytes are the link's until the call returns. A throw takes the link down (LINK_MALFORMED). */
  onMessage: ((reader: ByteReader) => void) | null;
  /** Called on each change of state; `reason` is an error code and a sentence when it goes down. */
  onState: ((state: LinkState, reason: string) => void) | null;
  /** Queues a message; messages of one turn leave in one write. Kept until confirmed. Ignored once down. */
  send<T>(kind: Message<T>, value: T): void;
  /** The same for a message that is already encoded (`u8 id | body`); the bytes are copied. */
  sendEncoded(message: Uint8Array): void;
  /** Says goodbye: the peer's link goes down at once, after what was sent. */
  close(reason: string): void;
}

export interface LinkHost {
  readonly self: PeerIdentity;
  /** After registration: the name and incarnation that later handshakes carry. Links that are up stay. */
  setSelf(self: PeerIdentity): void;
  /** A peer whose incarnation is in no list any more: its links are closed and its handshakes refused, both with LINK_STALE. */
  refuse(incarnation: Incarnation): void;
  /** Takes links; resolves with the address in use. */
  listen(address: Address): Promise<Address>;
  /** A peer that dialled us and proved the secret. Set handlers on the link before returning. */
  onLink: ((link: Link) => void) | null;
  /** Dials, and dials again while the link is not down. `incarnation` 0: any. */
  dial(address: Address, expected: { kind: ProcessKind; incarnation: Incarnation }): Link;
  /**
   * Called when this process finds that it did not run for longer than `peerTimeoutMs` (SIGSTOP, a suspended machine): whoever may
   * have been replaced meanwhile must not go on. Called before anything that arrived meanwhile is handled.
   */
  onSlept: ((sleptMs: number) => void) | null;
  /** Looks for an own pause now, as every event of a link does first. False: the host is closed. */
  noteRunning(): boolean;
  /** A peer says that the cluster has removed this process (it refused it with LINK_STALE): it must not go on. */
  onStale: ((reason: string) => void) | null;
  /** Closes every link and the listener. */
  close(reason: string): Promise<void>;
}
