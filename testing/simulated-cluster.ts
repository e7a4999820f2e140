/**
 * A whole cluster in one process, under virtual time and a seed: the real gamemanager, dbmanager, games and gates, and clients that run the
 * real SDK, on a network that delays, cuts and loses connections. A run that fails is repeated exactly by its seed.
 * For the engine's own simulation and for authors' tests of their entities.
 */
import { Client, type ClientOptions } from "../client/client.js";
import { DefinitionCache } from "../client/definition-cache.js";
import { DatabaseManager } from "../dbmanager/database-manager.js";
import { callbackLog, type LogData, type LogLevel, silentLog } from "../engine/base/log.js";
import { Metrics } from "../engine/base/metrics.js";
import { type Random, SeededRandom } from "../engine/base/random.js";
import { type VirtualProcess, VirtualScheduler } from "../engine/base/virtual-scheduler.js";
import type { ClusterProcess, ProcessEnv } from "../engine/cluster/process-env.js";
import { type AeonConfig, parseConfig } from "../engine/config/config.js";
import { EntityRegistry } from "../engine/entity/registry.js";
import type { World } from "../engine/entity/world.js";
import type { ProcessKind } from "../engine/net/link.js";
import { createLinkHost } from "../engine/net/link-host.js";
import { SimulatedNetwork } from "../engine/net/simulated-network.js";
import { ManagerInbound } from "../engine/protocol/manager-link.js";
import { MemoryDisk, MemoryStore } from "../engine/store/memory-store.js";
import { Game, type GameOptions } from "../game/game.js";
import { inlineStreams } from "../game/inline-stream.js";
import { GameManager } from "../gamemanager/game-manager.js";
import { Gate } from "../gate/gate.js";

/** Clients are told often what they should have: a copy that went wrong is a fault of the engine. */
const VIEW_CHECK_INTERVAL_MS = 500;
const SECRET = "a secret of the simulated cluster";
const RESTART_MS = 200;
const LOG_LINES_MAX = 20_000;
const CLIENT_PORT_OFFSET = 10;

export interface SimulatedClusterOptions {
  /** The same seed runs the same way, event for event. */
  readonly seed?: number;
  /** As aeon.config.json; two games and two gates, and no sync workers, unless it says otherwise. */
  readonly config?: Record<string, unknown>;
  /** A process that is killed or ends with an error is started again after 200 ms, as `aeon up` does. Default true. */
  readonly restart?: boolean;
  /** The world's navigation meshes, and who answers about them: `loadInlineRunner`, so that a seed repeats a run. */
  readonly nav?: NonNullable<GameOptions["nav"]>;
}

/** One line of a process's log. */
export interface SimulatedEvent {
  readonly process: string;
  readonly level: LogLevel;
  readonly event: string;
  readonly data: LogData;
}

export interface SimulatedExit {
  readonly name: string;
  readonly code: 0 | 1;
  readonly error: string;
}

interface Running {
  readonly name: string;
  readonly kind: ProcessKind;
  readonly body: ClusterProcess;
  readonly metrics: Metrics;
  readonly process: VirtualProcess;
}

/** Accessors are made once per world, so that a thousand seeds do not make them a thousand times. */
const registries = new WeakMap<World, EntityRegistry>();

export class SimulatedCluster {
  readonly scheduler = new VirtualScheduler();
  readonly random: SeededRandom;
  readonly network: SimulatedNetwork;
  readonly config: AeonConfig;
  /** What is durable; outlives every process. */
  readonly disk = new MemoryDisk();
  readonly exits: SimulatedExit[] = [];
  /** The latest lines of all processes, for when a seed fails. */
  readonly log: string[] = [];
  /** Told of every line as it is logged, for tests that act at a certain moment. */
  onEvent: ((event: SimulatedEvent) => void) | null = null;
  private readonly registry: EntityRegistry;
  private readonly restart: boolean;
  private readonly gameOptions: Pick<GameOptions, "nav">;
  private readonly running = new Map<string, Running>();
  private readonly definitions = new DefinitionCache();
  private nextPid = 100;
  private stopping = false;

  constructor(world: World, options: SimulatedClusterOptions = {}) {
    this.random = new SeededRandom(options.seed ?? 1);
    this.network = new SimulatedNetwork({ scheduler: this.scheduler, random: this.random });
    this.config = simulatedConfig(options.config ?? { cluster: { games: 2, gates: 2 } });
    this.restart = options.restart ?? true;
    this.gameOptions = options.nav === undefined ? {} : { nav: options.nav };
    this.registry = registries.get(world) ?? new EntityRegistry(world, null);
    registries.set(world, this.registry);
  }

