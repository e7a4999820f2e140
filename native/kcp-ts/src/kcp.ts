/**
 * KCP as a pure state machine: no socket, no clock, and nothing allocated per segment in the steady state. Its segments on the wire, and
 * when it sends what, are those of the C reference (https://github.com/skywind3000/kcp); redundancy, flushing at the end of a turn and
 * the bounds are ours, and a reference peer notices nothing of them.
 *
 * Invariants, with numbers and times as int32 that wrap, compared by their difference:
 * - of what is sent, [sendUna, sendNext) is in flight and [sendNext, sendEnd) waits; what is acknowledged within has no slot;
 * - `input` believes nothing: any bytes give a code, and memory stays below 2 × receiveWindow × datagramBytesMax, and a datagram above
 *   receiveBytesMax;
 * - a segment is acknowledged only when it is kept.
 *
 * The owner passes datagrams in, and calls either `update` each interval, as with the reference, or `flush` at the end of each turn in
 * which it sent or took something, and when `dueInMs` is over. One thread.
 */
import { AckList } from "./ack-list.js";
import { KCP_CODE, type KcpCode } from "./codes.js";
import { Congestion } from "./congestion.js";
import { AT, COMMAND, HEADER_BYTES, readInt32, writeHeader } from "./header.js";
import { checkOptions, type KcpOptions } from "./options.js";
import { ReceiveQueue } from "./receive-queue.js";
import { RoundTrip } from "./round-trip.js";
import { SegmentPool } from "./segment-pool.js";
import { NO_SLOT, SegmentRing } from "./segment-ring.js";

/** Takes a datagram; `bytes` is valid during the call only. May call anything of other sessions, and nothing of the one that calls it. */
export type KcpOutput = (bytes: Uint8Array) => void;

/** What happened since the session began. */
export interface KcpCounters {
  /** Segments sent for the first time. */
  sent: number;
  resentByTime: number;
  resentByAcks: number;
  /** Sent once more for redundancy. */
  repeated: number;
  /** Segments that came and were there already. */
  duplicates: number;
  /** Segments that came and were ahead of the window. */
  outOfWindow: number;
  /** Segments that came too early and found no room below `receiveBytesMax`. */
  refused: number;
  /** Flushes that could not be, since the pool was at its bound. */
  postponed: number;
}

const MIN_RTO_MS = 100;
const MIN_RTO_NODELAY_MS = 30;
/** A segment's time-out grows with each resend; far above any that a session lives to see. */
const SEGMENT_RTO_MAX_MS = 1 << 29;
const PROBE_FIRST_MS = 7_000;
const PROBE_MAX_MS = 120_000;
/** `update` starts anew after a longer silence, or a clock that jumped. */
const CLOCK_JUMP_MS = 10_000;
/** The peer's window before it has said one, and the fragments that a message may have with any peer: one less. */
const REFERENCE_WINDOW = 128;
/** Acknowledgements noted per segment of the window: copies and resends of one come within one interval. */
const ACKS_PER_SEGMENT = 4;
const DATAGRAM_BYTES_MAX = 1_500;
const QUEUE_SEGMENTS_MAX = 2_048;
/** The window is the bound. */
const RECEIVE_BYTES_MAX = 2 ** 30;

const PROBE_ASK = 1;
const PROBE_TELL = 2;
const PROBE_COMMANDS = [
  [PROBE_ASK, COMMAND.askWindow],
  [PROBE_TELL, COMMAND.tellWindow],
] as const;

/** Words of a segment to send. */
const SEND_WORDS_LOG2 = 3;
/** `length | fragment << 16` */
const SHAPE = 1;
const RESEND_AT = 2;
const RTO = 3;
/** How often later segments were acknowledged. */
const SKIPPED = 4;
const TRANSMISSIONS = 5;
/** Repeats for redundancy that are still to come. */
const REPEATS = 6;
const SENT_AT = 7;
const SHAPE_FRAGMENT_SHIFT = 16;
const SHAPE_LENGTH_MASK = 0xffff;

let commonPool: SegmentPool | null = null;

export class Kcp {
  /** The conversation's number, unsigned; the same at both ends. */
  readonly conv: number;
  readonly counters: KcpCounters = {
    sent: 0,
    resentByTime: 0,
    resentByAcks: 0,
    repeated: 0,
    duplicates: 0,
    outOfWindow: 0,
    refused: 0,
    postponed: 0,
  };
  /** 0–2, see KcpOptions; may be changed at any time and holds for segments sent from then on. */
  redundancy: number;
  /** See KcpOptions; may be changed at any time. What is held already stays. */
  receiveBytesMax: number;

