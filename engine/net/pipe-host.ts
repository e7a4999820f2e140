/**
 * The pipes of one port: finds a slot's pipe, sees closed ones off, hands strangers' datagrams to its owner. Between the port and the
 * handshakes (udp-gate.ts at a gate, client/node at a client); runs on the driver's thread.
 */
import type { Counter, Metrics } from "../base/metrics.js";
import type { TimerHandle } from "../base/scheduler.js";
import {
  type BatchPort,
  type DatagramBatch,
  NO_PEER,
  PEER_INDEX_MASK,
  type PeerHandle,
  type PeerSetup,
} from "./batch-port.js";
import { ADDRESS_BYTES } from "./ip-address.js";
import { KcpPipe } from "./kcp-pipe.js";
import type { PipeDriver } from "./pipe-driver.js";
import type { PipeTuning } from "./pipe-tuning.js";

/** What was sent before a close may take so long to be acknowledged. */
const LINGER_MS = 1_000;
const LINGER_LOOK_MS = 20;

export interface PipeHostEvents {
  /** A datagram `bytes[start, end)` of nobody known, from ADDRESS_BYTES at `addresses[addressAt]`. */
  onStranger(bytes: Uint8Array, start: number, end: number, addresses: Uint8Array, addressAt: number): void;
  /** The first good datagram of a peer that has no pipe: `openPipe` it, or ignore it. */
  onPeer(peer: PeerHandle): void;
  /** A pipe is gone, and its peer removed from the port. */
  onGone(pipe: KcpPipe): void;
}

export interface PipeCounters {
  /** Loose frames that did not fit their turn's bound. */
  readonly looseDropped: Counter;
  /** Loose frames sent once more for redundancy. */
  readonly looseRepeated: Counter;
  /** Loose frames that came and were no newer than the last one: overtaken, or repeated. */
  readonly looseLate: Counter;
  /** Datagrams and chunks that found no room in the pool, whoever was closed for it. */
  readonly poolFull: Counter;
  /** Pipes that were closed since they kept the most of a full pool. */
  readonly poolEvicted: Counter;
  /** Pipes that were closed for what their peers sent. */
  readonly failed: Counter;
  readonly throws: Counter;
}

interface Lingering {
  readonly untilMs: number;
  readonly reason: string;
  timer: TimerHandle;
}

export class PipeHost {
  readonly port: BatchPort;
  readonly driver: PipeDriver;
  readonly counters: PipeCounters;
  private readonly events: PipeHostEvents;
  private readonly tuning: PipeTuning;
  /** By `handle & PEER_INDEX_MASK`. */
  private readonly pipes: (KcpPipe | undefined)[] = [];
  private readonly lingering = new Map<KcpPipe, Lingering>();
  private pipeCount = 0;
  private onDrained: (() => void) | null = null;

  constructor(port: BatchPort, driver: PipeDriver, tuning: PipeTuning, metrics: Metrics, events: PipeHostEvents) {
    this.port = port;
    this.driver = driver;
    this.tuning = tuning;
    this.events = events;
    this.counters = pipeCounters(metrics);
    port.onReadable = () => driver.handleReadable(this);
  }

  /** Pipes, those that linger included. */
  get size(): number {
    return this.pipeCount;
  }

  pipeOf(peer: PeerHandle): KcpPipe | undefined {
    const pipe = this.pipes[peer & PEER_INDEX_MASK];
    return pipe?.peer === peer ? pipe : undefined;
  }

  /** A pipe for a peer of the port. */
  openPipe(peer: PeerHandle, setup: Pick<PeerSetup, "session" | "wire">): KcpPipe {
    const pipe = new KcpPipe(this, peer, setup.session.low, setup.wire, this.tuning);
    this.pipes[peer & PEER_INDEX_MASK] = pipe;
    this.pipeCount++;
    return pipe;
  }

