/**
 * The BatchPort in TypeScript: one socket and its peers' keys, replay windows and addresses. What arrives is sorted at once (a peer's,
 * or a stranger's) into two bounded queues, so that a flood of strangers fills its own queue only, and opened when it is received.
 *
 * A peer's datagram counts when its session id is known, its number is new and it opens right; the newest so far also says where the
 * peer is. Nothing else changes anything. No clock; runs on the host's thread.
 */
import type { Counter, Metrics } from "../base/metrics.js";
import {
  DATA_HEAD_BYTES,
  DATA_OVERHEAD_BYTES,
  DatagramType,
  PLAIN_HEAD_BYTES,
  packetNumberOf,
  readI32,
  type SessionId,
  sessionHighOf,
  sessionKeyOf,
  writeDataHead,
  writePacketNumber,
} from "../protocol/datagram.js";
import {
  type BatchPort,
  DATAGRAM_BYTES_MAX,
  type DatagramBatch,
  NO_PEER,
  PEER_INDEX_MASK,
  type PeerHandle,
  type PeerSetup,
  type PeerWire,
} from "./batch-port.js";
import type { DatagramSocket } from "./datagram-socket.js";
import { ADDRESS_BYTES, hostOf, portOf, writeAddress } from "./ip-address.js";
import { ReplayWindow } from "./replay-window.js";
import { type Aead, SEALED_PACKETS_MAX, type SealPrimitives } from "./seal.js";
import type { Address } from "./transport.js";

const PEER_INDEX_BITS = 20;
const GENERATION_MAX = 2 ** 11 - 1;
/** Of a stranger's datagram: the largest that means anything. */
const STRANGER_BYTES_MAX = 512;

export interface DatagramPortOptions {
  readonly socket: DatagramSocket;
  readonly primitives: SealPrimitives;
  readonly metrics: Metrics;
  /** Datagrams of peers that wait to be received; more are dropped. */
  readonly peerQueueMax: number;
  /** Likewise of strangers. */
  readonly strangerQueueMax: number;
  /** Takes KCP as its C code sends it, and nothing else. */
  readonly isReference: boolean;
}

interface Peer {
  readonly handle: PeerHandle;
  readonly session: SessionId;
  readonly wire: PeerWire;
  readonly opener: Aead | null;
  readonly sealer: Aead | null;
  readonly window: ReplayWindow;
  sentCount: number;
  host: string;
  port: number;
  isRemoved: boolean;
}

/** One that arrived; used again and again. */
interface Arrival {
  /** Null: a stranger's. */
  peer: Peer | null;
  bytes: Uint8Array;
  host: string;
  port: number;
}

const NOTHING = new Uint8Array(0);

/** A bounded queue of arrivals. */
class ArrivalQueue {
  private readonly ring: Arrival[] = [];
  private readonly capacity: number;
  private head = 0;
  count = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** False: it is full. */
  push(peer: Peer | null, bytes: Uint8Array, host: string, port: number): boolean {
    if (this.count === this.capacity) return false;
    const at = (this.head + this.count) % this.capacity;
    const slot = this.ring[at];
    if (slot === undefined) this.ring[at] = { peer, bytes, host, port };
    else {
      slot.peer = peer;
      slot.bytes = bytes;
      slot.host = host;
      slot.port = port;
    }
    this.count++;
    return true;
  }

  /** The oldest; valid until the next push. */
  shift(): Arrival {
    const arrival = this.ring[this.head] as Arrival;
    this.head = (this.head + 1) % this.capacity;
    this.count--;
    return arrival;
  }
}

export class DatagramPort implements BatchPort {
  onReadable: (() => void) | null = null;
  admitsStranger: ((firstByte: number) => boolean) | null = null;
  private readonly socket: DatagramSocket;
  private readonly primitives: SealPrimitives;
  private readonly isReference: boolean;
  private readonly counters: PortCounters;
  private readonly known: ArrivalQueue;
  private readonly strangers: ArrivalQueue;
  private readonly peers: (Peer | undefined)[] = [undefined];
  private readonly freeIndexes: number[] = [];
  private readonly generations: number[] = [0];
  /** By the low half of the session id. */
  private readonly bySession = new Map<number, Peer>();
  /** By address and conv; only of `reference`. */
  private readonly byPlace = new Map<string, Peer>();
  private isReadableTold = false;

  constructor(options: DatagramPortOptions) {
    const { socket } = options;
    this.socket = socket;
    this.primitives = options.primitives;
    this.isReference = options.isReference;
    this.counters = portCounters(options.metrics);
    this.known = new ArrivalQueue(options.peerQueueMax);
    this.strangers = new ArrivalQueue(options.strangerQueueMax);
    socket.onDatagram = (bytes, host, port) => this.handleDatagram(bytes, host, port);
  }

  get address(): Address {
    return this.socket.address;
  }

  get receiveBufferBytes(): number {
    return this.socket.receiveBufferBytes;
  }