  private readonly output: KcpOutput;
  private readonly pool: SegmentPool;
  private readonly convWord: number;
  private readonly isStream: boolean;
  private readonly deadLink: number;
  private readonly fastResendLimit: number;
  private readonly queueSegmentsMax: number;
  private readonly minRtoMs: number | undefined;
  private readonly roundTrip: RoundTrip;
  private readonly congestion = new Congestion();
  private readonly acks: AckList;
  private readonly sendRing = new SegmentRing(SEND_WORDS_LOG2);
  private readonly received: ReceiveQueue;

  private nodelay = 0;
  private intervalMs = 100;
  private fastResend = 0;
  private usesCongestion = true;
  private sendWindow = 32;
  private mtuBytes = 1_400;
  private datagramBytesMax = DATAGRAM_BYTES_MAX;
  /** Of the largest MTU so far: a segment cut under it may still wait. */
  private scratchBytes = 0;

  private nowMs = 0;
  private flushAtMs = 0;
  /** False before the first `update` or `flush`: there is no time yet. */
  private hasTime = false;
  private isFlushing = false;
  private isLineDead = false;

  private sendUna = 0;
  private sendNext = 0;
  private sendEnd = 0;
  /** Bytes of the pool that segments to send keep. */
  private sendBytes = 0;
  /** Of [sendUna, sendNext), those that have a slot. */
  private inFlightCount = 0;
  /** A segment in flight may have repeats to come, none below `repeatFrom`. */
  private hasRepeats = false;
  private repeatFrom = 0;
  /** This flush sends a segment with data, so that the peer has to answer anyway. */
  private hasWrittenData = false;
  /** No segment in flight is due before it; a bound, since what is acknowledged does not raise it. */
  private resendFloorMs = 0;
  /** A segment may have been skipped often enough to be resent. */
  private hasSkipped = false;
  private remoteWindow = REFERENCE_WINDOW;

  /** Of this flush; 0 when it had none. */
  private lastAckNumber = 0;
  private lastAckTime = 0;

  /** PROBE_ASK, PROBE_TELL or both: to be sent by the next flush. */
  private probe = 0;
  private probeAtMs = 0;
  /** 0: the peer has room, so none is asked for. */
  private probeWaitMs = 0;

  /** Throws RangeError for an option out of its range. `conv`: any 32-bit number. */
  constructor(conv: number, options: KcpOptions, output: KcpOutput) {
    checkOptions(options);
    this.conv = conv >>> 0;
    this.convWord = conv | 0;
    this.output = output;
    commonPool ??= new SegmentPool();
    this.pool = options.pool ?? commonPool;
    this.isStream = options.stream ?? false;
    this.deadLink = options.deadLink ?? 20;
    this.fastResendLimit = options.fastResendLimit ?? 5;
    this.queueSegmentsMax = options.queueSegmentsMax ?? QUEUE_SEGMENTS_MAX;
    this.minRtoMs = options.minRtoMs;
    this.redundancy = options.redundancy ?? 0;
    this.receiveBytesMax = options.receiveBytesMax ?? RECEIVE_BYTES_MAX;
    this.roundTrip = new RoundTrip(options.minRtoMs ?? MIN_RTO_MS);
    this.acks = new AckList(0);
    this.received = new ReceiveQueue(this.pool, REFERENCE_WINDOW);
    this.setWindow(options.sendWindow ?? this.sendWindow, options.receiveWindow ?? REFERENCE_WINDOW);
    this.setMtu(options.mtuBytes ?? this.mtuBytes);
    this.datagramBytesMax = Math.max(options.datagramBytesMax ?? DATAGRAM_BYTES_MAX, this.mtuBytes);
    this.setNoDelay(options);
  }

  /** Nothing queued, unacknowledged, to acknowledge or to probe: needs no call before the next `send` or `input`. */
  get isIdle(): boolean {
    return this.sendEnd === this.sendUna && this.acks.count === 0 && this.probe === 0 && this.remoteWindow !== 0;
  }

  /** A segment was sent `deadLink` times in vain. It goes on trying; whether to give up is the owner's to decide. */
  get isDead(): boolean {
    return this.isLineDead;
  }

  /** Segments queued or in flight. Producers that ask for it before they send keep queues short. */
  get waitingSegments(): number {
    return ((this.sendEnd - this.sendNext) | 0) + this.inFlightCount;
  }

  /** Segments, whole and in order, that the reader has not taken. */
  get unreadSegments(): number {
    return this.received.unreadCount;
  }

  /** Bytes of the pool that this session keeps from others, in whole slots: what is to be sent or acknowledged, and what came and was not read. */
  get heldBytes(): number {
    return this.sendBytes + this.received.heldBytes;
  }

  /** Bytes of the longest message that `send` takes, with the present MTU. */
  get messageBytesMax(): number {
    return this.mss * (REFERENCE_WINDOW - 1);
  }

  /** Smoothed round trip in ms, 0 before the first; it contains the peer's wait before it acknowledges. */
  get roundTripMs(): number {
    return this.roundTrip.smoothedMs;
  }

