/**
 * A gate's UDP end and its clients on one thread with no system between them: what one sends is handed to the other when the bench says
 * so, and time is a number. So that the gate's part is timed alone.
 */
import { UdpConnection } from "../../client/node/udp-connection.js";
import { silentLog } from "../../engine/base/log.js";
import { Metrics } from "../../engine/base/metrics.js";
import { SeededRandom } from "../../engine/base/random.js";
import type { Scheduler, TimerHandle } from "../../engine/base/scheduler.js";
import { DatagramPort } from "../../engine/net/datagram-port.js";
import type { DatagramSocket } from "../../engine/net/datagram-socket.js";
import { nodeSeal } from "../../engine/net/node-seal.js";
import { PipeDriver } from "../../engine/net/pipe-driver.js";
import { type PipeTuning, TRUSTING_TUNING } from "../../engine/net/pipe-tuning.js";
import { gateKeyPair, type SealKind } from "../../engine/net/seal.js";
import type { Address, Connection } from "../../engine/net/transport.js";
import { UdpGate, type UdpGateOptions } from "../../engine/net/udp-gate.js";

export const BENCH_SECRET = "a secret of the bench's cluster";
const BENCH_TUNING: PipeTuning = { ...TRUSTING_TUNING, frameBytesMax: 131_072 };
const GATE: Address = { host: "127.0.0.1", port: 7711 };
const FIRST_PORT = 10_000;
/** As many as the system hands out in one turn. */
export const DATAGRAMS_PER_TURN = 32;

/** Time that stands still until it is told to go on; what is deferred runs when the bench takes a turn. */
export class HandScheduler implements Scheduler {
  private time = 1_000;
  private deferred: (() => void)[] = [];
  private timers: { atMs: number; run: (() => void) | null }[] = [];

  nowMs(): number {
    return this.time;
  }
  wallMs(): number {
    return this.time;
  }
  setTimer(delayMs: number, run: () => void): TimerHandle {
    const timer = { atMs: this.time + delayMs, run };
    this.timers.push(timer);
    return timer;
  }
  clearTimer(handle: TimerHandle): void {
    (handle as { run: null }).run = null;
  }
  defer(run: () => void): void {
    this.deferred.push(run);
  }
  /** The end of a turn of the event loop. */
  turn(): void {
    const { deferred } = this;
    this.deferred = [];
    for (const run of deferred) run();
  }
  /** Lets time pass, and what is due run. */
  pass(ms: number): void {
    this.time += ms;
    const due = this.timers.filter(({ atMs }) => atMs <= this.time);
    this.timers = this.timers.filter(({ atMs, run }) => atMs > this.time && run !== null);
    for (const { run } of due) run?.();
    this.turn();
  }
}

interface Sent {
  readonly bytes: Uint8Array;
  readonly host: string;
  readonly port: number;
}

/** Keeps what is sent until it is taken. */
export class MemorySocket implements DatagramSocket {
  readonly address: Address;
  readonly receiveBufferBytes = 0;
  onDatagram: ((bytes: Uint8Array, host: string, port: number) => void) | null = null;
  sent: Sent[] = [];
  constructor(address: Address) {
    this.address = address;
  }
  send(bytes: Uint8Array, host: string, port: number): void {
    this.sent.push({ bytes, host, port });
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
  take(): Sent[] {
    const { sent } = this;
    this.sent = [];
    return sent;
  }
}

export interface MemoryClient {
  readonly connection: UdpConnection;
  readonly socket: MemorySocket;
}

export class MemoryGate {
  readonly scheduler = new HandScheduler();
  readonly socket = new MemorySocket(GATE);
  readonly metrics = new Metrics();
  readonly gate: UdpGate;
  readonly accepted: Connection[] = [];
  readonly clients: MemoryClient[] = [];
  private readonly random = new SeededRandom(1);
  private readonly clientDriver = new PipeDriver(this.scheduler, silentLog);
  private readonly byPort = new Map<number, MemoryClient>();

  constructor(options: Partial<UdpGateOptions> = {}) {
    const port = new DatagramPort({
      socket: this.socket,
      primitives: nodeSeal,
      metrics: this.metrics,
      peerQueueMax: 1_024,
      strangerQueueMax: 64,
      isReference: false,
    });
    this.gate = new UdpGate({
      port,
      driver: new PipeDriver(this.scheduler, silentLog),
      scheduler: this.scheduler,
      random: this.random,
      primitives: nodeSeal,
      log: silentLog,
      metrics: this.metrics,
      tuning: BENCH_TUNING,
      staticKey: gateKeyPair(nodeSeal, BENCH_SECRET),
      secret: BENCH_SECRET,
      encryption: "offered",
      isReference: false,
      strangersPerSecondMax: 1_000_000,
      openingsMax: 100_000,
      openingTimeoutMs: 5_000,
      admits: () => true,
      onConnection: (connection) => this.accepted.push(connection),
      gates: () => null,
      ...options,
    });
  }

  /** Clients whose connections stand and are quiet. */
  connect(count: number, sealKind: SealKind): void {
    for (let i = 0; i < count; i++) this.open(sealKind);
    for (let round = 0; round < 10; round++) this.exchange();
    this.settle();
    if (this.accepted.length !== this.clients.length) throw new Error(`${this.accepted.length} connections came`);
  }

  /** Until nobody has anything to say. */
  settle(): void {
    for (let round = 0; round < 4; round++) {
      this.scheduler.pass(20);
      this.exchange();
    }
  }

  /** Everything that was sent arrives, and both ends have their turns. */
  exchange(): void {
    this.scheduler.turn();
    this.toGate(this.fromClients());
    this.toClients();
  }

  /** What clients have sent, with where they are. */
  fromClients(): Sent[] {
    return this.clients.flatMap(({ socket }) =>
      socket.take().map(({ bytes }) => ({ bytes, host: socket.address.host, port: socket.address.port })),
    );
  }

  /** As the system does: some at a time, then the turn ends. */
  toGate(datagrams: readonly Sent[]): void {
    for (let from = 0; from < datagrams.length; from += DATAGRAMS_PER_TURN) {
      const until = Math.min(datagrams.length, from + DATAGRAMS_PER_TURN);
      for (let i = from; i < until; i++) {
        const { bytes, host, port } = datagrams[i] as Sent;
        this.socket.onDatagram?.(bytes, host, port);
      }
      this.scheduler.turn();
    }
  }

  toClients(): void {
    for (const { bytes, port } of this.socket.take()) {
      this.byPort.get(port)?.socket.onDatagram?.(bytes, GATE.host, GATE.port);
    }
    this.scheduler.turn();
  }

  private open(sealKind: SealKind): void {
    const socket = new MemorySocket({ host: "127.0.0.1", port: FIRST_PORT + this.clients.length });
    const connection = new UdpConnection({
      remote: "kcp://bench",
      driver: this.clientDriver,
      random: this.random,
      primitives: nodeSeal,
      metrics: new Metrics(),
      tuning: BENCH_TUNING,
      sealKind,
      pinnedKey: null,
    });
    connection.onOpen = () => connection.send(Uint8Array.of(0));
    const client = { connection, socket };
    this.clients.push(client);
    this.byPort.set(socket.address.port, client);
    connection.begin(socket, GATE);
  }
}
