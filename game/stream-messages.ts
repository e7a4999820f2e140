/**
 * What a game's script thread and one of its streams say to each other besides the op log. Plain data: it crosses threads. The port hides
 * whether there is a thread.
 */
import type { EntityId, Incarnation } from "../engine/base/ids.js";
import type { LogData, LogLevel } from "../engine/base/log.js";
import type { AeonConfig } from "../engine/config/config.js";
import type { PeerIdentity } from "../engine/net/link.js";
import type { Address } from "../engine/net/transport.js";
import type { RingBuffer } from "../engine/property/op-log-ring.js";
import type { WakeBuffer } from "../engine/worker/wake-flag.js";

/** What a stream begins with. */
export interface StreamSetup {
  /** From 1, as gates know it. */
  readonly stream: number;
  readonly name: string;
  readonly config: AeonConfig;
  readonly secret: string;
  /** Of every type, as JSON with all scopes. */
  readonly definitions: string;
  /** The op log's first ring. */
  readonly ring: RingBuffer;
  readonly wake: WakeBuffer;
}

export type ToStream =
  | { readonly kind: "self"; readonly self: PeerIdentity }
  | { readonly kind: "refuse"; readonly gate: Incarnation }
  | { readonly kind: "wake" }
  /** Answered by `drained` when everything published before has been read and given to links. */
  | { readonly kind: "drain" }
  | { readonly kind: "stop" };

export interface ViewChangeMessage {
  readonly observer: EntityId;
  readonly subject: EntityId;
  readonly isEntered: boolean;
}

export type FromStream =
  | { readonly kind: "listening"; readonly address: Address }
  | { readonly kind: "drained" }
  | { readonly kind: "viewChanges"; readonly changes: readonly ViewChangeMessage[] }
  | { readonly kind: "log"; readonly level: LogLevel; readonly event: string; readonly data: LogData }
  | { readonly kind: "metrics"; readonly values: Readonly<Record<string, number>> };

/** One stream as the script thread sees it. */
export interface StreamPort {
  onMessage: ((message: FromStream) => void) | null;
  /** Once. Null: it was told to stop. */
  onEnd: ((error: Error | null) => void) | null;
  post(message: ToStream): void;
  /** The op log's next ring; there before anything in it is published. */
  giveRing(ring: RingBuffer): void;
}

export type OpenStream = (setup: StreamSetup) => StreamPort;