  /** ms after which a segment sent now is resent. */
  get timeoutMs(): number {
    return this.roundTrip.timeoutMs;
  }

  /** Acknowledgements not noted, since a peer sent far more segments than its window between two flushes. */
  get droppedAcks(): number {
    return this.acks.droppedCount;
  }

  private get mss(): number {
    return this.mtuBytes - HEADER_BYTES;
  }

  /** In segments, see KcpOptions. A smaller receive window holds for what comes from now on. */
  setWindow(sendWindow: number, receiveWindow: number): void {
    checkOptions({ sendWindow, receiveWindow });
    this.sendWindow = sendWindow;
    this.received.window = receiveWindow;
    this.acks.setCountMax(ACKS_PER_SEGMENT * receiveWindow);
  }

  /** In bytes, see KcpOptions; for segments cut from now on. What is cut already is sent as it is. */
  setMtu(mtuBytes: number): void {
    checkOptions({ mtuBytes });
    this.mtuBytes = mtuBytes;
    this.scratchBytes = Math.max(this.scratchBytes, mtuBytes);
    this.datagramBytesMax = Math.max(this.datagramBytesMax, mtuBytes);
  }

  /** What is left out stays as it is. */
  setNoDelay(options: Pick<KcpOptions, "nodelay" | "intervalMs" | "fastResend" | "congestionControl">): void {
    checkOptions(options);
    this.intervalMs = options.intervalMs ?? this.intervalMs;
    this.usesCongestion = options.congestionControl ?? this.usesCongestion;
    if (options.fastResend !== undefined) {
      this.fastResend = options.fastResend;
      this.hasSkipped = this.inFlightCount > 0;
    }
    if (options.nodelay !== undefined) {
      this.nodelay = options.nodelay;
      this.roundTrip.minTimeoutMs = this.minRtoMs ?? (options.nodelay > 0 ? MIN_RTO_NODELAY_MS : MIN_RTO_MS);
    }
  }

  /** Gives all memory back to the pool. No other call may follow. */
  release(): void {
    this.sendRing.releaseAll(this.pool);
    this.sendBytes = 0;
    this.sendUna = this.sendNext = this.sendEnd;
    this.inFlightCount = 0;
    this.received.release();
  }

  // --- sending -------------------------------------------------------------------------------------------------------------------

  /**
   * Queues bytes[start, end), which are copied; nothing is sent before `flush` or `update`. Of a message that is refused nothing is
   * queued: `messageTooLong`, `queueFull`, `poolFull`. In stream mode no bytes are no message; else an empty one is one.
   */
  send(bytes: Uint8Array, start = 0, end = bytes.length): KcpCode {
    if (this.isFlushing) this.checkNotFlushing();
    const queued = (this.sendEnd - this.sendNext) | 0;
    if (!this.isStream && end - start <= this.mss) {
      if (queued >= this.queueSegmentsMax) return KCP_CODE.queueFull;
      return this.queueSegment(bytes, start, end, 0) ? KCP_CODE.ok : KCP_CODE.poolFull;
    }
    return this.sendLong(bytes, start, end, queued);
  }

  private sendLong(bytes: Uint8Array, start: number, end: number, queued: number): KcpCode {
    const appended = this.isStream ? Math.min(this.roomInLast(queued), end - start) : 0;
    const { mss } = this;
    const count = Math.ceil((end - start - appended) / mss);
    if (count >= REFERENCE_WINDOW) return KCP_CODE.messageTooLong;
    if (queued + count > this.queueSegmentsMax) return KCP_CODE.queueFull;
    const before = this.sendEnd;
    for (let i = 0, at = start + appended; i < count; i++, at += mss) {
      const fragment = this.isStream ? 0 : count - 1 - i;
      if (!this.queueSegment(bytes, at, Math.min(at + mss, end), fragment)) return this.unqueue(before);
    }
    if (appended > 0 && !this.appendTo((before - 1) | 0, bytes, start, start + appended)) return this.unqueue(before);
    return KCP_CODE.ok;
  }

  private queueSegment(bytes: Uint8Array, start: number, end: number, fragment: number): boolean {
    const { pool, sendRing } = this;
    const slot = pool.take(end - start);
    if (slot < 0) return false;
    pool.copyIn(bytes, start, end, slot);
    this.sendBytes += pool.sizeOf(slot);
    const number = this.sendEnd;
    const next = (number + 1) | 0;
    if (((next - this.sendUna) | 0) > sendRing.mask + 1) sendRing.reserve(this.sendUna, next);
    const { words } = sendRing;
    const at = (number & sendRing.mask) << SEND_WORDS_LOG2;
    words[at] = slot;
    words[at + SHAPE] = (end - start) | (fragment << SHAPE_FRAGMENT_SHIFT);
    words[at + SKIPPED] = 0;
    words[at + TRANSMISSIONS] = 0;
    words[at + REPEATS] = 0;
    this.sendEnd = next;
    return true;
  }

