/**
 * A bad line between a client and its gate, so that anyone can feel what the product does on one: delay, jitter, loss, and cuts in which
 * nothing passes. Streams (WebSocket) keep order, so that what is lost holds up all that follows until TCP would have sent it again;
 * datagrams (under KCP) are simply lost or overtaken. A good line costs a copy of each frame. Pure: time and randomness are passed in. Bots and the demo page use it.
 */
import type { Random } from "../engine/base/random.js";
import type { Scheduler } from "../engine/base/scheduler.js";
import type { DatagramSocket } from "../engine/net/datagram-socket.js";
import type { Connection, ConnectionState } from "../engine/net/transport.js";
import type { ClientTransport } from "./session.js";

/** May be changed at any time: what is sent from then on has it. */
export interface NetConditions {
  /** Added to the round trip, half of it each way. */
  delayMs: number;
  /** Added each way: somewhere between nothing and this. */
  jitterMs: number;
  /** Of packets each way, 0 … 1. */
  lossShare: number;
}

export interface NetEmulatorOptions {
  readonly conditions: NetConditions;
  readonly scheduler: Scheduler;
  readonly random: Random;
}

/** Payload of a TCP segment, about. */
const SEGMENT_BYTES = 1_400;
/** TCP's first time-out, at least, and its longest. It doubles each time. */
const RTO_MIN_MS = 200;
const RTO_MAX_MS = 60_000;
/** A TCP and a WebSocket handshake are a round trip each. */
const HANDSHAKE_ROUND_TRIPS = 2;
/** Under way in one direction; a connection with more is closed. */
const HELD_BYTES_MAX = 16 * 1_024 * 1_024;

export class NetEmulator {
  readonly conditions: NetConditions;
  readonly scheduler: Scheduler;
  private readonly random: Random;
  private cutUntilMs = 0;

  constructor({ conditions, scheduler, random }: NetEmulatorOptions) {
    this.conditions = conditions;
    this.scheduler = scheduler;
    this.random = random;
  }

  get isCut(): boolean {
    return this.scheduler.nowMs() < this.cutUntilMs;
  }

  /** From now on nothing passes for `forMs`, in either direction. Connections stay open; whether they do is for their ends to say. */
  cut(forMs: number): void {
    this.cutUntilMs = Math.max(this.cutUntilMs, this.scheduler.nowMs() + forMs);
  }

  /** The transport, with this line under each of its connections. Only for transports that keep order. */
  transport(inner: ClientTransport): ClientTransport {
    const connect: ClientTransport = (url) => new EmulatedConnection(inner(url), this);
    connect.dials = (url) => inner.dials?.(url) ?? true;
    connect.noteEncryptionDemanded = (url) => inner.noteEncryptionDemanded?.(url) ?? false;
    return connect;
  }

  /** The socket, with this line under it. */
  socket(inner: DatagramSocket): DatagramSocket {
    return new EmulatedSocket(inner, this);
  }

  /** One way, from when it is sent to when it arrives. */
  transitMs(): number {
    const { delayMs, jitterMs } = this.conditions;
    return delayMs / 2 + this.random.next() * jitterMs;
  }

  isLost(): boolean {
    return this.isCut || this.random.next() < this.conditions.lossShare;
  }

  /** How much later than without loss a stream's frame is there, when its segments are sent again and again until each came through. */
  stallMs(bytes: number): number {
    let longest = this.waitForCutMs();
    for (let left = bytes; left > 0; left -= SEGMENT_BYTES) longest = Math.max(longest, this.segmentStallMs());
    return longest;
  }

  private segmentStallMs(): number {
    let stall = 0;
    // Loss is below 1, and a time-out bounded: it ends.
    for (let rto = this.rtoMs; stall < RTO_MAX_MS && this.random.next() < this.conditions.lossShare; rto *= 2)
      stall += rto;
    return stall;
  }

  /** Until the first of TCP's attempts that comes after the cut. */
  private waitForCutMs(): number {
    const leftMs = this.cutUntilMs - this.scheduler.nowMs();
    let waitMs = 0;
    for (let rto = this.rtoMs; waitMs < leftMs; rto = Math.min(RTO_MAX_MS, rto * 2)) waitMs += rto;
    return waitMs;
  }

  private get rtoMs(): number {
    return Math.max(RTO_MIN_MS, 2 * (this.conditions.delayMs + this.conditions.jitterMs));
  }
}

/** One direction of a stream: what went in first comes out first. */
class StreamPath {
  heldBytes = 0;
  private readonly line: NetEmulator;
  private arrivesMs = 0;
  private readonly underWay: (() => void)[] = [];

