/**
 * One link: a numbered stream in each direction that goes from connection to connection. It decides when the link is up, interrupted
 * and down; who dials (link-dialler.ts) and who is let in (link-host.ts) is decided elsewhere.
 *
 * Invariants: at most one connection at a time, and a newer one replaces an older; a batch is handled once and in order; `down` is
 * final, and everything kept is let go then. Called by its host and its owner, on the process's one thread.
 */
import { ByteReader, ByteWriter } from "../base/bytes.js";
import { AeonError, type ErrorCode, errorText } from "../base/errors.js";
import type { TimerHandle } from "../base/scheduler.js";
import { BATCH_BYTES, LINK_FRAME_BYTES_MAX, LinkFrame } from "../protocol/link-frame.js";
import { type Dispatch, dispatcher, encodeMessage, type Message, type MessageValue } from "../protocol/message.js";
import type { Link, LinkState, PeerIdentity } from "./link.js";
import { type LinkContext, shortReason } from "./link-context.js";
import { LinkOutbox, stampAck } from "./link-outbox.js";
import { ReliableStream } from "./reliable-stream.js";
import type { Connection } from "./transport.js";

/** The receiver confirms at the latest when so much of the sender's queue has arrived. */
const ACK_SHARE = 1 / 8;
const MESSAGE_HEAD_BYTES = 4;

/** Who manages this link: told of what concerns more than the link itself. */
export interface LinkKeeper {
  /** The connection is lost; the dialler dials again. */
  onInterrupted(): void;
  /** The link is down; called before its owner hears of it. */
  onDown(): void;
}

export class LinkSession implements Link {
  peer: PeerIdentity | null = null;
  state: LinkState = "connecting";
  onMessage: ((reader: ByteReader) => void) | null = null;
  onState: ((state: LinkState, reason: string) => void) | null = null;
  keeper: LinkKeeper | null = null;
  closedByPeer = false;
  /** The connection attempt that the present connection came from. */
  attempt = 0;
  private readonly context: LinkContext;
  private readonly stream: ReliableStream;
  private readonly outbox: LinkOutbox;
  private readonly dispatch: Dispatch;
  private readonly ackAfterBytes: number;
  private connection: Connection | null = null;
  private lastHeardMs = 0;
  private graceEndsMs = 0;
  private graceTimer: TimerHandle | null = null;
  private isFlushScheduled = false;
  private flushedMs = Number.NEGATIVE_INFINITY;
  private isOverflown = false;
  private hasSentSinceTick = false;
  private unconfirmedBytes = 0;

  constructor(context: LinkContext) {
    this.context = context;
    const { queueBytesMax } = context.config;
    this.stream = new ReliableStream({ queueBytesMax, whenFull: "refuse" });
    this.outbox = new LinkOutbox(this.stream);
    this.ackAfterBytes = Math.min(BATCH_BYTES, queueBytesMax * ACK_SHARE);
    this.dispatch = dispatcher(LinkFrame, {
      linkHello: misplaced,
      linkChallenge: misplaced,
      linkProof: misplaced,
      linkWelcome: misplaced,
      linkRefuse: misplaced,
      linkBatch: (message) => this.handleBatch(message),
      linkHeartbeat: (message) => this.handleAck(message.ack),
      linkBye: (message) => this.handleBye(message),
    });
  }

  /** Number of the last batch that arrived. */
  get received(): number {
    return this.stream.received;
  }

  get queueBytes(): number {
    return this.stream.keptBytes;
  }

  get wasWelcomed(): boolean {
    return this.state === "up" || this.state === "interrupted";
  }

  send<T>(kind: Message<T>, value: T): void {
    if (this.state === "down") return;
    this.outbox.add(kind, value);
    this.afterAdd();
  }

  sendEncoded(message: Uint8Array): void {
    if (this.state === "down") return;
    this.outbox.addEncoded(message);
    this.afterAdd();
  }

  close(reason: string): void {
    if (this.state === "down") return;
    if (!this.outbox.isEmpty) this.sealBatch();
    this.sendBye(reason);
    this.goDown("LINK_DOWN", `closed here: ${reason}`);
  }

  /** Gives the link up for a reason that is an error; the peer is told. */
  fail(code: ErrorCode, detail: string): void {
    if (this.state === "down") return;
    this.sendBye(`${code}: ${detail}`);
    this.goDown(code, detail);
  }