  private unqueue(end: number): KcpCode {
    const { words, mask } = this.sendRing;
    for (let number = end; number !== this.sendEnd; number = (number + 1) | 0) {
      const at = (number & mask) << SEND_WORDS_LOG2;
      this.sendBytes -= this.pool.release(words[at] as number);
      words[at] = NO_SLOT;
    }
    this.sendEnd = end;
    return KCP_CODE.poolFull;
  }

  /** Bytes that the last segment of the queue has room for. */
  private roomInLast(queued: number): number {
    if (queued === 0) return 0;
    const at = (((this.sendEnd - 1) | 0) & this.sendRing.mask) << SEND_WORDS_LOG2;
    return Math.max(0, this.mss - ((this.sendRing.words[at + SHAPE] as number) & SHAPE_LENGTH_MASK));
  }

  /** Stream mode: lengthens a segment that waits. */
  private appendTo(number: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { pool, sendRing } = this;
    const at = (number & sendRing.mask) << SEND_WORDS_LOG2;
    let slot = sendRing.words[at] as number;
    const length = (sendRing.words[at + SHAPE] as number) & SHAPE_LENGTH_MASK;
    const longer = length + end - start;
    if (longer > pool.sizeOf(slot)) {
      const larger = pool.take(longer);
      if (larger < 0) return false;
      pool.bytes.copyWithin(larger, slot, slot + length);
      this.sendBytes += pool.sizeOf(larger) - pool.release(slot);
      slot = larger;
    }
    pool.copyIn(bytes, start, end, slot + length);
    sendRing.words[at] = slot;
    sendRing.words[at + SHAPE] = longer;
    return true;
  }

  /** A segment in flight has arrived. */
  private freeSent(number: number): void {
    const at = (number & this.sendRing.mask) << SEND_WORDS_LOG2;
    const slot = this.sendRing.words[at] as number;
    if (slot === NO_SLOT) return;
    this.sendBytes -= this.pool.release(slot);
    this.sendRing.words[at] = NO_SLOT;
    this.inFlightCount--;
  }

  // --- receiving -----------------------------------------------------------------------------------------------------------------

  /** Bytes of the next whole message (in stream mode: of the next segment); −1: there is none. */
  peekSize(): number {
    return this.received.peekSize();
  }

  /** The next message, in an array that is the caller's; null: there is none. Short ones share memory, as Node's buffers do. */
  receive(): Uint8Array | null {
    const length = this.received.peekSize();
    if (length < 0) return null;
    const at = this.pool.reserveChunk(length);
    const { chunk } = this.pool;
    this.take(chunk, at);
    return chunk.subarray(at, at + length);
  }

  /** Copies the next message to target[at…]. Its length; −1: there is none; −2: it does not fit, and stays. */
  receiveInto(target: Uint8Array, at = 0): number {
    const length = this.received.peekSize();
    if (length < 0) return -1;
    if (length > target.length - at) return -2;
    this.take(target, at);
    return length;
  }

  /** As `receive`, but without a copy if it came in one segment: valid until the next call of any Kcp of the same pool. */
  receiveView(): Uint8Array | null {
    const wasFull = this.received.room === 0;
    const view = this.received.takeView();
    if (view === null) return this.receive();
    this.handleRead(wasFull);
    return view;
  }

  private take(target: Uint8Array, at: number): void {
    const wasFull = this.received.room === 0;
    this.received.take(target, at);
    this.handleRead(wasFull);
  }

  /** A peer that was told "no room" is told that there is. */
  private handleRead(wasFull: boolean): void {
    if (wasFull && this.received.room > 0) this.probe |= PROBE_TELL;
  }

  // --- datagrams in --------------------------------------------------------------------------------------------------------------