  receive(batch: DatagramBatch): boolean {
    const { known, strangers } = this;
    while (known.count > 0 && !batch.isFull) this.open(known.shift(), batch);
    while (known.count === 0 && strangers.count > 0 && !batch.isFull) addStranger(strangers.shift(), batch);
    const isDrained = known.count === 0 && strangers.count === 0;
    if (isDrained) this.isReadableTold = false;
    return isDrained;
  }

  send(batch: DatagramBatch): void {
    for (let slot = 0; slot < batch.count; slot++) {
      const from = batch.offsets[slot] as number;
      const bytes = batch.bytes.subarray(from, from + (batch.lengths[slot] as number));
      const peer = batch.peers[slot] as number;
      if (peer === NO_PEER) this.sendToStranger(bytes, batch.addresses, slot * ADDRESS_BYTES);
      else this.sendToPeer(this.peerOf(peer), bytes);
    }
  }

  addPeer(setup: PeerSetup): PeerHandle {
    const { session, wire, address } = setup;
    const index = this.freeIndexes.pop() ?? this.peers.length;
    const generation = ((this.generations[index] ?? -1) + 1) % GENERATION_MAX;
    this.generations[index] = generation;
    const isSealed = wire === "sealed";
    const peer: Peer = {
      handle: (generation << PEER_INDEX_BITS) | index,
      session,
      wire,
      opener: isSealed ? this.primitives.aead(setup.sealKind, setup.receiveKey) : null,
      sealer: isSealed ? this.primitives.aead(setup.sealKind, setup.sendKey) : null,
      window: new ReplayWindow(),
      sentCount: 0,
      host: hostOf(address),
      port: portOf(address),
      isRemoved: false,
    };
    this.peers[index] = peer;
    if (wire === "reference") this.byPlace.set(placeKey(peer.host, peer.port, session.low), peer);
    else this.bySession.set(session.low | 0, peer);
    return peer.handle;
  }

  removePeer(handle: PeerHandle): void {
    const peer = this.peerOf(handle);
    if (peer === undefined) return;
    peer.isRemoved = true;
    const index = handle & PEER_INDEX_MASK;
    this.peers[index] = undefined;
    this.freeIndexes.push(index);
    if (peer.wire === "reference") this.byPlace.delete(placeKey(peer.host, peer.port, peer.session.low));
    else this.bySession.delete(peer.session.low | 0);
  }

  remoteOf(handle: PeerHandle): string {
    const peer = this.peerOf(handle);
    return peer === undefined ? "" : `${peer.host.includes(":") ? `[${peer.host}]` : peer.host}:${peer.port}`;
  }

  addressOf(handle: PeerHandle, out: Uint8Array): boolean {
    const peer = this.peerOf(handle);
    return peer !== undefined && writeAddress(out, 0, peer.host, peer.port);
  }

  close(): Promise<void> {
    this.socket.onDatagram = null;
    return this.socket.close();
  }

  private peerOf(handle: PeerHandle): Peer | undefined {
    const peer = this.peers[handle & PEER_INDEX_MASK];
    return peer?.handle === handle ? peer : undefined;
  }

  private handleDatagram(bytes: Uint8Array, host: string, port: number): void {
    const { counters } = this;
    counters.datagramsIn.add();
    counters.bytesIn.add(bytes.length);
    if (bytes.length === 0 || bytes.length > DATAGRAM_BYTES_MAX) {
      counters.malformed.add();
      return;
    }
    const peer = this.isReference ? this.findByPlace(bytes, host, port) : this.findBySession(bytes);
    if (peer === null && this.admitsStranger?.(bytes[0] as number) === false) return;
    const queue = peer === null ? this.strangers : this.known;
    if (!queue.push(peer, bytes, host, port)) {
      (peer === null ? counters.strangersDropped : counters.peersDropped).add();
      return;
    }
    if (this.isReadableTold) return;
    this.isReadableTold = true;
    this.onReadable?.();
  }

  private findBySession(bytes: Uint8Array): Peer | null {
    const type = bytes[0];
    if (type !== DatagramType.data && type !== DatagramType.plain) return null;
    if (bytes.length <= PLAIN_HEAD_BYTES) return null;
    const peer = this.bySession.get(sessionKeyOf(bytes));
    return peer !== undefined && (peer.session.high | 0) === sessionHighOf(bytes) ? peer : null;
  }

  private findByPlace(bytes: Uint8Array, host: string, port: number): Peer | null {
    if (bytes.length < 4) return null;
    return this.byPlace.get(placeKey(host, port, readI32(bytes, 0) >>> 0)) ?? null;
  }

  /** Adds a peer's datagram to the batch, if it is good. */
  private open({ peer, bytes, host, port }: Arrival, batch: DatagramBatch): void {
    if (peer === null || peer.isRemoved) return;
    const length = this.opened(peer, bytes, batch.bytes, batch.nextOffset);
    if (length < 0) return;
    batch.add(peer.handle, length);
    if (peer.wire === "reference") return;
    const isNewest = peer.wire === "plain" || peer.window.take(packetNumberOf(bytes));
    if (!isNewest || (peer.port === port && peer.host === host)) return;
    peer.host = host;
    peer.port = port;
    this.counters.moved.add();
  }

