/**
 * A network of virtual time and a seeded Random, for simulations: nodes with Transports whose connections are delayed, cut, left
 * half-open, refused during a partition; nodes crash, stop and go on. A connection keeps the order of its frames; between connections
 * there is none. All nodes share one space of addresses, so that a node started again takes over the address of one that crashed.
 *
 * What arrives at a node is an event of that node's VirtualProcess: it waits while the process is paused and vanishes when it was killed.
 */
import { AeonError } from "../base/errors.js";
import { type Random, randomIndex } from "../base/random.js";
import type { VirtualProcess, VirtualScheduler } from "../base/virtual-scheduler.js";
import { SimulatedConnection, type SimulatedSite, type SimulatedWire } from "./simulated-connection.js";
import type { Address, Connection, Listener, Transport } from "./transport.js";

const FREE_PORT_FIRST = 20_000;
const SLAB_BYTES = 65_536;
const SHARED_FRAME_BYTES_MAX = 4_096;

export interface SimulatedNetworkOptions {
  readonly scheduler: VirtualScheduler;
  readonly random: Random;
  /** One way, drawn anew for each frame. Defaults: 0.2 and 2. */
  readonly latencyMinMs?: number;
  readonly latencyMaxMs?: number;
}

export interface FlapOptions {
  /** Mean time between two cuts; each takes one connection at random. */
  readonly meanIntervalMs: number;
  /** Absolute; no cut after it. */
  readonly untilMs: number;
  /** Share of cuts that only one end notices, 0 … 1. Default 0.2. */
  readonly halfOpenShare?: number;
  /** Which connections, by the nodes' names; default all. */
  readonly among?: (dialler: string, acceptor: string) => boolean;
}

export interface CrashOptions {
  /** The machine is gone: nobody gets word of closed connections. Default false: only the process died. */
  readonly silent?: boolean;
}

export class SimulatedNetwork implements SimulatedWire {
  readonly scheduler: VirtualScheduler;
  readonly random: Random;
  private readonly latencyMinMs: number;
  private readonly latencySpanMs: number;
  private readonly nodes = new Map<string, SimulatedNode>();
  private readonly listeners = new Map<string, SimulatedListener>();
  private readonly partitions = new Set<string>();
  /** Diallers' ends, open or opening. */
  private readonly connections = new Set<SimulatedConnection>();
  private freePort = FREE_PORT_FIRST;
  private slab = new Uint8Array(0);
  private slabAt = 0;

  constructor(options: SimulatedNetworkOptions) {
    this.scheduler = options.scheduler;
    this.random = options.random;
    this.latencyMinMs = options.latencyMinMs ?? 0.2;
    this.latencySpanMs = (options.latencyMaxMs ?? 2) - this.latencyMinMs;
  }

  get connectionCount(): number {
    return this.connections.size;
  }

  /** A node for a process. The name of a crashed node may be used again. */
  node(name: string, process: VirtualProcess): SimulatedNode {
    const old = this.nodes.get(name);
    if (old !== undefined && !old.crashed) throw new AeonError("INTERNAL", `a simulated node "${name}" is running`);
    const node = new SimulatedNode(name, process, this);
    this.nodes.set(name, node);
    return node;
  }

  /** Cuts every connection between two nodes; what was under way is lost. Returns how many. `halfOpen`: one end does not notice. */
  cut(a: string, b: string, options: { readonly halfOpen?: boolean } = {}): number {
    const between = [...this.connections].filter((connection) => joins(connection, a, b));
    for (const connection of between) connection.sever(options.halfOpen === true ? "one" : "both");
    return between.length;
  }

  /** Cuts the two nodes off from each other and refuses connections between them, until `heal`. */
  partition(a: string, b: string): void {
    this.partitions.add(pairKey(a, b));
    this.cut(a, b);
  }

  heal(a: string, b: string): void {
    this.partitions.delete(pairKey(a, b));
  }

  /** From now on cuts connections at random. */
  flap(options: FlapOptions): void {
    const delayMs = -Math.log(1 - this.random.next()) * options.meanIntervalMs;
    if (this.scheduler.nowMs() + delayMs > options.untilMs) return;
    this.scheduler.setTimer(delayMs, () => {
      this.cutOne(options);
      this.flap(options);
    });
  }

  /** kill -9: the process never runs again, its listeners are gone, its connections close (what it had sent may or may not arrive). */
  crash(name: string, options: CrashOptions = {}): void {
    const node = this.nodeOf(name);
    node.crashed = true;
    node.process.kill();
    for (const [key, listener] of this.listeners) if (listener.node === node) this.listeners.delete(key);
    for (const connection of [...this.connections]) {
      const end = endAt(connection, node);
      if (end === null) continue;
      if (options.silent === true) end.sever("none");
      else if (this.random.next() < 0.5) end.sever("both");
      else end.finish("the process died");
    }
  }

