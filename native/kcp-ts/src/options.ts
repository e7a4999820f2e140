/**
 * What a Kcp can be told when it is made: each option with unit, range and cost, the reference's defaults, and the check of the ranges.
 * Whoever makes sessions calls it; a wrong option is a mistake of the program and throws RangeError.
 */
import { HEADER_BYTES } from "./header.js";
import type { SegmentPool } from "./segment-pool.js";

export interface KcpOptions {
  /**
   * 0: patient (time-outs double, at least 100 ms); 1: time-outs grow by half of the segment's own; 2: by half of the measured one. Higher
   * resends sooner and sends more in vain. Default 0.
   */
  readonly nodelay?: 0 | 1 | 2;
  /** ms between the flushes of `update`, 10–5,000; also what the peer may wait before it acknowledges. Lower costs more datagrams. Default 100. */
  readonly intervalMs?: number;
  /** A segment is resent once this many later ones were acknowledged, 0–255; 0: only by time. Lower resends more in vain. Default 0. */
  readonly fastResend?: number;
  /** How often one segment may be resent by that rule, 0–255; 0: without end. Default 5. */
  readonly fastResendLimit?: number;
  /** false: in flight is only what both windows allow. true: less after a loss, as TCP does; then loss costs latency. Default true. */
  readonly congestionControl?: boolean;
  /** ms that a time-out lasts at least, 1–60,000. Default 100, and 30 with `nodelay`. */
  readonly minRtoMs?: number;
  /** Segments in flight at most, 1–32,768. Memory: as many segments. Default 32. */
  readonly sendWindow?: number;
  /** Segments held for the reader at most, 128–32,768 (a message of 127 fragments has to fit). Memory: twice as many datagrams at most. Default 128. */
  readonly receiveWindow?: number;
  /**
   * Bytes, in slots of the pool, above which segments that came too early are not kept, 1–2³⁰; the next in order always is. The peer is told
   * a window of as many full datagrams. Lower bounds what a peer that leaves gaps can hold, and slows one that sends much. Default: the
   * window is the bound.
   */
  readonly receiveBytesMax?: number;
  /** Bytes of a datagram at most, 50–65,507. Above the path's MTU datagrams are cut by IP and lost more often. Default 1,400. */
  readonly mtuBytes?: number;
  /** true: bytes without borders, so that small sends share a segment; false: messages. Both ends must agree. Default false. */
  readonly stream?: boolean;
  /** Transmissions of one segment after which the line is dead, 1–1,000. Default 20. */
  readonly deadLink?: number;
  /**
   * 0–2: a segment is repeated in that many of the next datagrams that carry data anyway and have room, so that the next one mends what
   * the last one lost. No datagram more; two or three times the bytes. Measured with 20 % loss, 50 messages of 100 bytes a second: p99
   * 370 ms without, 226 with 1, 170 with 2. Ours; the wire knows nothing of it. Default 0.
   */
  readonly redundancy?: number;
  /** Segments that wait in front of the window at most, 1–1,000,000; `send` refuses more. Default 2,048. */
  readonly queueSegmentsMax?: number;
  /** Bytes of a datagram that `input` takes, `mtuBytes`–65,535. Bounds what a peer can make us hold. Default 1,500, or `mtuBytes`. */
  readonly datagramBytesMax?: number;
  /** Where segments are kept; sessions of one thread share one, so that idle ones hold no memory. Default: one for all. */
  readonly pool?: SegmentPool;
}

type Numeric = { readonly [K in keyof KcpOptions as NonNullable<KcpOptions[K]> extends number ? K : never]: 0 };

/** Smallest and largest. */
const RANGES: { readonly [K in keyof Numeric]-?: readonly [number, number] } = {
  nodelay: [0, 2],
  intervalMs: [10, 5_000],
  fastResend: [0, 255],
  fastResendLimit: [0, 255],
  minRtoMs: [1, 60_000],
  sendWindow: [1, 32_768],
  receiveWindow: [128, 32_768],
  receiveBytesMax: [1, 2 ** 30],
  mtuBytes: [50, 65_507],
  deadLink: [1, 1_000],
  redundancy: [0, 2],
  queueSegmentsMax: [1, 1_000_000],
  datagramBytesMax: [HEADER_BYTES, 65_535],
};

/** Throws RangeError for a number that is not whole or out of its range. */
export function checkOptions(options: KcpOptions): void {
  for (const [name, [smallest, largest]] of Object.entries(RANGES)) {
    const value = options[name as keyof Numeric];
    if (value === undefined) continue;
    if (!Number.isInteger(value) || value < smallest || value > largest) {
      throw new RangeError(`${name} is ${value}; whole numbers ${smallest} to ${largest} are allowed`);
    }
  }
}
