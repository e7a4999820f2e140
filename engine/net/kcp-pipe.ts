/**
 * A Connection over datagrams, the same at both ends: KCP for what must arrive in order, loose frames beside it, and a goodbye. It knows
 * its peer as an integer of its host's port; sockets, keys and addresses are below it, sessions and tokens above.
 *
 * Nothing is sent before the end of the turn: what a turn sends leaves in as few datagrams as hold it. Frames wait here, uncopied, and
 * not in KCP, which is fed as its window empties. Invariant: with nothing queued, unacknowledged or to acknowledge it is parked: in no
 * list, no timer, at no cost. Called by pipe-driver.ts and by whoever owns the connection.
 */

import { convOf, KCP_CODE, Kcp, type KcpCode } from "../../native/kcp-ts/src/index.js";
import { TokenBucket } from "../base/token-bucket.js";
import {
  Channel,
  CLOSE_REASON_BYTES_MAX,
  DATA_OVERHEAD_BYTES,
  LOOSE_HEAD_BYTES,
  writeU32,
} from "../protocol/datagram.js";
import { DATAGRAM_BYTES_MAX, type PeerHandle, type PeerWire } from "./batch-port.js";
import { NOT_DUE } from "./flush-wheel.js";
import { FRAME_HEAD_BYTES, FrameAssembler } from "./frame-assembler.js";
import { LooseChannel, looseEnd } from "./loose-channel.js";
import type { PacketBuffer } from "./packet-buffer.js";
import type { PipeHost } from "./pipe-host.js";
import type { PipeTuning } from "./pipe-tuning.js";
import type { Connection, ConnectionState } from "./transport.js";

/** Pipes that are closed at most for one datagram or chunk, and when it is tried again. */
const EVICTIONS_MAX = 8;
const STARVED_RETRY_MS = 20;
/** Of a full pool, a newcomer's bytes count as so many. */
const NEWCOMER_WEIGHT = 2;
/** Resend after this many later segments were acknowledged. */
const FAST_RESEND = 2;
/** KCP is fed up to this many windows, so that its next flush has always something to send. */
const FEED_WINDOWS = 2;
const FEED_CHUNK_BYTES = 16_384;
/** What one chunk may be in segments, with room to spare. */
const FEED_CHUNK_SEGMENTS = 1_024;
const CHANNEL_BYTES = 1;
/** Of KCP in one datagram, whatever the peer's MTU: bounds what it can make us hold. */
const SEGMENTS_BYTES_MAX = 1_500;

/** What waits to be fed: a packet that is held until then, or a copy. */
type Waiting = PacketBuffer | Uint8Array;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const frameHead = new Uint8Array(FRAME_HEAD_BYTES);
/** A message of KCP's being read: nobody reads two at a time. */
const scratch = new Uint8Array(DATAGRAM_BYTES_MAX);

export class KcpPipe implements Connection {
  state: ConnectionState = "open";
  frameBytesMax: number;
  readonly looseBytesMax: number;
  readonly isSecure: boolean;
  onOpen: (() => void) | null = null;
  onFrame: ((frame: Uint8Array) => void) | null = null;
  onClose: ((reason: string) => void) | null = null;
  readonly peer: PeerHandle;
  /** Of the wheel. */
  dueTick = NOT_DUE;
  /** It stands in the driver's list for the end of this turn. */
  isTouched = false;
  readonly host: PipeHost;
  private readonly kcp: Kcp;
  private readonly isReference: boolean;
  private readonly payloadBytesMax: number;
  private readonly feedSegmentsMax: number;
  private readonly heldBytesMax: number;
  private readonly assembler = new FrameAssembler();
  /** Of datagrams; what is in them, the session layer counts. Null: any number. */
  private readonly budget: TokenBucket | null;
  private waiting: Waiting[] = [];
  private waitingHead = 0;
  /** Bytes of the first one that KCP has, its head included. */
  private fedBytes = 0;
  private waitingBytes = 0;
  private readonly loose: LooseChannel;
  /** Of the flush at hand. */
  private flushedAtMs = 0;
  /** When acknowledgements that wait are to leave; Infinity: none wait. */
  private acksDueMs = Number.POSITIVE_INFINITY;
  private readonly acksWaitMs: number;
  private trusted = false;
  /** What waits found no room in the pool. */
  private isStarved = false;
  private isGone = false;
  private isCloseReported = false;
  private lastRemote: string;

