/** A gate's UDP end and clients of it in virtual time, over simulated datagrams. */

import { UdpConnection } from "../../../client/node/udp-connection.js";
import { callbackLog } from "../../../engine/base/log.js";
import { Metrics } from "../../../engine/base/metrics.js";
import { SeededRandom } from "../../../engine/base/random.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";
import { AddressBudget, type AddressBudgetOptions } from "../../../engine/net/address-budget.js";
import { DatagramPort } from "../../../engine/net/datagram-port.js";
import type { KcpPipe } from "../../../engine/net/kcp-pipe.js";
import { nodeSeal } from "../../../engine/net/node-seal.js";
import { PipeDriver } from "../../../engine/net/pipe-driver.js";
import { type PipeTuning, TRUSTING_TUNING } from "../../../engine/net/pipe-tuning.js";
import { gateKeyPair, SealKind } from "../../../engine/net/seal.js";
import {
  type DatagramWeather,
  SimulatedDatagrams,
  type SimulatedSocket,
} from "../../../engine/net/simulated-datagrams.js";
import type { Connection } from "../../../engine/net/transport.js";
import { UdpGate, type UdpGateOptions } from "../../../engine/net/udp-gate.js";

export const GATE_ADDRESS = { host: "192.0.2.1", port: 7711 };
export const SECRET = "a secret of the tests' cluster";
export const TUNING: PipeTuning = { ...TRUSTING_TUNING, frameBytesMax: 1_048_576 };
const BUDGET: AddressBudgetOptions = {
  handshakesPerSecondMax: 1_000,
  handshakesPerAddressMax: 1_000,
  handshakesPerPrefixMax: 1_000,
  windowMs: 1_000,
  sessionsPerAddressMax: 1_000,
  sessionsPerPrefixMax: 1_000,
  limitsLoopback: true,
};

export interface RigOptions {
  readonly seed?: number;
  readonly weather?: Partial<DatagramWeather>;
  readonly gate?: Partial<UdpGateOptions>;
  readonly budget?: Partial<AddressBudgetOptions>;
  readonly tuning?: Partial<PipeTuning>;
  readonly scheduler?: VirtualScheduler;
  /** Where connections go; kept in `accepted` too. */
  readonly onConnection?: (connection: Connection) => void;
}

/** A client's end, what it heard, and the gate's end once it is there. */
export interface RigClient {
  readonly connection: UdpConnection;
  readonly socket: SimulatedSocket;
  readonly heard: Uint8Array[];
  closedWith: string | null;
}

export interface ClientSetup {
  readonly sealKind?: SealKind;
  readonly pinnedKey?: Uint8Array | null;
  readonly host?: string;
  readonly tuning?: Partial<PipeTuning>;
}

export class UdpRig {
  readonly scheduler: VirtualScheduler;
  readonly random: SeededRandom;
  readonly network: SimulatedDatagrams;
  readonly metrics = new Metrics();
  readonly clientMetrics = new Metrics();
  readonly staticKey = gateKeyPair(nodeSeal, SECRET);
  readonly accepted: Connection[] = [];
  readonly errors: string[] = [];
  readonly budget: AddressBudget;
  readonly clientDriver: PipeDriver;
  readonly gateDriver: PipeDriver;
  gateSocket: SimulatedSocket;
  gate: UdpGate;
  private readonly options: RigOptions;
  private nextPort = 40_000;

  constructor(options: RigOptions = {}) {
    this.options = options;
    this.scheduler = options.scheduler ?? new VirtualScheduler();
    this.random = new SeededRandom(options.seed ?? 1);
    this.network = new SimulatedDatagrams(this.scheduler, this.random, options.weather);
    const log = callbackLog((level, event, data) => {
      if (level === "error") this.errors.push(`${event} ${JSON.stringify(data)}`);
    });
    this.clientDriver = new PipeDriver(this.scheduler, log);
    this.gateDriver = new PipeDriver(this.scheduler, log);
    this.budget = new AddressBudget({ ...BUDGET, ...options.budget }, this.scheduler.nowMs());
    this.gateSocket = this.network.open(GATE_ADDRESS);
    this.gate = this.makeGate(log);
  }

  /** The gate's process died and was started again: it knows nobody. */
  restartGate(): void {
    void this.gateSocket.close();
    this.gateSocket = this.network.open(GATE_ADDRESS);
    this.gate = this.makeGate(callbackLog(() => undefined));
  }

  client(setup: ClientSetup = {}): RigClient {
    const address = { host: setup.host ?? "198.51.100.7", port: this.nextPort++ };
    const socket = this.network.open(address);
    const connection = new UdpConnection({
      remote: "kcp://gate",
      driver: this.clientDriver,
      random: this.random,
      primitives: nodeSeal,
      metrics: this.clientMetrics,
      tuning: { ...TUNING, ...this.options.tuning, ...setup.tuning },
      sealKind: setup.sealKind ?? SealKind.aes256Gcm,
      pinnedKey: setup.pinnedKey ?? null,
    });
    const client: RigClient = { connection, socket, heard: [], closedWith: null };
    connection.onFrame = (frame) => client.heard.push(frame.slice());
    connection.onClose = (reason) => {
      client.closedWith = reason;
    };
    connection.begin(socket, GATE_ADDRESS);
    return client;
  }

  /** A client whose connection stands, with the gate's end of it. */
  async connected(setup: ClientSetup = {}): Promise<{ client: RigClient; pipe: KcpPipe; heard: Uint8Array[] }> {
    const client = this.client(setup);
    const before = this.accepted.length;
    client.connection.onOpen = () => client.connection.send(Uint8Array.of(0));
    await this.scheduler.runUntil(() => this.accepted.length > before, this.scheduler.nowMs() + 10_000);
    const pipe = this.accepted[before] as KcpPipe;
    const heard: Uint8Array[] = [];
    pipe.onFrame = (frame) => heard.push(frame.slice());
    await this.pass(200);
    return { client, pipe, heard };
  }

  pass(ms: number): Promise<void> {
    return this.scheduler.run(this.scheduler.nowMs() + ms);
  }

  counter(name: string): number {
    return this.metrics.counter(`udp_${name}_total`).value;
  }

  private makeGate(log: UdpGateOptions["log"]): UdpGate {
    const port = new DatagramPort({
      socket: this.gateSocket,
      primitives: nodeSeal,
      metrics: this.metrics,
      peerQueueMax: 1_024,
      strangerQueueMax: 64,
      isReference: this.options.gate?.isReference ?? false,
    });
    return new UdpGate({
      port,
      driver: this.gateDriver,
      scheduler: this.scheduler,
      random: this.random,
      primitives: nodeSeal,
      log,
      metrics: this.metrics,
      tuning: { ...TUNING, ...this.options.tuning },
      admits: (host) => this.budget.takeHandshake(host, this.scheduler.nowMs()) === null,
      staticKey: this.staticKey,
      secret: SECRET,
      encryption: "offered",
      isReference: false,
      strangersPerSecondMax: 1_000,
      openingsMax: 64,
      openingTimeoutMs: 5_000,
      onConnection: (connection) => {
        this.accepted.push(connection);
        this.options.onConnection?.(connection);
      },
      gates: () => null,
      ...this.options.gate,
    });
  }
}

/** `count` bytes that follow from `seed`. */
export function patternBytes(seed: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) bytes[i] = (seed * 31 + i * 7 + (i >>> 8)) & 0xff;
  return bytes;
}