  /**
   * Takes the datagram bytes[start, end), which stays the caller's. `nowMs` makes round trips exact; without it the time of the last
   * call that had one counts, as in the reference. A code other than `ok`: what stood before the wrong segment holds, the rest is
   * dropped. On an open network anybody can send such bytes: close the session only if the datagram was authenticated.
   */
  input(bytes: Uint8Array, start = 0, end = bytes.length, nowMs = this.nowMs): KcpCode {
    if (this.isFlushing) this.checkNotFlushing();
    this.nowMs = nowMs | 0;
    if (end - start < HEADER_BYTES) return KCP_CODE.notOurs;
    if (end - start > this.datagramBytesMax) return KCP_CODE.tooLarge;
    const unaBefore = this.sendUna;
    let hasAck = false;
    let newestAck = 0;
    let slot = NO_SLOT;
    for (let at = start; end - at >= HEADER_BYTES; ) {
      if (readInt32(bytes, at) !== this.convWord) return KCP_CODE.notOurs;
      const command = bytes[at + AT.command] as number;
      const number = readInt32(bytes, at + AT.number);
      const length = readInt32(bytes, at + AT.length);
      const dataAt = at + HEADER_BYTES;
      if (length < 0 || length > end - dataAt) return KCP_CODE.badLength;
      if (command < COMMAND.push || command > COMMAND.tellWindow) return KCP_CODE.badCommand;
      this.remoteWindow = (bytes[at + AT.window] as number) | ((bytes[at + AT.window + 1] as number) << 8);
      this.handleUna(readInt32(bytes, at + AT.una));
      if (command === COMMAND.push) {
        const fragment = bytes[at + AT.fragment] as number;
        if (fragment >= this.received.window) return KCP_CODE.tooLarge;
        const time = readInt32(bytes, at + AT.time);
        if (this.isWanted(number, time)) {
          if (!this.hasRoomFor(number, slot !== NO_SLOT)) this.counters.refused++;
          else {
            if (slot === NO_SLOT) slot = this.keepDatagram(bytes, start, end);
            else this.pool.hold(slot);
            if (slot === NO_SLOT) return KCP_CODE.poolFull;
            this.acks.push(number, time);
            this.received.store(number, slot, slot + dataAt - start, length, fragment);
          }
        }
      } else if (command === COMMAND.ack) {
        this.handleAck(number, readInt32(bytes, at + AT.time));
        if (!hasAck || ((number - newestAck) | 0) > 0) newestAck = number;
        hasAck = true;
      } else if (command === COMMAND.askWindow) {
        this.probe |= PROBE_TELL;
      }
      at = dataAt + length;
    }
    if (hasAck) this.handleSkipped(newestAck);
    if (((this.sendUna - unaBefore) | 0) > 0) this.congestion.handleProgress(this.remoteWindow, this.mss);
    return KCP_CODE.ok;
  }

  /** The peer has everything below `una`. */
  private handleUna(una: number): void {
    if (((una - this.sendUna) | 0) <= 0) return;
    const end = ((una - this.sendNext) | 0) > 0 ? this.sendNext : una;
    let number = this.sendUna;
    for (; number !== end; number = (number + 1) | 0) this.freeSent(number);
    this.sendUna = number;
    this.passAcknowledged();
  }

  private handleAck(number: number, time: number): void {
    const rttMs = (this.nowMs - time) | 0;
    if (rttMs >= 0) this.roundTrip.handleSample(rttMs, this.intervalMs);
    if (!this.isInFlight(number)) return;
    this.freeSent(number);
    this.passAcknowledged();
  }

  /** `sendUna` stands at a segment that is not acknowledged, or at the end of those in flight. */
  private passAcknowledged(): void {
    const { words, mask } = this.sendRing;
    let number = this.sendUna;
    while (number !== this.sendNext && words[(number & mask) << SEND_WORDS_LOG2] === NO_SLOT) number = (number + 1) | 0;
    this.sendUna = number;
  }

  private isInFlight(number: number): boolean {
    return ((number - this.sendUna) | 0) >= 0 && ((number - this.sendNext) | 0) < 0;
  }

  /** A datagram acknowledged `newest`, so what is older and still in flight was overtaken. */
  private handleSkipped(newest: number): void {
    if (!this.isInFlight(newest)) return;
    const { words, mask } = this.sendRing;
    for (let number = this.sendUna; number !== newest; number = (number + 1) | 0) {
      const at = (number & mask) << SEND_WORDS_LOG2;
      if (words[at] === NO_SLOT) continue;
      const skipped = (words[at + SKIPPED] as number) + 1;
      words[at + SKIPPED] = skipped;
      if (this.fastResend > 0 && skipped >= this.fastResend) this.hasSkipped = true;
    }
  }

  /** Whether a segment is new and within the window. What came before is acknowledged again; what is new, when it is kept. */
  private isWanted(number: number, time: number): boolean {
    if (this.received.isAhead(number)) {
      this.counters.outOfWindow++;
      return false;
    }
    if (this.received.isNew(number)) return true;
    this.acks.push(number, time);
    this.counters.duplicates++;
    return false;
  }

  /** The one that all others wait for always has: without it nothing is read, and no room comes. `isKept`: its datagram is. */
  private hasRoomFor(number: number, isKept: boolean): boolean {
    const { received } = this;
    if (received.heldBytes < this.receiveBytesMax) return true;
    return number === received.next && (isKept || received.unreadCount === 0);
  }

  /** One copy for all segments of a datagram: 5 ns a segment of 100 bytes instead of 65. */
  private keepDatagram(bytes: Uint8Array, start: number, end: number): number {
    const { pool } = this;
    const slot = pool.take(end - start);
    if (slot < 0) return NO_SLOT;
    pool.copyIn(bytes, start, end, slot);
    this.received.heldBytes += pool.sizeOf(slot);
    return slot;
  }

  // --- datagrams out -------------------------------------------------------------------------------------------------------------