  /** Called by the host, whose port knows the peer. `conv`: the low half of the session id. */
  constructor(host: PipeHost, peer: PeerHandle, conv: number, wire: PeerWire, tuning: PipeTuning) {
    this.host = host;
    this.peer = peer;
    this.isReference = wire === "reference";
    this.isSecure = wire === "sealed";
    this.frameBytesMax = tuning.frameBytesMax;
    this.payloadBytesMax = tuning.mtuBytes - (this.isReference ? 0 : DATA_OVERHEAD_BYTES);
    this.looseBytesMax = this.isReference ? 0 : this.payloadBytesMax - LOOSE_HEAD_BYTES;
    this.acksWaitMs = tuning.intervalMs;
    this.loose = new LooseChannel(tuning.looseRedundancy, host.counters);
    this.feedSegmentsMax = FEED_WINDOWS * tuning.windowSegments;
    this.heldBytesMax = tuning.heldBytesMax;
    this.lastRemote = host.port.remoteOf(peer);
    const { datagramsPerSecondMax: perSecond, rateWindowMs } = tuning;
    const nowMs = host.driver.scheduler.nowMs();
    this.budget = perSecond === Number.POSITIVE_INFINITY ? null : new TokenBucket(perSecond, rateWindowMs, nowMs);
    this.kcp = new Kcp(
      conv,
      {
        nodelay: 1,
        intervalMs: tuning.intervalMs,
        fastResend: FAST_RESEND,
        congestionControl: false,
        sendWindow: tuning.windowSegments,
        receiveWindow: tuning.receiveWindowSegments,
        mtuBytes: this.payloadBytesMax - (this.isReference ? 0 : CHANNEL_BYTES),
        datagramBytesMax: Math.max(SEGMENTS_BYTES_MAX, this.payloadBytesMax),
        queueSegmentsMax: this.feedSegmentsMax + FEED_CHUNK_SEGMENTS,
        redundancy: tuning.redundancy,
        receiveBytesMax: tuning.newcomerHeldBytesMax,
        stream: true,
        ...(tuning.pool === undefined ? {} : { pool: tuning.pool }),
      },
      (segments) => this.emit(segments),
    );
  }

  get remote(): string {
    this.lastRemote = this.host.port.remoteOf(this.peer) || this.lastRemote;
    return this.lastRemote;
  }

  get isTrusted(): boolean {
    return this.trusted;
  }

  set isTrusted(isTrusted: boolean) {
    this.trusted = isTrusted;
    if (isTrusted) this.kcp.receiveBytesMax = this.heldBytesMax;
  }

  /** How much it keeps of the pool from the others; who has logged in has more of a right to it. */
  get poolWeight(): number {
    return this.kcp.heldBytes * (this.trusted ? 1 : NEWCOMER_WEIGHT);
  }

  /** Roughly: KCP's own in whole segments. */
  get bufferedBytes(): number {
    if (this.isGone) return 0;
    return this.waitingBytes + this.kcp.waitingSegments * this.payloadBytesMax;
  }

  /** Nothing to do before the next `send` or `input`. */
  get isParked(): boolean {
    return this.isGone || (this.waitingBytes === 0 && this.loose.isEmpty && this.kcp.isIdle);
  }

  /** Everything that was sent has arrived. */
  get isDelivered(): boolean {
    return this.isGone || (this.waitingBytes === 0 && this.kcp.waitingSegments === 0);
  }

  send(frame: Uint8Array): void {
    if (this.state === "open") this.enqueue(frame.slice(), frame.length);
  }

  sendPacket(packet: PacketBuffer): void {
    if (this.state === "open") this.enqueue(packet.hold(), packet.length);
  }

  sendLoose(frame: Uint8Array): void {
    if (this.state !== "open") return;
    if (frame.length > this.looseBytesMax) {
      this.send(frame);
      return;
    }
    this.loose.push(frame);
    this.host.driver.touch(this);
  }