  handleSlot(batch: DatagramBatch, slot: number, nowMs: number): void {
    const peer = batch.peers[slot] as number;
    const start = batch.offsets[slot] as number;
    const end = start + (batch.lengths[slot] as number);
    if (peer === NO_PEER) {
      this.events.onStranger(batch.bytes, start, end, batch.addresses, slot * ADDRESS_BYTES);
      return;
    }
    if (this.pipeOf(peer) === undefined) this.events.onPeer(peer);
    this.pipeOf(peer)?.input(batch.bytes, start, end, nowMs);
  }

  /** The batch that the next datagram of this port is written to, at its `nextOffset`; `commit` follows. */
  begin(): DatagramBatch {
    return this.driver.begin(this);
  }

  commit(peer: PeerHandle, length: number): void {
    this.driver.begin(this).add(peer, length);
  }

  /** A datagram for a stranger, at the end of this turn. */
  sendToStranger(bytes: Uint8Array, addresses: Uint8Array, addressAt: number): void {
    const batch = this.driver.begin(this);
    batch.bytes.set(bytes, batch.nextOffset);
    const slot = batch.add(NO_PEER, bytes.length);
    batch.addresses.set(addresses.subarray(addressAt, addressAt + ADDRESS_BYTES), slot * ADDRESS_BYTES);
    this.driver.deferTurn();
  }

  /** A pipe was closed here: it goes when all has arrived, or after a while. */
  linger(pipe: KcpPipe, reason: string): void {
    const { scheduler } = this.driver;
    const lingering: Lingering = { untilMs: scheduler.nowMs() + LINGER_MS, reason, timer: 0 };
    this.lingering.set(pipe, lingering);
    this.watch(pipe, lingering, 0);
  }

  /** The segment pool is full: closes who keeps the most of it from the others, not who asks next. False: nobody keeps any. */
  makeRoom(): boolean {
    let heaviest: KcpPipe | null = null;
    let weight = 0;
    for (const pipe of this.pipes) {
      if (pipe === undefined || pipe.poolWeight <= weight) continue;
      heaviest = pipe;
      weight = pipe.poolWeight;
    }
    if (heaviest === null) return false;
    this.counters.poolEvicted.add();
    this.driver.fail(heaviest, "it keeps too much of what all share");
    return true;
  }

  /** @internal For KcpPipe. */
  forget(pipe: KcpPipe): void {
    const index = pipe.peer & PEER_INDEX_MASK;
    if (this.pipes[index] !== pipe) return;
    this.pipes[index] = undefined;
    this.pipeCount--;
    const lingering = this.lingering.get(pipe);
    if (lingering !== undefined) this.driver.scheduler.clearTimer(lingering.timer);
    this.lingering.delete(pipe);
    this.driver.untouch(pipe);
    // Its goodbye may stand in the batch.
    this.driver.sendOutgoing();
    this.port.removePeer(pipe.peer);
    this.events.onGone(pipe);
    if (this.pipeCount === 0) this.onDrained?.();
  }

  /** Closes every pipe; resolves when all have delivered what they could, and the port is closed. */
  async close(reason: string): Promise<void> {
    for (const pipe of this.pipes) pipe?.close(reason);
    if (this.pipeCount > 0) await new Promise<void>((resolve) => (this.onDrained = resolve));
    this.driver.sendOutgoing();
    await this.port.close();
  }

  private watch(pipe: KcpPipe, lingering: Lingering, delayMs: number): void {
    const { scheduler } = this.driver;
    lingering.timer = scheduler.setTimer(delayMs, () => {
      if (pipe.isDelivered || scheduler.nowMs() >= lingering.untilMs) pipe.sayGoodbye(lingering.reason);
      else this.watch(pipe, lingering, LINGER_LOOK_MS);
    });
  }
}

/** Of `udp_…_total`. */
export function pipeCounters(metrics: Metrics): PipeCounters {
  const counter = (name: string) => metrics.counter(`udp_${name}_total`);
  return {
    looseDropped: counter("loose_dropped"),
    looseRepeated: counter("loose_repeated"),
    looseLate: counter("loose_late"),
    poolFull: counter("pool_full"),
    poolEvicted: counter("pool_evicted"),
    failed: counter("failed"),
    throws: counter("throws"),
  };
}
