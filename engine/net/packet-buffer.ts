/**
 * Buffers that whole packets are made in and sent from, used again and again: one copy of the bytes serves the gathering, the resend
 * buffer and the socket. Room is kept in front, so that a transport writes its own head there and hands the system one piece.
 *
 * Ownership is counted. Who takes a buffer holds it; whoever else needs its bytes later (a resend buffer, a socket that has not handed
 * them to the system yet) holds it as well; when the last lets go it may be another's packet at once. Invariant: while anybody holds a
 * packet its bytes `[start, end)` do not change. No socket, no clock, one thread.
 */
import { AeonError } from "../base/errors.js";
import { WEBSOCKET_HEAD_BYTES_MAX } from "./websocket-head.js";

/** Before `start`, for the head of a transport. */
export const PACKET_HEADROOM_BYTES = WEBSOCKET_HEAD_BYTES_MAX;

const KIB = 1_024;
const SMALLEST_BYTES = 256;
/** Sizes between two powers of two: at most a fifth of a buffer is empty. */
const STEPS_PER_DOUBLING = 4;
/** Larger ones are made for the purpose and left to the garbage collector. */
const LARGEST_BYTES = 64 * KIB;
const IDLE_BYTES_MAX = 8 * KIB * KIB;

export class PacketBuffer {
  readonly bytes: Uint8Array;
  /** Over the same bytes. */
  readonly view: DataView;
  /** The packet is `bytes[start, end)`. */
  start = PACKET_HEADROOM_BYTES;
  end = PACKET_HEADROOM_BYTES;
  /** `release` as a callback. */
  readonly letGo: () => void;
  private readonly pool: PacketPool;
  private holders = 0;

  /** Called by its pool. */
  constructor(pool: PacketPool, capacityBytes: number) {
    this.pool = pool;
    this.bytes = new Uint8Array(capacityBytes);
    this.view = new DataView(this.bytes.buffer);
    this.letGo = () => this.release();
  }

  get length(): number {
    return this.end - this.start;
  }

  get isHeld(): boolean {
    return this.holders > 0;
  }

  /** One more holder. */
  hold(): this {
    this.holders++;
    return this;
  }

  /** One holder less; the last gives it back. Throws INTERNAL when nobody holds it. */
  release(): void {
    if (this.holders <= 0) throw new AeonError("INTERNAL", "a packet is let go of more often than it was held");
    this.holders--;
    if (this.holders === 0) this.pool.takeBack(this);
  }

  /** The packet, as a view that is valid while the caller holds it. */
  written(): Uint8Array {
    return this.bytes.subarray(this.start, this.end);
  }
}

export class PacketPool {
  /** What lies idle, all sizes together. */
  idleBytes = 0;
  private readonly idleBytesMax: number;
  /** By class of size. */
  private readonly idle: PacketBuffer[][] = [];

  constructor(idleBytesMax: number = IDLE_BYTES_MAX) {
    this.idleBytesMax = idleBytesMax;
  }

  /** A buffer of at least `capacityBytes`, held once, by the caller; empty, its bytes are whatever they were. */
  take(capacityBytes: number): PacketBuffer {
    const size = sizeClass(capacityBytes);
    const used = size.bytes <= LARGEST_BYTES ? this.idle[size.index]?.pop() : undefined;
    if (used === undefined) return new PacketBuffer(this, size.bytes).hold();
    this.idleBytes -= used.bytes.length;
    used.start = PACKET_HEADROOM_BYTES;
    used.end = PACKET_HEADROOM_BYTES;
    return used.hold();
  }

  /** Called by a buffer that nobody holds any more. */
  takeBack(buffer: PacketBuffer): void {
    const { length } = buffer.bytes;
    if (length > LARGEST_BYTES || this.idleBytes + length > this.idleBytesMax) return;
    const { index } = sizeClass(length);
    const list = this.idle[index];
    if (list === undefined) this.idle[index] = [buffer];
    else list.push(buffer);
    this.idleBytes += length;
  }
}

/** Reused by `sizeClass`: read it before the next call. */
const found = { index: 0, bytes: 0 };

/** The smallest class that holds so many bytes: SMALLEST_BYTES, then STEPS_PER_DOUBLING even steps to each next power of two. */
function sizeClass(bytes: number): { readonly index: number; readonly bytes: number } {
  if (bytes <= SMALLEST_BYTES) {
    found.index = 0;
    found.bytes = SMALLEST_BYTES;
    return found;
  }
  const doublings = 31 - Math.clz32((bytes - 1) / SMALLEST_BYTES);
  const base = SMALLEST_BYTES * 2 ** doublings;
  const step = base / STEPS_PER_DOUBLING;
  const steps = Math.ceil((bytes - base) / step);
  found.index = doublings * STEPS_PER_DOUBLING + steps;
  found.bytes = base + steps * step;
  return found;
}