  /** Writes what is in it to `out`; returns its length, or -1: it is no good. */
  private opened(peer: Peer, bytes: Uint8Array, out: Uint8Array, at: number): number {
    const { counters } = this;
    const { opener } = peer;
    if (opener === null) return this.taken(peer, bytes, out, at);
    if (bytes[0] !== DatagramType.data || bytes.length <= DATA_OVERHEAD_BYTES) {
      counters.malformed.add();
      return -1;
    }
    const packetNumber = packetNumberOf(bytes);
    if (!peer.window.isNew(packetNumber)) {
      counters.replayed.add();
      return -1;
    }
    if (!opener.open(packetNumber, NOTHING, bytes.subarray(DATA_HEAD_BYTES), out, at)) {
      counters.forged.add();
      return -1;
    }
    return bytes.length - DATA_OVERHEAD_BYTES;
  }

  private taken({ wire }: Peer, bytes: Uint8Array, out: Uint8Array, at: number): number {
    const from = wire === "reference" ? 0 : PLAIN_HEAD_BYTES;
    if (from > 0 && bytes[0] !== DatagramType.plain) {
      this.counters.malformed.add();
      return -1;
    }
    out.set(from === 0 ? bytes : bytes.subarray(from), at);
    return bytes.length - from;
  }

  private sendToPeer(peer: Peer | undefined, payload: Uint8Array): void {
    if (peer === undefined) return;
    if (peer.sealer !== null && peer.sentCount >= SEALED_PACKETS_MAX) {
      // Its key is used up: the peer hears nothing more, and its session resumes on another connection.
      this.counters.unsent.add();
      return;
    }
    peer.sentCount++;
    this.transmit(datagramOf(peer, payload), peer.host, peer.port);
  }

  private sendToStranger(bytes: Uint8Array, addresses: Uint8Array, at: number): void {
    this.transmit(bytes.slice(), hostOf(addresses, at), portOf(addresses, at));
  }

  private transmit(bytes: Uint8Array, host: string, port: number): void {
    this.counters.datagramsOut.add();
    this.counters.bytesOut.add(bytes.length);
    this.socket.send(bytes, host, port);
  }
}

function addStranger({ bytes, host, port }: Arrival, batch: DatagramBatch): void {
  const length = Math.min(bytes.length, STRANGER_BYTES_MAX);
  if (!writeAddress(batch.addresses, batch.count * ADDRESS_BYTES, host, port)) return;
  batch.bytes.set(length === bytes.length ? bytes : bytes.subarray(0, length), batch.nextOffset);
  batch.add(NO_PEER, length);
}

/** A datagram of its own, since the system may take it later. */
function datagramOf({ wire, session, sealer, sentCount }: Peer, payload: Uint8Array): Uint8Array {
  if (sealer !== null) {
    const sealed = allocate(payload.length + DATA_OVERHEAD_BYTES);
    const numberAt = writeDataHead(sealed, 0, DatagramType.data, session);
    writePacketNumber(sealed, numberAt, sentCount);
    sealer.seal(sentCount, NOTHING, payload, sealed, DATA_HEAD_BYTES);
    return sealed;
  }
  const headBytes = wire === "reference" ? 0 : PLAIN_HEAD_BYTES;
  const bytes = allocate(headBytes + payload.length);
  if (headBytes > 0) writeDataHead(bytes, 0, DatagramType.plain, session);
  bytes.set(payload, headBytes);
  return bytes;
}

const SLAB_BYTES = 65_536;
let slab = NOTHING;
let slabAt = 0;

/** Bytes of a slab that nobody gives back: an ArrayBuffer for each datagram costs more than the datagram. */
function allocate(length: number): Uint8Array {
  if (slabAt + length > slab.length) {
    slab = new Uint8Array(SLAB_BYTES);
    slabAt = 0;
  }
  const bytes = slab.subarray(slabAt, slabAt + length);
  slabAt += length;
  return bytes;
}

function placeKey(host: string, port: number, conv: number): string {
  return `${host} ${port} ${conv}`;
}

interface PortCounters {
  readonly datagramsIn: Counter;
  readonly datagramsOut: Counter;
  readonly bytesIn: Counter;
  readonly bytesOut: Counter;
  /** Too short, too large, or of a kind that this peer does not send. */
  readonly malformed: Counter;
  /** Seen before, or too late to say. */
  readonly replayed: Counter;
  /** Did not open. */
  readonly forged: Counter;
  readonly peersDropped: Counter;
  readonly strangersDropped: Counter;
  /** Peers that came from another address. */
  readonly moved: Counter;
  readonly unsent: Counter;
}

function portCounters(metrics: Metrics): PortCounters {
  const counter = (name: string) => metrics.counter(`udp_${name}_total`);
  return {
    datagramsIn: counter("datagrams_in"),
    datagramsOut: counter("datagrams_out"),
    bytesIn: counter("bytes_in"),
    bytesOut: counter("bytes_out"),
    malformed: counter("malformed"),
    replayed: counter("replayed"),
    forged: counter("forged"),
    peersDropped: counter("peers_dropped"),
    strangersDropped: counter("strangers_dropped"),
    moved: counter("moved"),
    unsent: counter("unsent"),
  };
}
