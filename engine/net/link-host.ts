/**
 * All links of one process: takes and dials connections, decides over those that proved the secret, runs the heartbeat of all links and
 * notices when this process itself did not run. Pure but for what it is handed; the heartbeat timer runs from the start until `close`.
 *
 * A link belongs to one life of two processes: the dialler names it by 16 random bytes, and a proved connection with that name takes it
 * over. A peer that was started again knows no old name, so its links are new ones; the old link stays interrupted until its grace ends.
 * A process without an incarnation (not registered yet) closes connections that expect one; they dial again.
 */
import { assert, type ErrorCode } from "../base/errors.js";
import { bytesToBase64Url, type Incarnation } from "../base/ids.js";
import type { Log } from "../base/log.js";
import type { Metrics } from "../base/metrics.js";
import type { Random } from "../base/random.js";
import type { Scheduler, TimerHandle } from "../base/scheduler.js";
import type { AeonConfig } from "../config/config.js";
import { LINK_ID_BYTES } from "../protocol/link-frame.js";
import type { Link, LinkHost, PeerIdentity, ProcessKind } from "./link.js";
import { LinkAuth } from "./link-auth.js";
import {
  type LinkContext,
  LinkCounters,
  PAUSE_HEARTBEATS,
  REFUSED_INCARNATIONS_MAX,
  UNPROVEN_CONNECTIONS_MAX,
} from "./link-context.js";
import { LinkDialler } from "./link-dialler.js";
import { AcceptorHandshake, type ProofClaim } from "./link-handshake.js";
import { LinkSession } from "./link-session.js";
import { PauseWatch } from "./pause-watch.js";
import type { Address, Connection, Listener, Transport } from "./transport.js";

export interface LinkHostOptions {
  readonly transport: Transport;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clusterName: string;
  readonly secret: string;
  readonly self: PeerIdentity;
  readonly config: AeonConfig["link"];
}

export function createLinkHost(options: LinkHostOptions): LinkHost {
  return new StreamLinkHost(options);
}

class StreamLinkHost implements LinkHost, LinkContext {
  readonly transport: Transport;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly log: Log;
  readonly config: AeonConfig["link"];
  readonly auth: LinkAuth;
  readonly counters: LinkCounters;
  onLink: ((link: Link) => void) | null = null;
  onSlept: ((sleptMs: number) => void) | null = null;
  onStale: ((reason: string) => void) | null = null;
  private selfIdentity: PeerIdentity;
  private readonly dialled = new Map<LinkSession, LinkDialler>();
  /** By link id. */
  private readonly accepted = new Map<string, LinkSession>();
  private readonly unproven = new Set<AcceptorHandshake>();
  private readonly refused = new Set<Incarnation>();
  private readonly pauseWatch: PauseWatch;
  private listener: Listener | null = null;
  private timer: TimerHandle | null = null;
  private isClosed = false;

  constructor(options: LinkHostOptions) {
    this.transport = options.transport;
    this.scheduler = options.scheduler;
    this.random = options.random;
    this.log = options.log;
    this.config = options.config;
    this.selfIdentity = options.self;
    this.auth = new LinkAuth(options.secret, options.clusterName);
    this.counters = new LinkCounters(options.metrics);
    this.pauseWatch = new PauseWatch(this.scheduler.nowMs());
    options.metrics.gauge("link_count", () => this.dialled.size + this.accepted.size);
    options.metrics.gauge("link_queue_bytes", () => this.queueBytes());
    this.armTick();
  }

  get self(): PeerIdentity {
    return this.selfIdentity;
  }

  setSelf(self: PeerIdentity): void {
    this.selfIdentity = self;
  }

  refuse(incarnation: Incarnation): void {
    if (incarnation === 0) return;
    this.refused.add(incarnation);
    const [oldest] = this.refused;
    if (this.refused.size > REFUSED_INCARNATIONS_MAX && oldest !== undefined) this.refused.delete(oldest);
    for (const session of this.sessions()) {
      if (session.peer?.incarnation === incarnation) session.close(`LINK_STALE: ${session.peer.name} was removed`);
    }
  }

  isRefused(peer: PeerIdentity): boolean {
    return this.refused.has(peer.incarnation);
  }

  async listen(address: Address): Promise<Address> {
    assert(this.listener === null, "a link host listens once");
    this.listener = await this.transport.listen(address, (connection) => this.handleConnection(connection));
    return this.listener.address;
  }

