/**
 * Dials for one link: at the start, after each cut with a growing pause, and a second time beside a connection that fell silent.
 * At most one attempt at a time. It never gives up by itself; the link's state decides how long there is something to dial for.
 */
import type { ErrorCode } from "../base/errors.js";
import type { TimerHandle } from "../base/scheduler.js";
import type { PeerIdentity } from "./link.js";
import { type LinkContext, PROBE_HEARTBEATS, REDIAL_GROWTH_MAX } from "./link-context.js";
import { DiallerHandshake, type DialResult } from "./link-handshake.js";
import type { LinkKeeper, LinkSession } from "./link-session.js";
import type { Address } from "./transport.js";

/** Pauses are spread by this share, so that peers cut at one moment do not dial at one moment. */
const JITTER_SHARE = 0.5;

export class LinkDialler implements LinkKeeper {
  private readonly context: LinkContext;
  private readonly session: LinkSession;
  private readonly address: Address;
  private readonly expected: Pick<PeerIdentity, "kind" | "incarnation">;
  private readonly linkId: Uint8Array;
  private readonly forget: () => void;
  private handshake: DiallerHandshake | null = null;
  private timer: TimerHandle | null = null;
  private attempt = 0;
  private pauseMs: number;

  constructor(
    context: LinkContext,
    session: LinkSession,
    address: Address,
    expected: Pick<PeerIdentity, "kind" | "incarnation">,
    linkId: Uint8Array,
    forget: () => void,
  ) {
    this.context = context;
    this.session = session;
    this.address = address;
    this.expected = expected;
    this.linkId = linkId;
    this.forget = forget;
    this.pauseMs = context.config.redialMs;
  }

  dial(): void {
    if (this.handshake !== null || this.session.state === "down") return;
    this.clearTimer();
    this.attempt++;
    const attempt = this.attempt;
    const claim = {
      self: this.context.self,
      expectedKind: this.expected.kind,
      expectedIncarnation: this.expected.incarnation,
      linkId: this.linkId,
      attempt,
      isResume: this.session.wasWelcomed,
      received: this.session.received,
    };
    const connection = this.context.transport.connect(this.address);
    this.handshake = new DiallerHandshake(this.context, connection, claim, (result) =>
      this.handleResult(result, attempt),
    );
  }

  /** Asked at each heartbeat. */
  onSilence(silentMs: number): void {
    if (silentMs > this.context.config.heartbeatIntervalMs * PROBE_HEARTBEATS) this.dial();
  }

  onInterrupted(): void {
    this.scheduleDial();
  }

  onDown(): void {
    this.clearTimer();
    this.handshake?.cancel("the link is down");
    this.handshake = null;
    this.forget();
  }

  private handleResult(result: DialResult, attempt: number): void {
    this.handshake = null;
    if (result.end === "welcomed") this.handleWelcome(result, attempt);
    else if (result.end === "refused") this.handleRefusal(result.code, result.reason);
    else if (this.session.state !== "up") this.scheduleDial();
  }

  private handleRefusal(code: ErrorCode, reason: string): void {
    this.session.fail(code, reason);
    if (code === "LINK_STALE") this.context.noteStale(reason);
  }

  private handleWelcome(result: DialResult & { readonly end: "welcomed" }, attempt: number): void {
    const { connection, claim } = result;
    if (this.context.isRefused(claim.self)) {
      connection.close("LINK_STALE");
      this.session.fail("LINK_STALE", `${claim.self.kind} ${claim.self.name}`);
      return;
    }
    this.pauseMs = this.context.config.redialMs;
    this.session.attach(connection, claim.self, claim.received, attempt);
  }

  private scheduleDial(): void {
    if (this.timer !== null || this.handshake !== null) return;
    const { scheduler, random, config } = this.context;
    const pauseMs = this.pauseMs * (1 - JITTER_SHARE / 2 + random.next() * JITTER_SHARE);
    this.pauseMs = Math.min(this.pauseMs * 2, config.redialMs * REDIAL_GROWTH_MAX);
    this.timer = scheduler.setTimer(pauseMs, () => this.handleTimer());
  }

  private handleTimer(): void {
    this.timer = null;
    if (this.context.noteRunning()) this.dial();
  }

  private clearTimer(): void {
    if (this.timer !== null) this.context.scheduler.clearTimer(this.timer);
    this.timer = null;
  }
}