  /** The names that the configuration expects. */
  get processNames(): string[] {
    const { games, gates } = this.config.cluster;
    const numbered = (kind: string, count: number) => Array.from({ length: count }, (_, i) => `${kind}${i + 1}`);
    return ["gamemanager", "dbmanager", ...numbered("game", games), ...numbered("gate", gates)];
  }

  startAll(): void {
    for (const name of this.processNames) this.start(name);
  }

  start(name: string): void {
    if (this.running.has(name)) return;
    const kind = name.replace(/\d+$/, "") as ProcessKind;
    this.launch(name, kind, (env, connect) => this.makeProcess(kind, env, connect));
  }

  /** kill -9. */
  kill(name: string): void {
    if (this.end(name)) this.startAgain(name);
  }

  /** kill -9 of every process at once. */
  killAll(): void {
    for (const name of [...this.running.keys()]) this.kill(name);
  }

  /** SIGSTOP: time goes on without the process. */
  pause(name: string): void {
    if (this.running.has(name)) this.network.pause(name);
  }

  /** SIGCONT. */
  resume(name: string): void {
    if (this.running.has(name)) this.network.resume(name);
  }

  /** Stops the cluster in order, as `aeon down` does; true when every process has ended by itself within `limitMs`. */
  async shutDown(limitMs: number): Promise<boolean> {
    this.requestShutdown();
    return this.runUntil(() => this.running.size === 0, limitMs);
  }

  isRunning(name: string): boolean {
    return this.running.has(name);
  }

  isPaused(name: string): boolean {
    return this.running.get(name)?.process.paused ?? false;
  }

  /** Names of the processes that run, stopped ones included. */
  get runningNames(): string[] {
    return [...this.running.keys()];
  }

  /** Counters and gauges of a process, as it would export them. */
  metrics(name: string): Record<string, number> {
    return this.running.get(name)?.metrics.snapshot() ?? {};
  }

  /** Calls `check` every `intervalMs` of virtual time; what it throws ends the run that is under way. */
  every(intervalMs: number, check: () => void): void {
    this.scheduler.setTimer(intervalMs, () => {
      if (this.stopping) return;
      check();
      this.every(intervalMs, check);
    });
  }

  game(name: string): Game {
    return this.bodyOf(name) as Game;
  }

  games(): Game[] {
    return [...this.running.values()].map(({ body }) => body).filter((body) => body instanceof Game);
  }

  gates(): Gate[] {
    return [...this.running.values()].map(({ body }) => body).filter((body) => body instanceof Gate);
  }

  /** Every gate that should be there admits clients. */
  get isOpen(): boolean {
    const open = this.gates().filter((gate) => gate.isOpen);
    return open.length >= this.config.cluster.gates && this.games().length >= this.config.cluster.games;
  }

  /** Addresses of all gates. */
  get gateUrls(): string[] {
    const { portBase, gates } = this.config.cluster;
    return Array.from({ length: gates }, (_, i) => `ws://127.0.0.1:${portBase + CLIENT_PORT_OFFSET + i + 1}`);
  }

  /** A client that runs the SDK on a machine of its own. */
  client(name: string, options: Partial<ClientOptions> = {}): Client {
    const process = this.scheduler.process(name);
    const node = this.network.node(name, process);
    return new Client({
      transport: (url) => node.connectUrl(url),
      gates: this.gateUrls,
      scheduler: process,
      random: this.randomOf(),
      definitions: this.definitions,
      ...options,
    });
  }

  /** Runs virtual time until the condition holds (true) or `limitMs` have gone by (false). */
  runUntil(condition: () => boolean, limitMs: number): Promise<boolean> {
    return this.scheduler.runUntil(condition, this.scheduler.nowMs() + limitMs);
  }

  run(durationMs: number): Promise<void> {
    return this.scheduler.run(this.scheduler.nowMs() + durationMs);
  }

  /** Runs until the promise settles; rejects as it does, or when it has not after `limitMs` of virtual time. */
  async settle<T>(promise: Promise<T>, limitMs: number): Promise<T> {
    let isSettled = false;
    const mark = () => {
      isSettled = true;
    };
    promise.then(mark, mark);
    if (!(await this.runUntil(() => isSettled, limitMs))) throw new Error(`nothing settled within ${limitMs} ms`);
    return promise;
  }

