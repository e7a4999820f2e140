/**
 * Games in small, for tests: real entity hosts under virtual time, whose ports are a recording op sink, documents in memory and a gate that
 * carries messages from one to the other. Gates, clients and the disk can be made to fail.
 */
import { callbackLog } from "../../../engine/base/log.js";
import { Metrics } from "../../../engine/base/metrics.js";
import { SeededRandom } from "../../../engine/base/random.js";
import { TimerWheel } from "../../../engine/base/timer-wheel.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";
import { type AeonConfig, parseConfig } from "../../../engine/config/config.js";
import { EntityHost } from "../../../engine/entity/entity-host.js";
import { OpRouter } from "../../../engine/entity/op-router.js";
import { EntityRegistry } from "../../../engine/entity/registry.js";
import type { EntityPorts } from "../../../engine/entity/runtime.js";
import type { World } from "../../../engine/entity/world.js";
import type { OpSink } from "../../../engine/property/op-sink.js";
import { MemoryDisk } from "../../../engine/store/memory-store.js";
import type { DocumentPut, PutResult, StoredDocument } from "../../../engine/store/store.js";

export const GATE = 501;
export const OTHER_GATE = 502;
export const CLIENT = "AAAAAAAAAAAAAAAAAAAAAA";
/** Everything that goes from one process to another takes this long. */
const LATENCY_MS = 1;

export type Op = readonly [name: string, ...args: unknown[]];

/** Records every op; `named` finds them again. */
export class OpRecorder {
  readonly ops: Op[] = [];
  readonly sink: OpSink;

  constructor() {
    const { ops } = this;
    this.sink = new Proxy({} as OpSink, {
      get:
        (_, name) =>
        (...args: unknown[]) =>
          ops.push([String(name), ...args.map((arg) => (arg instanceof Uint8Array ? arg.slice() : arg))]),
    });
  }

  named(...names: string[]): Op[] {
    return this.ops.filter(([name]) => names.includes(name));
  }

  clear(): void {
    this.ops.length = 0;
  }
}

interface Sent {
  readonly kind: "kick" | "refuse" | "toClient";
  readonly args: readonly unknown[];
}

interface Bound {
  readonly game: TestGame;
  readonly handle: number;
  readonly bindNumber: number;
}

/** What the games of a test have in common. */
export class TestCluster {
  readonly scheduler = new VirtualScheduler();
  readonly disk = new MemoryDisk();
  readonly games = new Map<number, TestGame>();
  /** Gates that stand. */
  readonly gates = new Set([GATE]);
  /** Which game's entity a client is bound to, as its gate knows. */
  readonly bindings = new Map<string, Bound>();
  /** Puts that the disk has made or refused, in order. */
  readonly puts: DocumentPut[] = [];
  /** While true the disk is asked nothing: puts wait. */
  diskIsStuck = false;
  private readonly stuck: (() => void)[] = [];
  readonly registry: EntityRegistry;
  private readonly options: Partial<AeonConfig["game"]>;

  constructor(world: World, options: Partial<AeonConfig["game"]> = {}) {
    this.registry = new EntityRegistry(world, null);
    this.options = options;
  }

  game(incarnation = 1, ports: Partial<EntityPorts> = {}): TestGame {
    const game = new TestGame(this, incarnation, parseConfig({ game: this.options }).game, ports);
    this.games.set(incarnation, game);
    return game;
  }

  /** Lets `ms` pass. */
  async run(ms = 50): Promise<void> {
    await this.scheduler.run(this.scheduler.nowMs() + ms);
  }

  later(run: () => void): void {
    this.scheduler.setTimer(LATENCY_MS, run);
  }

  load(collection: string, key: string): Promise<StoredDocument | null> {
    return new Promise((resolve) => this.later(() => resolve(this.disk.read(collection, key))));
  }

  put(put: DocumentPut): Promise<PutResult> {
    return new Promise((resolve) => {
      const apply = () => {
        this.puts.push(put);
        resolve(this.disk.health === "good" ? this.disk.apply(put) : "STORE_FAILED");
      };
      this.later(() => (this.diskIsStuck ? this.stuck.push(apply) : apply()));
    });
  }