  /** SIGSTOP. The system goes on taking connections and data for it. */
  pause(name: string): void {
    this.nodeOf(name).process.pause();
  }

  /** SIGCONT. */
  resume(name: string): void {
    this.nodeOf(name).process.resume();
  }

  latencyMs(): number {
    return this.latencyMinMs + this.random.next() * this.latencySpanMs;
  }

  /** Small frames share a slab: an ArrayBuffer of its own costs a frame more than its bytes do. */
  copyOf(frame: Uint8Array): Uint8Array {
    if (frame.length > SHARED_FRAME_BYTES_MAX) return frame.slice();
    if (this.slabAt + frame.length > this.slab.length) {
      this.slab = new Uint8Array(SLAB_BYTES);
      this.slabAt = 0;
    }
    const start = this.slabAt;
    this.slabAt += frame.length;
    this.slab.set(frame, start);
    return this.slab.subarray(start, this.slabAt);
  }

  forget(connection: SimulatedConnection): void {
    this.connections.delete(connection);
  }

  /** @internal */
  listen(node: SimulatedNode, address: Address, onConnection: (connection: Connection) => void): SimulatedListener {
    const port = address.port === 0 ? this.freePort++ : address.port;
    const key = addressKey({ host: address.host, port });
    if (this.listeners.has(key)) throw new AeonError("CLUSTER_PORT_IN_USE", key);
    const listener = new SimulatedListener(node, { host: address.host, port }, onConnection, () =>
      this.listeners.delete(key),
    );
    this.listeners.set(key, listener);
    return listener;
  }

  /** @internal */
  connect(node: SimulatedNode, address: Address): SimulatedConnection {
    const key = addressKey(address);
    const end = new SimulatedConnection(this, node, key);
    this.connections.add(end);
    this.scheduler.setTimer(this.latencyMs(), () => this.arrive(end, key));
    return end;
  }

  private arrive(end: SimulatedConnection, key: string): void {
    const listener = this.listeners.get(key);
    const isReachable = listener !== undefined && !this.partitions.has(pairKey(end.node.name, listener.node.name));
    if (!isReachable) {
      end.refuse("connection refused");
      return;
    }
    if (end.state === "closed" || end.node.process.killed) return;
    const far = new SimulatedConnection(this, listener.node, `${end.node.name}:${this.freePort++}`);
    end.join(far);
    listener.node.process.setTimer(0, () => {
      if (far.state === "open") listener.onConnection(far);
    });
  }

  private cutOne(options: FlapOptions): void {
    const open = [...this.connections].filter((connection) => {
      const far = connection.far;
      return far !== null && (options.among?.(connection.node.name, far.node.name) ?? true);
    });
    const victim = open[randomIndex(this.random, open.length)];
    const isHalfOpen = this.random.next() < (options.halfOpenShare ?? 0.2);
    victim?.sever(isHalfOpen ? "one" : "both");
  }

  private nodeOf(name: string): SimulatedNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new AeonError("INTERNAL", `no simulated node "${name}"`);
    return node;
  }
}

/** One machine's way into the network. */
export class SimulatedNode implements Transport, SimulatedSite {
  readonly name: string;
  readonly process: VirtualProcess;
  crashed = false;
  private readonly network: SimulatedNetwork;

  constructor(name: string, process: VirtualProcess, network: SimulatedNetwork) {
    this.name = name;
    this.process = process;
    this.network = network;
  }

  async listen(address: Address, onConnection: (connection: Connection) => void): Promise<Listener> {
    return this.network.listen(this, address, onConnection);
  }

  connect(address: Address): Connection {
    return this.network.connect(this, address);
  }

  /** For client transports: `ws://host:port`. */
  connectUrl(url: string): Connection {
    const { hostname, port } = new URL(url);
    return this.connect({ host: hostname, port: Number(port) });
  }
}

class SimulatedListener implements Listener {
  readonly node: SimulatedNode;
  readonly address: Address;
  readonly onConnection: (connection: Connection) => void;
  private readonly remove: () => void;

  constructor(
    node: SimulatedNode,
    address: Address,
    onConnection: (connection: Connection) => void,
    remove: () => void,
  ) {
    this.node = node;
    this.address = address;
    this.onConnection = onConnection;
    this.remove = remove;
  }

  async close(): Promise<void> {
    this.remove();
  }
}

function addressKey(address: Address): string {
  return `${address.host}:${address.port}`;
}

function pairKey(a: string, b: string): string {
  return a < b ? `${a}|${b}` : `${b}|${a}`;
}

function joins(connection: SimulatedConnection, a: string, b: string): boolean {
  return connection.far !== null && pairKey(connection.node.name, connection.far.node.name) === pairKey(a, b);
}

function endAt(connection: SimulatedConnection, node: SimulatedNode): SimulatedConnection | null {
  if (connection.node === node) return connection;
  return connection.far?.node === node ? connection.far : null;
}
