/** What the parts of a link host share: its surroundings, its tunables and its counters. */
import type { Log } from "../base/log.js";
import type { Counter, Metrics } from "../base/metrics.js";
import type { Random } from "../base/random.js";
import type { Scheduler } from "../base/scheduler.js";
import type { AeonConfig } from "../config/config.js";
import type { PeerIdentity } from "./link.js";
import type { LinkAuth } from "./link-auth.js";
import type { Transport } from "./transport.js";

export interface LinkContext {
  readonly transport: Transport;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly log: Log;
  readonly config: AeonConfig["link"];
  readonly auth: LinkAuth;
  readonly counters: LinkCounters;
  /** As the host was told last. */
  readonly self: PeerIdentity;
  /** Its links were removed from the cluster's tables; it must not be talked to. */
  isRefused(peer: PeerIdentity): boolean;
  /** The peer said that this process has been removed. */
  noteStale(reason: string): void;
  /**
   * First thing in every timer and socket event: finds own pauses and acts on them. False: the host was closed by what it called; the
   * event must be dropped.
   */
  noteRunning(): boolean;
}

/** A handshake that takes longer is given up: it is a round trip or two, and an own pause or a peer's may fall into it. */
export const HANDSHAKE_TIMEOUT_MS = 5_000;
/** Connections that have not proved themselves, at one listener. Each costs some 2 KB; more are closed at once and dial again. */
export const UNPROVEN_CONNECTIONS_MAX = 256;
/** A dialler that heard nothing for so many heartbeats dials a second connection, in case the first is half-open. */
export const PROBE_HEARTBEATS = 3;
/** An own pause longer than so many heartbeats moves every peer's deadline: own absence is no evidence against a peer. */
export const PAUSE_HEARTBEATS = 2;
/** The pause between dials grows to so many times `redialMs`. */
export const REDIAL_GROWTH_MAX = 10;
/** Incarnations refused; past it the oldest is forgotten. */
export const REFUSED_INCARNATIONS_MAX = 65_536;
/** Characters of a reason that go over the wire. */
const REASON_CHARS_MAX = 160;

export class LinkCounters {
  readonly messagesSent: Counter;
  readonly messagesReceived: Counter;
  readonly framesSent: Counter;
  readonly framesReceived: Counter;
  readonly bytesSent: Counter;
  readonly bytesReceived: Counter;
  readonly interruptions: Counter;
  readonly resumes: Counter;
  readonly downs: Counter;
  readonly refusals: Counter;

  constructor(metrics: Metrics) {
    this.messagesSent = metrics.counter("link_messages_sent_total");
    this.messagesReceived = metrics.counter("link_messages_received_total");
    this.framesSent = metrics.counter("link_frames_sent_total");
    this.framesReceived = metrics.counter("link_frames_received_total");
    this.bytesSent = metrics.counter("link_bytes_sent_total");
    this.bytesReceived = metrics.counter("link_bytes_received_total");
    this.interruptions = metrics.counter("link_interruptions_total");
    this.resumes = metrics.counter("link_resumes_total");
    this.downs = metrics.counter("link_downs_total");
    this.refusals = metrics.counter("link_refusals_total");
  }
}

/** A reason that fits its field in any alphabet. */
export function shortReason(reason: string): string {
  return reason.slice(0, REASON_CHARS_MAX);
}
