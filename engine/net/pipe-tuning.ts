/** What a KCP connection may take of each end, and how it paces itself. A gate's comes from the configuration (udp-listener.ts). */
import type { SegmentPool } from "../../native/kcp-ts/src/index.js";

export interface PipeTuning {
  /** Bytes of a datagram at most, UDP's own head not counted. */
  readonly mtuBytes: number;
  /** Segments in flight at most, from here. */
  readonly windowSegments: number;
  /** Segments from the peer that are held while an earlier one is missing, 128 at least: what a liar may cost. */
  readonly receiveWindowSegments: number;
  /** Datagrams a second that are taken from the peer, averaged over `rateWindowMs`; more, and it is closed. Infinity: any number. */
  readonly datagramsPerSecondMax: number;
  readonly rateWindowMs: number;
  /** How long acknowledgements may wait for company, in ms. */
  readonly intervalMs: number;
  /** How often a new segment is repeated in later datagrams: 0 … 2. */
  readonly redundancy: number;
  /** Likewise of loose frames; 0 … 2. */
  readonly looseRedundancy: number;
  /** Largest frame taken; settable on the connection later. */
  readonly frameBytesMax: number;
  /** Bytes of the pool that the peer may fill with what leaves a gap, once it is trusted; 2³⁰: the window is the bound. */
  readonly heldBytesMax: number;
  /** Likewise before it is. */
  readonly newcomerHeldBytesMax: number;
  /** Where segments are kept; absent: with all others of the thread. */
  readonly pool?: SegmentPool;
}

/** Without limits to the peer, but for the size of a frame: of clients, which chose their gate, and where none is the subject. */
export const TRUSTING_TUNING: Omit<PipeTuning, "frameBytesMax"> = {
  mtuBytes: 1_200,
  windowSegments: 256,
  receiveWindowSegments: 256,
  datagramsPerSecondMax: Number.POSITIVE_INFINITY,
  rateWindowMs: 1_000,
  intervalMs: 10,
  redundancy: 0,
  looseRedundancy: 0,
  heldBytesMax: 2 ** 30,
  newcomerHeldBytesMax: 2 ** 30,
};