  /**
   * A proved connection takes the link over; `received`: the last batch that the peer has. What it lacks is sent again. False: it
   * cannot be served from here; the link is down.
   */
  attach(connection: Connection, peer: PeerIdentity, received: number, attempt: number): boolean {
    if (this.isOverflown) {
      connection.close("LINK_QUEUE_FULL");
      this.failOverflown();
      return false;
    }
    // The claim may be older than what the peer confirmed meanwhile over the connection that is replaced.
    const known = Math.max(received, this.stream.confirmed);
    const missing = this.stream.ack(known) ? this.stream.since(known) : null;
    if (missing === null) {
      connection.close("LINK_MALFORMED");
      this.fail("LINK_MALFORMED", `the peer confirms batch ${received}, which does not fit`);
      return false;
    }
    this.dropConnection("replaced by a newer connection");
    this.clearGrace();
    this.takeConnection(connection);
    this.peer = peer;
    this.attempt = attempt;
    if (this.state === "interrupted") this.context.counters.resumes.add();
    for (const frame of missing) this.transmitBatch(frame);
    this.setState("up", "");
    return true;
  }

  /** Every heartbeatIntervalMs. Returns for how long the peer has been silent; 0 unless up. */
  tick(): number {
    if (this.state !== "up") return 0;
    const silentMs = this.context.scheduler.nowMs() - this.lastHeardMs;
    if (silentMs > this.context.config.peerTimeoutMs) {
      this.fail("LINK_DOWN", `the peer was silent for ${Math.round(silentMs)} ms`);
      return 0;
    }
    if (!this.hasSentSinceTick) this.sendHeartbeat();
    this.hasSentSinceTick = false;
    return silentMs;
  }

  /** This process did not run for `ms`: the peer gets as much more time. */
  extend(ms: number): void {
    this.lastHeardMs += ms;
    this.graceEndsMs += ms;
  }

  private afterAdd(): void {
    this.context.counters.messagesSent.add();
    if (this.outbox.isFull) this.sealBatch();
    this.scheduleFlush();
  }

  private scheduleFlush(): void {
    if (this.isFlushScheduled) return;
    this.isFlushScheduled = true;
    const { scheduler, config } = this.context;
    const restMs = this.flushedMs + config.flushIntervalMs - scheduler.nowMs();
    if (restMs > 0) scheduler.setTimer(restMs, () => this.flush());
    else scheduler.defer(() => this.flush());
  }

  private flush(): void {
    this.isFlushScheduled = false;
    if (this.state === "down") return;
    this.flushedMs = this.context.scheduler.nowMs();
    if (!this.outbox.isEmpty) this.sealBatch();
    else if (this.unconfirmedBytes >= this.ackAfterBytes) this.sendHeartbeat();
    if (this.isOverflown) this.failOverflown();
  }

  private failOverflown(): void {
    this.fail("LINK_QUEUE_FULL", `${this.queueBytes} bytes wait for ${this.peer?.name ?? "a peer not reached yet"}`);
  }

  /** A full queue ends the link at the next flush, never inside a caller's `send`. */
  private sealBatch(): void {
    const frame = this.outbox.seal();
    if (frame === null) this.isOverflown = true;
    else if (this.state === "up" && !this.isOverflown) this.transmitBatch(frame);
  }

  private transmitBatch(frame: Uint8Array): void {
    stampAck(frame, this.stream.received);
    this.transmit(frame);
  }

  private transmit(frame: Uint8Array): void {
    const { counters } = this.context;
    this.hasSentSinceTick = true;
    this.unconfirmedBytes = 0;
    counters.framesSent.add();
    counters.bytesSent.add(frame.length);
    this.connection?.send(frame);
  }

  private sendHeartbeat(): void {
    this.transmit(encodeFrame(LinkFrame.linkHeartbeat, { ack: this.stream.received }));
  }

  private sendBye(reason: string): void {
    if (this.connection !== null) this.transmit(encodeFrame(LinkFrame.linkBye, { reason: shortReason(reason) }));
  }

  private takeConnection(connection: Connection): void {
    this.connection = connection;
    this.lastHeardMs = this.context.scheduler.nowMs();
    connection.frameBytesMax = LINK_FRAME_BYTES_MAX;
    connection.onFrame = (frame) => this.handleFrame(frame);
    connection.onClose = (reason) => this.handleConnectionClose(reason);
  }