  /** Ends everything; nothing of it runs any more. */
  stop(): void {
    this.stopping = true;
    this.killAll();
  }

  private bodyOf(name: string): ClusterProcess {
    const running = this.running.get(name);
    if (running === undefined) throw new Error(`no process ${name} runs`);
    return running.body;
  }

  private makeProcess(kind: ProcessKind, env: ProcessEnv, transport: ProcessEnv["transport"]): ClusterProcess {
    if (kind === "gamemanager") return new GameManager(env);
    if (kind === "game") {
      return new Game(env, this.registry, { ...this.gameOptions, openStream: inlineStreams(env) });
    }
    if (kind === "gate") return new Gate(env, { clients: transport });
    const store = new MemoryStore({ ...env, disk: this.disk, latencyMinMs: 0.1, latencyMaxMs: 2 });
    return new DatabaseManager(env, store);
  }

  private launch(
    name: string,
    kind: ProcessKind,
    make: (env: ProcessEnv, transport: ProcessEnv["transport"]) => ClusterProcess,
  ): void {
    const process = this.scheduler.process(name);
    const node = this.network.node(name, process);
    const metrics = new Metrics();
    const life = { isOver: false };
    const env: ProcessEnv = {
      kind,
      name,
      pid: this.nextPid++,
      config: this.config,
      secret: SECRET,
      gamemanager: { host: "127.0.0.1", port: this.config.cluster.portBase },
      scheduler: process,
      random: this.randomOf(),
      log: callbackLog((level, event, data) => {
        this.note(`${name} ${level} ${event} ${describe(data)}`);
        this.onEvent?.({ process: name, level, event, data });
      }),
      metrics,
      transport: node,
      usage: () => ({ cpu: 0, rssMb: 0 }),
      exit: (code, error) => {
        if (life.isOver) return;
        life.isOver = true;
        this.handleExit({ name, code, error: error?.message ?? "" }, env);
      },
    };
    const body = make(env, node);
    this.running.set(name, { name, kind, body, metrics, process });
    body.start().catch((error: Error) => env.exit(1, error));
  }

  private handleExit(exit: SimulatedExit, env: ProcessEnv): void {
    this.exits.push(exit);
    this.note(`${exit.name} exit ${exit.code} ${exit.error} (pid ${env.pid})`);
    if (exit.code === 0) this.end(exit.name);
    else this.kill(exit.name);
  }

  /** The operator's order, over a link of its own. */
  private requestShutdown(): void {
    const process = this.scheduler.process("operator");
    const host = createLinkHost({
      transport: this.network.node(`operator${this.nextPid++}`, process),
      scheduler: process,
      random: this.randomOf(),
      log: silentLog,
      metrics: new Metrics(),
      clusterName: this.config.cluster.name,
      secret: SECRET,
      self: { kind: "cli", name: "operator", incarnation: 0 },
      config: this.config.link,
    });
    const address = { host: "127.0.0.1", port: this.config.cluster.portBase };
    host.dial(address, { kind: "gamemanager", incarnation: 0 }).send(ManagerInbound.shutdownRequest, {});
  }

  private end(name: string): boolean {
    if (!this.running.delete(name)) return false;
    this.network.crash(name);
    return true;
  }

  private startAgain(name: string): void {
    if (!this.restart || this.stopping) return;
    this.scheduler.setTimer(RESTART_MS, () => this.start(name));
  }

  private randomOf(): Random {
    return new SeededRandom(this.random.u32());
  }

  /** Adds a line to the log, beside those of the processes. */
  note(line: string): void {
    if (this.log.length >= LOG_LINES_MAX) this.log.splice(0, LOG_LINES_MAX / 2);
    this.log.push(`${this.scheduler.nowMs().toFixed(1)} ${line}`);
  }
}

/** Without sync workers unless it says otherwise: with them, every turn of a game is several events. */
function simulatedConfig(given: Record<string, unknown>): AeonConfig {
  const game = { workers: 0, viewCheckIntervalMs: VIEW_CHECK_INTERVAL_MS };
  return parseConfig({ ...given, game: { ...game, ...(given.game as object | undefined) } });
}

function describe(data: LogData): string {
  return Object.entries(data)
    .map(([key, value]) => `${key}=${value instanceof Error ? value.message : String(value)}`)
    .join(" ");
}
