/**
 * A UDP socket as hosts of many sessions see it: batches of slots in typed arrays, peers as integers, keys that the port holds. Sealing,
 * opening, the replay window and where a peer is are the port's work, so that a native thread can take all of it over: what crosses
 * this line is numbers and bytes, with no object and no callback per packet.
 *
 * In TypeScript: datagram-port.ts, over a real socket (dgram-socket.ts) or a simulated one (simulated-datagrams.ts).
 */
import type { SessionId } from "../protocol/datagram.js";
import { ADDRESS_BYTES } from "./ip-address.js";
import type { SealKind } from "./seal.js";
import type { Address } from "./transport.js";

/** A peer at a port; NO_PEER is none. One that was removed is not given again soon. */
export type PeerHandle = number;
export const NO_PEER: PeerHandle = 0;
/** Two peers of a port at the same time never share `handle & PEER_INDEX_MASK`, and these are small: an index for tables. */
export const PEER_INDEX_MASK = 0xfffff;

/** Larger datagrams are dropped. */
export const DATAGRAM_BYTES_MAX = 2_048;
const BYTES_PER_SLOT = 512;

/** Datagrams on their way through a port, in either direction. Slot i is `bytes[offsets[i], offsets[i] + lengths[i])`. */
export class DatagramBatch {
  readonly bytes: Uint8Array;
  readonly peers: Int32Array;
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
  /** `[16 address, 2 port] * capacity`; only for slots without a peer. */
  readonly addresses: Uint8Array;
  count = 0;
  private end = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity * BYTES_PER_SLOT + DATAGRAM_BYTES_MAX);
    this.peers = new Int32Array(capacity);
    this.offsets = new Int32Array(capacity);
    this.lengths = new Int32Array(capacity);
    this.addresses = new Uint8Array(capacity * ADDRESS_BYTES);
  }

  /** There is no room for another datagram of any size. */
  get isFull(): boolean {
    return this.count === this.peers.length || this.end + DATAGRAM_BYTES_MAX > this.bytes.length;
  }

  /** Where the next slot's bytes are to be written, DATAGRAM_BYTES_MAX at most; call only when not full. */
  get nextOffset(): number {
    return this.end;
  }

  /** Makes a slot of the `length` bytes that were written at `nextOffset`; returns its number. */
  add(peer: PeerHandle, length: number): number {
    const slot = this.count++;
    this.peers[slot] = peer;
    this.offsets[slot] = this.end;
    this.lengths[slot] = length;
    this.end += length;
    return slot;
  }

  clear(): void {
    this.count = 0;
    this.end = 0;
  }
}

/** How a peer's datagrams look. `reference`: nothing but KCP, as its C code sends it. */
export type PeerWire = "sealed" | "plain" | "reference";

export interface PeerSetup {
  readonly session: SessionId;
  readonly wire: PeerWire;
  /** Only of `sealed`. */
  readonly sealKind: SealKind;
  readonly receiveKey: Uint8Array;
  readonly sendKey: Uint8Array;
  /** Where it is now: ADDRESS_BYTES. */
  readonly address: Uint8Array;
}

export interface BatchPort {
  readonly address: Address;
  /** What the system gave, of what was asked for. */
  readonly receiveBufferBytes: number;
  /** Called when something arrived after `receive` had left nothing. */
  onReadable: (() => void) | null;
  /**
   * Asked for each datagram of a stranger, by its first byte, the moment that it arrives. False: it is dropped there and costs nothing more.
   * Null: all are taken.
   */
  admitsStranger: ((firstByte: number) => boolean) | null;
  /**
   * Adds what arrived to `batch` until it is full or nothing is left: of peers first, each opened right and new, without its head and
   * tag; then of strangers (NO_PEER, with their address), as they came. False: there is more.
   */
  receive(batch: DatagramBatch): boolean;
  /** Sends every slot: to peers sealed and with a head, to strangers as it is. What the system does not take is lost. The batch is free when the call returns. */
  send(batch: DatagramBatch): void;
  addPeer(setup: PeerSetup): PeerHandle;
  removePeer(peer: PeerHandle): void;
  /** Where a peer is, "203.0.113.7:4000"; "" when it is none any more. */
  remoteOf(peer: PeerHandle): string;
  /** Writes ADDRESS_BYTES of where it is into `out`. False: it is none any more. */
  addressOf(peer: PeerHandle, out: Uint8Array): boolean;
  close(): Promise<void>;
}