  /** As the reference's: flushes when an interval is over. To be called each interval, or when `check` says so. */
  update(nowMs: number): void {
    const now = nowMs | 0;
    this.nowMs = now;
    if (!this.hasTime) {
      this.hasTime = true;
      this.flushAtMs = now;
    }
    let late = (now - this.flushAtMs) | 0;
    if (late >= CLOCK_JUMP_MS || late < -CLOCK_JUMP_MS) {
      this.flushAtMs = now;
      late = 0;
    }
    if (late < 0) return;
    this.flushAtMs = late >= this.intervalMs ? (now + this.intervalMs) | 0 : (this.flushAtMs + this.intervalMs) | 0;
    this.flushNow();
  }

  /** As the reference's, but relative: ms from `nowMs` until `update` has something to do, 0 to `intervalMs`. */
  check(nowMs: number): number {
    if (!this.hasTime) return 0;
    const now = nowMs | 0;
    const untilFlush = (this.flushAtMs - now) | 0;
    if (untilFlush <= 0 || untilFlush > CLOCK_JUMP_MS) return 0;
    let least = Math.min(untilFlush, this.intervalMs);
    const { words, mask } = this.sendRing;
    for (let number = this.sendUna; number !== this.sendNext; number = (number + 1) | 0) {
      const at = (number & mask) << SEND_WORDS_LOG2;
      if (words[at] !== NO_SLOT) least = Math.min(least, ((words[at + RESEND_AT] as number) - now) | 0);
    }
    return Math.max(0, least);
  }

  /** Sends all that is due, now: acknowledgements, probes, new segments, resends. For hosts that do so at the end of a turn. */
  flush(nowMs: number): void {
    this.nowMs = nowMs | 0;
    if (!this.hasTime) {
      this.hasTime = true;
      this.flushAtMs = this.nowMs;
    }
    this.flushNow();
  }

  /**
   * ms from `nowMs` until `flush` has something to do; 0: now; Infinity: not before the next `send` or `input`, see `isIdle`.
   * `withAcks` false: acknowledgements wait for company, and the caller sees to it that they do not wait for long.
   */
  dueInMs(nowMs: number, withAcks = true): number {
    if (this.isIdle) return Number.POSITIVE_INFINITY;
    if ((withAcks && this.acks.count > 0) || this.probe !== 0 || this.hasSkipped) return 0;
    const now = nowMs | 0;
    let least = Number.POSITIVE_INFINITY;
    if (this.remoteWindow === 0) {
      if (this.probeWaitMs === 0) return 0;
      least = (this.probeAtMs - now) | 0;
    }
    if (this.sendNext !== this.sendEnd && this.maySendMore()) return 0;
    if (this.sendUna !== this.sendNext) least = Math.min(least, (this.resendFloorMs - now) | 0);
    return Math.max(0, least);
  }

  /** With nothing in flight a flush opens a congestion window that is closed. */
  private maySendMore(): boolean {
    if (this.sendNext === this.sendUna) return this.remoteWindow > 0;
    return ((this.sendNext - this.sendUna - this.window()) | 0) < 0;
  }

  private window(): number {
    const window = Math.min(this.sendWindow, this.remoteWindow);
    return this.usesCongestion ? Math.min(window, this.congestion.window) : window;
  }

  private flushNow(): void {
    if (this.isIdle) {
      this.probeWaitMs = 0;
      if (this.usesCongestion) this.congestion.openAtLeastOne(this.mss);
      return;
    }
    this.checkNotFlushing();
    const scratch = this.pool.takeScratch(this.scratchBytes);
    if (scratch < 0) {
      this.counters.postponed++;
      return;
    }
    this.isFlushing = true;
    try {
      this.writeAll(scratch);
    } finally {
      this.isFlushing = false;
      this.pool.releaseScratch(scratch);
    }
  }

  /** An output that calls back would change what is being written; it would be a mistake of the program, so it throws. */
  private checkNotFlushing(): void {
    if (this.isFlushing) throw new Error("kcp: the output called back into its own session");
  }

  /** Puts one datagram after the other together in the scratch slot; the order is the reference's, repeats last. */
  private writeAll(scratch: number): void {
    const room = this.toldRoom();
    let length = this.writeAcks(scratch, room);
    this.planProbe();
    if (this.probe !== 0) length = this.writeProbes(scratch, length, room);
    this.hasWrittenData = false;
    const window = this.window();
    const firstNew = this.takeFromQueue(window);
    length = this.writeSegments(scratch, length, room, firstNew, window);
    if (length === 0) return;
    if (this.hasRepeats && this.hasWrittenData) length = this.writeRepeats(scratch, length, room, firstNew);
    this.output(this.pool.datagramAt(scratch, length));
  }

  /** In segments: what the window has room for, and no more than receiveBytesMax takes of full datagrams. */
  private toldRoom(): number {
    const { room } = this.received;
    const bytesRoom = Math.max(1, Math.floor(this.receiveBytesMax / this.datagramBytesMax));
    return Math.min(room, bytesRoom);
  }