  constructor(line: NetEmulator) {
    this.line = line;
  }

  /** Runs `deliver` when `bytes` of it have arrived, behind everything before. False: too much is under way. */
  carry(bytes: number, deliver: () => void): boolean {
    if (this.heldBytes + bytes > HELD_BYTES_MAX) return false;
    const { scheduler } = this.line;
    const nowMs = scheduler.nowMs();
    this.arrivesMs = Math.max(this.arrivesMs, nowMs + this.line.stallMs(bytes) + this.line.transitMs());
    if (this.arrivesMs <= nowMs && this.underWay.length === 0) {
      deliver();
      return true;
    }
    this.heldBytes += bytes;
    this.underWay.push(() => {
      this.heldBytes -= bytes;
      deliver();
    });
    // A real timer may be early or late by a millisecond: whichever fires lets out the next in order.
    scheduler.setTimer(this.arrivesMs - nowMs, () => this.underWay.shift()?.());
    return true;
  }
}

class EmulatedConnection implements Connection {
  state: ConnectionState = "connecting";
  onOpen: (() => void) | null = null;
  onFrame: ((frame: Uint8Array) => void) | null = null;
  onClose: ((reason: string) => void) | null = null;
  private readonly inner: Connection;
  private readonly line: NetEmulator;
  private readonly up: StreamPath;
  private readonly down: StreamPath;
  private isCloseReported = false;

  constructor(inner: Connection, line: NetEmulator) {
    this.inner = inner;
    this.line = line;
    this.up = new StreamPath(line);
    this.down = new StreamPath(line);
    inner.onOpen = () => this.handleOpen();
    inner.onFrame = (frame) => this.handleFrame(frame.slice());
    inner.onClose = (reason) => this.down.carry(0, () => this.reportClose(reason));
    if (inner.state === "open") this.handleOpen();
  }

  get remote(): string {
    return this.inner.remote;
  }

  get isSecure(): boolean {
    return this.inner.isSecure === true;
  }

  get bufferedBytes(): number {
    return this.inner.bufferedBytes + this.up.heldBytes;
  }

  send(frame: Uint8Array): void {
    if (this.state !== "open") return;
    const bytes = frame.slice();
    if (!this.up.carry(bytes.length, () => this.inner.send(bytes))) this.close("too much is under way");
  }

  close(reason = ""): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.up.carry(0, () => this.inner.close(reason));
    queueMicrotask(() => this.reportClose(reason));
  }

  /** What is left of the handshakes' round trips; nothing of the server's can come before. */
  private handleOpen(): void {
    const moreMs = (HANDSHAKE_ROUND_TRIPS - 1) * this.line.conditions.delayMs;
    if (moreMs > 0) this.line.scheduler.setTimer(moreMs, () => this.open());
    else this.open();
  }

  private open(): void {
    this.down.carry(1, () => {
      if (this.state !== "connecting") return;
      this.state = "open";
      this.onOpen?.();
    });
  }

  private handleFrame(frame: Uint8Array): void {
    const isTaken = this.down.carry(frame.length, () => {
      if (this.state === "open") this.onFrame?.(frame);
    });
    if (!isTaken) this.close("too much is under way");
  }

  private reportClose(reason: string): void {
    this.state = "closed";
    if (this.isCloseReported) return;
    this.isCloseReported = true;
    this.onClose?.(reason);
  }
}

/** Each datagram goes its own way. */
class EmulatedSocket implements DatagramSocket {
  onDatagram: ((bytes: Uint8Array, host: string, port: number) => void) | null = null;
  private readonly inner: DatagramSocket;
  private readonly line: NetEmulator;
  private isClosed = false;

  constructor(inner: DatagramSocket, line: NetEmulator) {
    this.inner = inner;
    this.line = line;
    inner.onDatagram = (bytes, host, port) => this.carry(() => this.onDatagram?.(bytes, host, port));
  }

  get address() {
    return this.inner.address;
  }

  get receiveBufferBytes(): number {
    return this.inner.receiveBufferBytes;
  }

  send(bytes: Uint8Array, host: string, port: number): void {
    this.carry(() => this.inner.send(bytes, host, port));
  }

  close(): Promise<void> {
    this.isClosed = true;
    return this.inner.close();
  }

  private carry(deliver: () => void): void {
    const { line } = this;
    if (line.isLost()) return;
    line.scheduler.setTimer(line.transitMs(), () => {
      if (!this.isClosed) deliver();
    });
  }
}