  unstickDisk(): void {
    this.diskIsStuck = false;
    for (const apply of this.stuck.splice(0)) apply();
  }
}

export class TestGame {
  readonly incarnation: number;
  readonly host: EntityHost;
  readonly metrics = new Metrics();
  readonly recorder = new OpRecorder();
  readonly sent: Sent[] = [];
  /** Lines of the level warn and above. */
  readonly log: string[] = [];
  /** Messages that this game sent to others. */
  readonly routed: Uint8Array[] = [];
  /** And by which gate each went. */
  readonly routedBy: number[] = [];
  flushCount = 0;
  readonly timers: TimerWheel;
  private readonly cluster: TestCluster;

  constructor(cluster: TestCluster, incarnation: number, config: AeonConfig["game"], ports: Partial<EntityPorts> = {}) {
    this.cluster = cluster;
    this.incarnation = incarnation;
    this.timers = new TimerWheel(cluster.scheduler);
    this.host = new EntityHost({ ...this.ports(config), ...ports }, cluster.registry);
  }

  get ops(): OpRecorder {
    return this.recorder;
  }

  /** `kick`s, `refuse`s and bodies `toClient`, without the gate. */
  saidToGate(kind: Sent["kind"]): unknown[][] {
    return this.sent.filter((sent) => sent.kind === kind).map(({ args }) => args.slice(1));
  }

  private ports(config: AeonConfig["game"]): EntityPorts {
    const { cluster, incarnation } = this;
    const say = (kind: Sent["kind"], ...args: unknown[]) => void this.sent.push({ kind, args });
    return {
      incarnation,
      config,
      log: callbackLog((level, event, data) => {
        if (level === "warn" || level === "error") this.log.push(`${event} ${JSON.stringify(data)}`);
      }),
      metrics: this.metrics,
      random: new SeededRandom(incarnation),
      scheduler: cluster.scheduler,
      timers: this.timers,
      ops: new OpRouter([this.recorder.sink]),
      nav: null,
      flush: () => {
        this.flushCount++;
      },
      games: () => [...cluster.games.keys()],
      gates: () => [...cluster.gates],
      isGateUp: (gate) => cluster.gates.has(gate),
      route: (gate, targetGame, token, payload) => this.route(gate, targetGame, token, payload.slice()),
      routeToClientEntity: (gate, clientId, token, payload) =>
        this.routeToClientEntity(gate, clientId, token, payload.slice()),
      routeToClient: (gate, clientId, token, body) => {
        if (!cluster.gates.has(gate)) return false;
        say("toClient", gate, clientId, token, body.slice());
        return true;
      },
      refuseClient: (...args) => say("refuse", ...args),
      kickClient: (...args) => say("kick", ...args),
      loadDocument: (collection, key) => cluster.load(collection, key),
      putDocument: (put) => cluster.put(put),
    };
  }

  private route(gate: number, targetGame: number, token: number, payload: Uint8Array): boolean {
    const { cluster } = this;
    if (!cluster.gates.has(gate)) return false;
    this.routed.push(payload);
    this.routedBy.push(gate);
    cluster.later(() => {
      const target = cluster.games.get(targetGame);
      if (target !== undefined) target.host.router.receive(this.incarnation, gate, payload);
      else this.host.router.handleRouteFailed(token, "MAILBOX_GAME_GONE");
    });
    return true;
  }

  private routeToClientEntity(gate: number, clientId: string, token: number, payload: Uint8Array): boolean {
    const { cluster } = this;
    if (!cluster.gates.has(gate)) return false;
    cluster.later(() => {
      const bound = cluster.bindings.get(clientId);
      if (bound === undefined) return this.host.router.handleRouteFailed(token, "PROXY_CLIENT_GONE");
      const { host } = bound.game;
      host.router.receive(this.incarnation, gate, payload, host.clients.find(gate, bound.handle, bound.bindNumber));
    });
    return true;
  }
}