  /** What was sent still leaves, for a while; nothing is taken any more. */
  close(reason = ""): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.loose.clear();
    this.host.linger(this, reason);
    this.reportClose(reason);
  }

  /** One datagram of the peer's: `bytes[start, end)`, opened. */
  input(bytes: Uint8Array, start: number, end: number, nowMs: number): void {
    if (this.isGone) return;
    if (this.budget?.take(1, nowMs) === false) {
      this.host.driver.fail(this, "more datagrams than allowed");
      return;
    }
    if (this.isReference) this.inputKcp(bytes, start, end, nowMs);
    else this.inputParts(bytes, start, end, nowMs);
    if (!this.isGone) this.host.driver.touch(this);
  }

  /** At the end of a turn, and when it is due: sends all that is due. Returns in how many ms it is due again; Infinity: it is parked. */
  flush(nowMs: number): number {
    if (this.isGone) return Number.POSITIVE_INFINITY;
    this.flushedAtMs = nowMs;
    this.feed();
    if (this.isGone) return Number.POSITIVE_INFINITY;
    if (this.isFlushDue(nowMs)) {
      this.kcp.flush(nowMs);
      this.acksDueMs = Number.POSITIVE_INFINITY;
    }
    if (!this.loose.isEmpty) this.emitLoose();
    if (!this.kcp.isDead) {
      const retryMs = this.isStarved ? STARVED_RETRY_MS : Number.POSITIVE_INFINITY;
      return Math.min(this.kcp.dueInMs(nowMs, false), this.acksDueMs - nowMs, retryMs);
    }
    this.drop("the peer does not acknowledge");
    return Number.POSITIVE_INFINITY;
  }

  /** Acknowledgements alone wait until something else leaves, or their time has come. */
  private isFlushDue(nowMs: number): boolean {
    if (this.kcp.dueInMs(nowMs, false) <= 0 || nowMs >= this.acksDueMs) return true;
    const hasAcks = this.acksDueMs === Number.POSITIVE_INFINITY && this.kcp.dueInMs(nowMs) <= 0;
    if (hasAcks) this.acksDueMs = nowMs + this.acksWaitMs;
    return false;
  }

  /** Tells the peer, once and without waiting for an answer, and is gone. */
  sayGoodbye(reason: string): void {
    if (this.isGone) return;
    if (!this.isReference) {
      const { bytes, nextOffset: at } = this.host.begin();
      bytes[at] = Channel.close;
      const text = encoder.encode(reason).subarray(0, CLOSE_REASON_BYTES_MAX);
      bytes.set(text, at + CHANNEL_BYTES);
      this.host.commit(this.peer, CHANNEL_BYTES + text.length);
    }
    this.drop(reason);
  }

  /** It is gone at once; the peer is not told. */
  drop(reason: string): void {
    if (this.isGone) return;
    this.isGone = true;
    this.state = "closed";
    this.letGoOfAll();
    this.kcp.release();
    this.host.forget(this);
    this.reportClose(reason);
  }

  private enqueue(item: Waiting, length: number): void {
    this.waiting.push(item);
    this.waitingBytes += FRAME_HEAD_BYTES + length;
    this.host.driver.touch(this);
  }

  private letGoOfAll(): void {
    for (let i = this.waitingHead; i < this.waiting.length; i++) letGo(this.waiting[i] as Waiting);
    this.waiting = [];
    this.waitingHead = 0;
    this.waitingBytes = 0;
    this.loose.clear();
  }

  /** Copies what waits into KCP's segments, as far as it is wanted there. */
  private feed(): void {
    while (this.waitingHead < this.waiting.length && this.kcp.waitingSegments < this.feedSegmentsMax) {
      const item = this.waiting[this.waitingHead] as Waiting;
      const total = FRAME_HEAD_BYTES + item.length;
      if (this.fedBytes === 0 && !this.feedHead(item.length)) return;
      const from = this.fedBytes - FRAME_HEAD_BYTES;
      const count = Math.min(FEED_CHUNK_BYTES, item.length - from);
      if (!this.feedBytes(item, from, count)) return;
      this.fedBytes += count;
      this.waitingBytes -= count;
      if (this.fedBytes < total) continue;
      this.fedBytes = 0;
      this.waitingHead++;
      letGo(item);
    }
    if (this.waitingHead === this.waiting.length) {
      this.waiting.length = 0;
      this.waitingHead = 0;
    }
  }

  /** False: the pipe is gone. */
  private feedHead(length: number): boolean {
    writeU32(frameHead, 0, length);
    if (!this.feedKcp(frameHead, 0, FRAME_HEAD_BYTES)) return false;
    this.fedBytes = FRAME_HEAD_BYTES;
    this.waitingBytes -= FRAME_HEAD_BYTES;
    return true;
  }

  private feedBytes(item: Waiting, from: number, count: number): boolean {
    if (count === 0) return true;
    const isPacket = !(item instanceof Uint8Array);
    const start = (isPacket ? item.start : 0) + from;
    return this.feedKcp(isPacket ? item.bytes : item, start, start + count);
  }

  /** False: it waits for room in the pool, or the pipe is gone. */
  private feedKcp(bytes: Uint8Array, start: number, end: number): boolean {
    let code = this.kcp.send(bytes, start, end);
    if (code === KCP_CODE.poolFull) code = this.withRoom(() => this.kcp.send(bytes, start, end));
    this.isStarved = code === KCP_CODE.poolFull;
    // A stream with a hole is worth nothing.
    if (code !== KCP_CODE.ok && !this.isStarved) this.host.driver.fail(this, "no room for segments");
    return code === KCP_CODE.ok;
  }

  /** Tries again what found the pool full, each time after somebody had to make room: others, or this pipe, which is gone then. */
  private withRoom(work: () => KcpCode): KcpCode {
    let code: KcpCode = KCP_CODE.poolFull;
    for (let i = 0; i < EVICTIONS_MAX && code === KCP_CODE.poolFull; i++) {
      if (!this.host.makeRoom() || this.isGone) break;
      code = work();
    }
    if (code === KCP_CODE.poolFull) this.host.counters.poolFull.add();
    return code;
  }

  /** KCP has a datagram's worth of segments; loose frames that fit go along. */
  private emit(segments: Uint8Array): void {
    const { bytes, nextOffset } = this.host.begin();
    if (this.isReference) {
      bytes.set(segments, nextOffset);
      this.host.commit(this.peer, segments.length);
      return;
    }
    const room = this.payloadBytesMax - CHANNEL_BYTES - segments.length;
    let at = this.loose.write(bytes, nextOffset, room, this.flushedAtMs);
    bytes[at++] = Channel.kcp;
    bytes.set(segments, at);
    this.host.commit(this.peer, at + segments.length - nextOffset);
  }

  private emitLoose(): void {
    while (!this.loose.isEmpty) {
      const { bytes, nextOffset } = this.host.begin();
      const end = this.loose.write(bytes, nextOffset, this.payloadBytesMax, this.flushedAtMs);
      this.host.commit(this.peer, end - nextOffset);
    }
  }

  private inputParts(bytes: Uint8Array, start: number, end: number, nowMs: number): void {
    let at = start;
    while (at < end && !this.isGone) {
      const channel = bytes[at];
      if (channel === Channel.kcp) {
        this.inputKcp(bytes, at + CHANNEL_BYTES, end, nowMs);
        return;
      }
      if (channel === Channel.close) {
        this.drop(decoder.decode(bytes.subarray(at + CHANNEL_BYTES, Math.min(end, at + 1 + CLOSE_REASON_BYTES_MAX))));
        return;
      }
      const frameEnd = channel === Channel.loose ? looseEnd(bytes, at, end) : -1;
      if (frameEnd < 0) {
        this.host.driver.fail(this, "a datagram that cannot be read");
        return;
      }
      const isTaken = this.loose.take(bytes, at) && this.state === "open";
      if (isTaken) this.onFrame?.(bytes.subarray(at + LOOSE_HEAD_BYTES, frameEnd));
      at = frameEnd;
    }
  }

  private inputKcp(bytes: Uint8Array, start: number, end: number, nowMs: number): void {
    let code = this.kcp.input(bytes, start, end, nowMs);
    if (code === KCP_CODE.poolFull) code = this.withRoom(() => this.kcp.input(bytes, start, end, nowMs));
    // What found no room was not acknowledged, and comes again.
    if (this.isGone || code === KCP_CODE.poolFull) return;
    if (code !== KCP_CODE.ok) {
      this.host.driver.fail(this, `segments that cannot be read (${code}, ${convOf(bytes, start)})`);
      return;
    }
    this.read();
  }

  /** Hands on whole frames. A handler may close or drop this pipe at any of them. */
  private read(): void {
    for (;;) {
      if (this.isGone) return;
      const size = this.kcp.peekSize();
      if (size < 0) return;
      const chunk = size > scratch.length ? this.kcp.receive() : this.readInto(size);
      if (chunk !== null && !this.push(chunk)) return;
    }
  }

  private readInto(size: number): Uint8Array {
    this.kcp.receiveInto(scratch);
    return scratch.subarray(0, size);
  }

  private push(chunk: Uint8Array): boolean {
    const isReadable = this.assembler.push(
      chunk,
      () => this.frameBytesMax,
      (frame) => {
        if (this.state !== "open") return false;
        this.onFrame?.(frame);
        return this.state === "open";
      },
    );
    if (!isReadable) this.host.driver.fail(this, `a frame is larger than ${this.frameBytesMax} bytes`);
    return isReadable;
  }

  private reportClose(reason: string): void {
    if (this.isCloseReported) return;
    this.isCloseReported = true;
    this.host.driver.scheduler.defer(() => this.onClose?.(reason));
  }
}

function letGo(item: Waiting): void {
  if (!(item instanceof Uint8Array)) item.release();
}