  private writeAcks(scratch: number, room: number): number {
    const { acks } = this;
    const { pairs, count } = acks;
    let length = 0;
    for (let i = 0; i < 2 * count; i += 2) {
      length = this.writeEmpty(scratch, length, COMMAND.ack, room, pairs[i] as number, pairs[i + 1] as number);
    }
    this.lastAckNumber = count === 0 ? 0 : (pairs[2 * count - 2] as number);
    this.lastAckTime = count === 0 ? 0 : (pairs[2 * count - 1] as number);
    acks.count = 0;
    return length;
  }

  /** Number and time mean nothing in these; the reference leaves those of the last acknowledgement there, and so do we. */
  private writeProbes(scratch: number, length: number, room: number): number {
    const { probe, lastAckNumber, lastAckTime } = this;
    for (const [flag, command] of PROBE_COMMANDS) {
      if ((probe & flag) !== 0) length = this.writeEmpty(scratch, length, command, room, lastAckNumber, lastAckTime);
    }
    this.probe = 0;
    return length;
  }

  /** A peer without room is asked for its window, ever less often: what it says of itself may be lost. */
  private planProbe(): void {
    if (this.remoteWindow !== 0) {
      this.probeWaitMs = 0;
      return;
    }
    if (this.probeWaitMs === 0) this.probeWaitMs = PROBE_FIRST_MS;
    else if (((this.nowMs - this.probeAtMs) | 0) < 0) return;
    else {
      this.probeWaitMs = Math.min(PROBE_MAX_MS, this.probeWaitMs + (this.probeWaitMs >> 1));
      this.probe |= PROBE_ASK;
    }
    this.probeAtMs = (this.nowMs + this.probeWaitMs) | 0;
  }

  /** Moves what the window allows from the queue to those in flight; the number of the first. */
  private takeFromQueue(window: number): number {
    const first = this.sendNext;
    const allowed = (this.sendUna + window - first) | 0;
    const count = Math.min(allowed, (this.sendEnd - first) | 0);
    if (count > 0) {
      this.sendNext = (first + count) | 0;
      this.inFlightCount += count;
    }
    return first;
  }

  /** New segments, and of those in flight the ones that are due. When none can be, only the new ones are looked at. */
  private writeSegments(scratch: number, length: number, room: number, firstNew: number, window: number): number {
    const now = this.nowMs;
    const hadFlight = firstNew !== this.sendUna;
    const looksAtAll = this.hasSkipped || (hadFlight && ((now - this.resendFloorMs) | 0) >= 0);
    let leastWaitMs = hadFlight && !looksAtAll ? (this.resendFloorMs - now) | 0 : SEGMENT_RTO_MAX_MS;
    let hasTimedOut = false;
    let hasFastResent = false;
    this.hasSkipped = false;
    const { words, mask } = this.sendRing;
    const end = this.sendNext;
    for (let number = looksAtAll ? this.sendUna : firstNew; number !== end; number = (number + 1) | 0) {
      const at = (number & mask) << SEND_WORDS_LOG2;
      if (words[at] === NO_SLOT) continue;
      if (words[at + TRANSMISSIONS] === 0) this.planFirst(words, at, now);
      else if (((now - (words[at + RESEND_AT] as number)) | 0) >= 0) {
        this.planAfterTimeout(words, at, now);
        hasTimedOut = true;
      } else if (this.isFastResendDue(words, at)) {
        this.planFastResend(words, at, now);
        hasFastResent = true;
      } else {
        leastWaitMs = Math.min(leastWaitMs, ((words[at + RESEND_AT] as number) - now) | 0);
        continue;
      }
      leastWaitMs = Math.min(leastWaitMs, ((words[at + RESEND_AT] as number) - now) | 0);
      length = this.writeSegment(scratch, length, room, number, at);
    }
    this.resendFloorMs = (now + leastWaitMs) | 0;
    this.adaptCongestion(hasFastResent, hasTimedOut, window);
    return length;
  }

  private planFirst(words: Int32Array, at: number, now: number): void {
    const { timeoutMs } = this.roundTrip;
    words[at + TRANSMISSIONS] = 1;
    words[at + RTO] = timeoutMs;
    words[at + RESEND_AT] = now + timeoutMs + (this.nodelay === 0 ? timeoutMs >> 3 : 0);
    words[at + SKIPPED] = 0;
    this.counters.sent++;
  }

  private planAfterTimeout(words: Int32Array, at: number, now: number): void {
    const { timeoutMs } = this.roundTrip;
    const rto = words[at + RTO] as number;
    const step = this.nodelay === 0 ? Math.max(rto, timeoutMs) : (this.nodelay === 1 ? rto : timeoutMs) >> 1;
    const longer = Math.min(SEGMENT_RTO_MAX_MS, rto + step);
    words[at + RTO] = longer;
    words[at + RESEND_AT] = now + longer;
    this.counters.resentByTime++;
    this.countTransmission(words, at);
    // The reference keeps the count of what overtook it, so the next flush may resend it once more.
    if (this.isFastResendDue(words, at)) this.hasSkipped = true;
  }