  dial(address: Address, expected: { kind: ProcessKind; incarnation: Incarnation }): Link {
    const session = new LinkSession(this);
    if (this.isClosed) {
      session.fail("LINK_DOWN", "this process closed its links");
      return session;
    }
    const linkId = this.random.bytes(LINK_ID_BYTES);
    const dialler = new LinkDialler(this, session, address, expected, linkId, () => this.dialled.delete(session));
    session.keeper = dialler;
    this.dialled.set(session, dialler);
    dialler.dial();
    return session;
  }

  async close(reason: string): Promise<void> {
    if (this.isClosed) return;
    for (const session of this.sessions()) session.close(reason);
    this.isClosed = true;
    for (const handshake of this.unproven) handshake.cancel(reason);
    this.unproven.clear();
    if (this.timer !== null) this.scheduler.clearTimer(this.timer);
    await this.listener?.close();
  }

  noteStale(reason: string): void {
    if (!this.isClosed) this.onStale?.(reason);
  }

  noteRunning(): boolean {
    if (this.isClosed) return false;
    const gapMs = this.pauseWatch.note(this.scheduler.nowMs());
    if (gapMs > this.config.heartbeatIntervalMs * PAUSE_HEARTBEATS) this.handleOwnPause(gapMs);
    return !this.isClosed;
  }

  private handleOwnPause(pauseMs: number): void {
    this.log.warn("this process did not run", { pauseMs: Math.round(pauseMs) });
    for (const session of this.sessions()) session.extend(pauseMs);
    if (pauseMs > this.config.peerTimeoutMs) this.onSlept?.(pauseMs);
  }

  private armTick(): void {
    this.timer = this.scheduler.setTimer(this.config.heartbeatIntervalMs, () => this.tick());
  }

  private tick(): void {
    if (!this.noteRunning()) return;
    this.armTick();
    for (const [session, dialler] of this.dialled) dialler.onSilence(session.tick());
    for (const session of this.accepted.values()) session.tick();
  }

  private handleConnection(connection: Connection): void {
    if (!this.noteRunning() || this.unproven.size >= UNPROVEN_CONNECTIONS_MAX) {
      connection.close("busy");
      return;
    }
    const handshake = new AcceptorHandshake(this, connection, (result) => {
      this.unproven.delete(handshake);
      if (result.end === "proved") this.admit(handshake, connection, result.claim);
    });
    this.unproven.add(handshake);
  }

  private admit(handshake: AcceptorHandshake, connection: Connection, claim: ProofClaim): void {
    if (claim.expectedIncarnation !== 0 && this.self.incarnation === 0) {
      connection.close("not registered yet");
      return;
    }
    const refusal = this.refusalFor(claim);
    if (refusal !== null) {
      handshake.refuse(refusal.code, refusal.reason);
      return;
    }
    const known = this.accepted.get(bytesToBase64Url(claim.linkId));
    if (known === undefined) {
      this.admitNew(handshake, connection, claim);
      return;
    }
    if (claim.attempt <= known.attempt) {
      connection.close("a newer connection has the link");
      return;
    }
    handshake.welcome(known.received);
    known.attach(connection, claim.self, claim.received, claim.attempt);
  }

  private refusalFor(claim: ProofClaim): { code: ErrorCode; reason: string } | null {
    const { kind, name, incarnation } = this.self;
    const isMeant = claim.expectedIncarnation === 0 || claim.expectedIncarnation === incarnation;
    if (claim.expectedKind !== kind || !isMeant) return { code: "LINK_STRANGER", reason: `here is ${kind} ${name}` };
    if (this.isRefused(claim.self)) return { code: "LINK_STALE", reason: `${claim.self.kind} ${claim.self.name}` };
    return null;
  }

  private admitNew(handshake: AcceptorHandshake, connection: Connection, claim: ProofClaim): void {
    if (claim.isResume || this.onLink === null) {
      handshake.refuse("LINK_DOWN", `no such link at ${this.self.name}`);
      return;
    }
    const id = bytesToBase64Url(claim.linkId);
    const session = new LinkSession(this);
    session.keeper = { onInterrupted: () => undefined, onDown: () => this.accepted.delete(id) };
    this.accepted.set(id, session);
    handshake.welcome(session.received);
    if (!session.attach(connection, claim.self, claim.received, claim.attempt)) return;
    this.onLink(session);
    if (session.state === "up") session.onState?.("up", "");
  }

  private sessions(): LinkSession[] {
    return [...this.dialled.keys(), ...this.accepted.values()];
  }

  private queueBytes(): number {
    return this.sessions().reduce((sum, session) => sum + session.queueBytes, 0);
  }
}