  private dropConnection(reason: string): void {
    const { connection } = this;
    if (connection === null) return;
    this.connection = null;
    connection.onFrame = null;
    connection.onClose = null;
    connection.close(reason);
  }

  private handleFrame(frame: Uint8Array): void {
    if (!this.context.noteRunning() || this.state !== "up") return;
    const { counters, scheduler } = this.context;
    this.lastHeardMs = scheduler.nowMs();
    this.unconfirmedBytes += frame.length;
    counters.framesReceived.add();
    counters.bytesReceived.add(frame.length);
    try {
      this.dispatch(new ByteReader(frame));
    } catch (error) {
      this.context.log.error("link frame failed", { peer: this.peer?.name, error });
      this.fail("LINK_MALFORMED", errorText(error));
    }
    if (this.unconfirmedBytes >= this.ackAfterBytes) this.scheduleFlush();
  }

  private handleAck(ack: number): void {
    if (!this.stream.ack(ack)) throw new AeonError("LINK_MALFORMED", `batch ${ack} is confirmed and was never sent`);
  }

  private handleBatch(message: MessageValue<typeof LinkFrame.linkBatch>): void {
    this.handleAck(message.ack);
    const arrival = this.stream.accept(message.sequence);
    if (arrival === "gap") throw new AeonError("LINK_MALFORMED", `batch ${message.sequence} after ${this.received}`);
    if (arrival === "new") this.deliver(message.messages);
  }

  private deliver(messages: Uint8Array): void {
    const reader = new ByteReader(messages);
    let at = 0;
    while (at < messages.length && this.state === "up") {
      const length = reader.window(at, messages.length).u32();
      const start = at + MESSAGE_HEAD_BYTES;
      at = start + length;
      if (at > messages.length) throw new AeonError("BYTES_TRUNCATED", "a batch ends inside a message");
      this.context.counters.messagesReceived.add();
      this.onMessage?.(reader.window(start, at));
    }
  }

  private handleBye({ reason }: MessageValue<typeof LinkFrame.linkBye>): void {
    const isStale = reason.startsWith("LINK_STALE");
    this.closedByPeer = true;
    this.goDown(isStale ? "LINK_STALE" : "LINK_DOWN", `the peer closed it: ${reason}`);
    if (isStale) this.context.noteStale(reason);
  }

  private handleConnectionClose(reason: string): void {
    this.connection = null;
    if (!this.context.noteRunning() || this.state !== "up") return;
    this.context.counters.interruptions.add();
    this.armGrace(this.context.scheduler.nowMs() + this.context.config.closedGraceMs);
    this.setState("interrupted", reason);
    this.keeper?.onInterrupted();
  }

  private armGrace(endsMs: number): void {
    const { scheduler } = this.context;
    this.graceEndsMs = endsMs;
    this.graceTimer = scheduler.setTimer(Math.max(0, endsMs - scheduler.nowMs()), () => this.handleGraceEnd());
  }

  private handleGraceEnd(): void {
    this.graceTimer = null;
    if (!this.context.noteRunning() || this.state !== "interrupted") return;
    if (this.context.scheduler.nowMs() < this.graceEndsMs) {
      this.armGrace(this.graceEndsMs);
      return;
    }
    this.fail("LINK_DOWN", `the peer did not come back for ${this.context.config.closedGraceMs} ms`);
  }

  private clearGrace(): void {
    if (this.graceTimer !== null) this.context.scheduler.clearTimer(this.graceTimer);
    this.graceTimer = null;
  }

  private goDown(code: ErrorCode, detail: string): void {
    if (this.state === "down") return;
    this.clearGrace();
    this.dropConnection(code);
    this.context.counters.downs.add();
    this.keeper?.onDown();
    this.setState("down", new AeonError(code, detail).message);
    this.onMessage = null;
  }

  private setState(state: LinkState, reason: string): void {
    if (this.state === state) return;
    this.state = state;
    this.onState?.(state, reason);
  }
}

function misplaced(): never {
  throw new AeonError("LINK_MALFORMED", "a handshake frame on a proved connection");
}

function encodeFrame<T>(kind: Message<T>, value: T): Uint8Array {
  const writer = new ByteWriter(64);
  encodeMessage(writer, kind, value);
  return writer.written();
}