  private isFastResendDue(words: Int32Array, at: number): boolean {
    if (this.fastResend === 0 || (words[at + SKIPPED] as number) < this.fastResend) return false;
    return this.fastResendLimit === 0 || (words[at + TRANSMISSIONS] as number) <= this.fastResendLimit;
  }

  private planFastResend(words: Int32Array, at: number, now: number): void {
    words[at + SKIPPED] = 0;
    words[at + RESEND_AT] = now + (words[at + RTO] as number);
    this.counters.resentByAcks++;
    this.countTransmission(words, at);
  }

  private countTransmission(words: Int32Array, at: number): void {
    const transmissions = (words[at + TRANSMISSIONS] as number) + 1;
    words[at + TRANSMISSIONS] = transmissions;
    if (transmissions >= this.deadLink) this.isLineDead = true;
  }

  private adaptCongestion(hasFastResent: boolean, hasTimedOut: boolean, window: number): void {
    const { congestion, mss } = this;
    if (hasFastResent) congestion.handleFastResend((this.sendNext - this.sendUna) | 0, this.fastResend, mss);
    if (hasTimedOut) congestion.handleTimeout(window, mss);
    congestion.openAtLeastOne(mss);
  }

  private writeSegment(scratch: number, length: number, room: number, number: number, at: number): number {
    const { words } = this.sendRing;
    words[at + SENT_AT] = this.nowMs;
    this.hasWrittenData = true;
    if (this.redundancy > 0) this.planRepeats(words, at, number);
    const shape = words[at + SHAPE] as number;
    const bytes = shape & SHAPE_LENGTH_MASK;
    if (length + HEADER_BYTES + bytes > this.mtuBytes) length = this.emit(scratch, length);
    this.writeData(scratch + length, room, number, words[at] as number, shape);
    return length + HEADER_BYTES + bytes;
  }

  private writeData(to: number, room: number, number: number, slot: number, shape: number): void {
    const { bytes, view } = this.pool;
    const length = shape & SHAPE_LENGTH_MASK;
    const fragment = shape >>> SHAPE_FRAGMENT_SHIFT;
    writeHeader(view, to, this.convWord, COMMAND.push, fragment, room, this.nowMs, number, this.received.next, length);
    bytes.copyWithin(to + HEADER_BYTES, slot, slot + length);
  }

  private writeEmpty(scratch: number, length: number, command: number, room: number, number: number, time: number) {
    if (length + HEADER_BYTES > this.mtuBytes) length = this.emit(scratch, length);
    const { view } = this.pool;
    writeHeader(view, scratch + length, this.convWord, command, 0, room, time, number, this.received.next, 0);
    return length + HEADER_BYTES;
  }

  /** What is sent for the second time is as precious as what is sent for the first. */
  private planRepeats(words: Int32Array, at: number, number: number): void {
    if (!this.hasRepeats || ((number - this.repeatFrom) | 0) < 0) this.repeatFrom = number;
    words[at + REPEATS] = this.redundancy;
    this.hasRepeats = true;
  }

  /** Fills the last datagram of a flush with segments that went out at an earlier time, the oldest first. */
  private writeRepeats(scratch: number, length: number, room: number, firstNew: number): number {
    const { words, mask } = this.sendRing;
    let firstLeft = firstNew;
    for (let number = this.repeatStart(); ((number - firstNew) | 0) < 0; number = (number + 1) | 0) {
      const at = (number & mask) << SEND_WORDS_LOG2;
      if (words[at] === NO_SLOT || words[at + REPEATS] === 0) continue;
      const shape = words[at + SHAPE] as number;
      const need = HEADER_BYTES + (shape & SHAPE_LENGTH_MASK);
      const hasRoom = length + need <= this.mtuBytes;
      if (hasRoom && words[at + SENT_AT] !== this.nowMs) {
        this.writeData(scratch + length, room, number, words[at] as number, shape);
        length += need;
        words[at + REPEATS]!--;
        this.counters.repeated++;
      }
      if (firstLeft === firstNew && words[at + REPEATS] !== 0) firstLeft = number;
      if (!hasRoom) break;
    }
    this.repeatFrom = firstLeft;
    this.hasRepeats = firstLeft !== this.sendNext;
    return length;
  }

  private repeatStart(): number {
    return ((this.repeatFrom - this.sendUna) | 0) > 0 ? this.repeatFrom : this.sendUna;
  }

  /** Hands a full datagram out; the next begins. */
  private emit(scratch: number, length: number): number {
    if (length > 0) this.output(this.pool.datagramAt(scratch, length));
    return 0;
  }
}
