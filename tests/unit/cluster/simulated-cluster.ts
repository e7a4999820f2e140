/**
 * A cluster in virtual time for tests of membership: the real gamemanager and dbmanager, and games and gates that have nothing but their
 * membership and the links between them. Any process can be killed, paused and started again by name.
 */

import { DatabaseManager } from "../../../dbmanager/database-manager.js";
import type { Incarnation } from "../../../engine/base/ids.js";
import { callbackLog, type LogData } from "../../../engine/base/log.js";
import { Metrics } from "../../../engine/base/metrics.js";
import { SeededRandom } from "../../../engine/base/random.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";
import {
  ClusterMember,
  type GateLoad,
  type MemberDetails,
  type ProcessList,
  type StubEntry,
} from "../../../engine/cluster/member.js";
import { openLinkHost } from "../../../engine/cluster/open-link-host.js";
import type { ClusterProcess, ProcessEnv } from "../../../engine/cluster/process-env.js";
import type { StubTableMessage } from "../../../engine/cluster/process-table.js";
import { type AeonConfig, parseConfig } from "../../../engine/config/config.js";
import type { Link, LinkHost, ProcessKind } from "../../../engine/net/link.js";
import { SimulatedNetwork } from "../../../engine/net/simulated-network.js";
import { ManagerInbound, ManagerOutbound, stubEntry } from "../../../engine/protocol/manager-link.js";
import { dispatcher, list, type MessageValue, message } from "../../../engine/protocol/message.js";
import { MemoryDisk, MemoryStore } from "../../../engine/store/memory-store.js";
import { GameManager } from "../../../gamemanager/game-manager.js";

const MANAGER = { host: "127.0.0.1", port: 7700 };

/** What the test games say to each other: the primary passes an assignment on. */
const TestGameLink = { create: message(1, "Create these.", 65_536, { stubs: list(stubEntry, 1_024) }) } as const;

export interface Exit {
  readonly code: 0 | 1;
  readonly error: string;
}

export class RunningProcess {
  readonly name: string;
  readonly kind: ProcessKind;
  readonly env: ProcessEnv;
  exit: Exit | null = null;
  body: ClusterProcess | null = null;

  constructor(name: string, kind: ProcessKind, env: ProcessEnv) {
    this.name = name;
    this.kind = kind;
    this.env = env;
  }
}

export interface LaunchOptions {
  /** The name it asks for; default its own, "" for any. */
  readonly asks?: string;
  readonly secret?: string;
}

export interface ClusterOptions {
  readonly seed?: number;
  readonly config?: Record<string, unknown>;
  /** How many shards the one test stub "Rank" has. */
  readonly shards?: number;
}

export class SimulatedCluster {
  readonly scheduler = new VirtualScheduler();
  readonly network: SimulatedNetwork;
  readonly config: AeonConfig;
  readonly disk = new MemoryDisk();
  readonly processes = new Map<string, RunningProcess>();
  readonly log: string[] = [];
  readonly random: SeededRandom;
  readonly shards: number;
  private nextPid = 100;

  constructor(options: ClusterOptions = {}) {
    this.random = new SeededRandom(options.seed ?? 1);
    this.network = new SimulatedNetwork({ scheduler: this.scheduler, random: this.random });
    this.config = parseConfig(options.config ?? { cluster: { games: 2, gates: 2 } });
    this.shards = options.shards ?? 4;
  }

  /** Starts every process that the configuration expects. */
  startAll(): void {
    this.startManager();
    this.startDatabase();
    for (let n = 1; n <= this.config.cluster.games; n++) this.startGame(`game${n}`);
    for (let n = 1; n <= this.config.cluster.gates; n++) this.startGate(`gate${n}`);
  }

  startManager(): RunningProcess {
    return this.launch("gamemanager", "gamemanager", (env) => new GameManager(env));
  }

  startDatabase(name = "dbmanager"): RunningProcess {
    return this.launch(name, "dbmanager", (env) => {
      const store = new MemoryStore({ ...env, disk: this.disk, latencyMinMs: 0.1, latencyMaxMs: 2 });
      return new DatabaseManager(env, store);
    });
  }

  startGame(name: string, options: LaunchOptions & { details?: MemberDetails; behaviour?: GameBehaviour } = {}) {
    const details = { indexHash: "h1", stubs: [{ name: "Rank", shards: this.shards }], ...options.details };
    return this.launch(name, "game", (env) => new TestGame(env, details, options.behaviour ?? {}), options);
  }

  startGate(name: string, options: LaunchOptions & { withoutLinks?: boolean } = {}): RunningProcess {
    return this.launch(name, "gate", (env) => new TestGate(env, options.withoutLinks ?? false), options);
  }

  start(name: string): RunningProcess {
    if (name === "gamemanager") return this.startManager();
    if (name === "dbmanager") return this.startDatabase();
    return name.startsWith("gate") ? this.startGate(name) : this.startGame(name);
  }

  startWatcher(): TestWatcher {
    let watcher: TestWatcher | undefined;
    this.launch(`cli${this.nextPid}`, "cli", (env) => {
      watcher = new TestWatcher(env);
      return watcher;
    });
    return watcher as TestWatcher;
  }

  kill(name: string): void {
    this.network.crash(name);
    this.processes.delete(name);
  }

  process(name: string): RunningProcess {
    const process = this.processes.get(name);
    if (process === undefined) throw new Error(`no process ${name}`);
    return process;
  }

  game(name: string): TestGame {
    return this.process(name).body as TestGame;
  }

  gate(name: string): TestGate {
    return this.process(name).body as TestGate;
  }

  games(): TestGame[] {
    return this.bodies().filter((body) => body instanceof TestGame);
  }

  gates(): TestGate[] {
    return this.bodies().filter((body) => body instanceof TestGate);
  }

  get isOpen(): boolean {
    const { games, gates } = this.config.cluster;
    return this.gates().filter((gate) => gate.member.open).length >= gates && this.games().length >= games;
  }

  /** Every stub of the cluster by key, with the names of the live, running games that host it. */
  hosts(): Map<string, string[]> {
    const hosts = new Map<string, string[]>();
    for (const [name, running] of this.processes) {
      if (!(running.body instanceof TestGame)) continue;
      for (const key of running.body.hosted.keys()) hosts.set(key, [...(hosts.get(key) ?? []), name]);
    }
    return hosts;
  }

  /** All stubs exist, once each. */
  get isWhole(): boolean {
    const hosts = this.hosts();
    return hosts.size === this.shards && [...hosts.values()].every((names) => names.length === 1);
  }

  runUntil(condition: () => boolean, limitMs: number): Promise<boolean> {
    return this.scheduler.runUntil(condition, this.scheduler.nowMs() + limitMs);
  }

  run(durationMs: number): Promise<void> {
    return this.scheduler.run(this.scheduler.nowMs() + durationMs);
  }

  private bodies(): ClusterProcess[] {
    return [...this.processes.values()].map((process) => process.body).filter((body) => body !== null);
  }

  private launch(
    name: string,
    kind: ProcessKind,
    make: (env: ProcessEnv) => ClusterProcess,
    options: LaunchOptions = {},
  ): RunningProcess {
    const process = this.scheduler.process(name);
    const node = this.network.node(name, process);
    const random = new SeededRandom(this.random.u32());
    const env: ProcessEnv = {
      kind,
      name: options.asks ?? name,
      pid: this.nextPid++,
      config: this.config,
      secret: options.secret ?? "a secret of the test cluster",
      gamemanager: MANAGER,
      scheduler: process,
      random,
      log: callbackLog((level, event, data) => this.log.push(`${name} ${level} ${event} ${describe(data)}`)),
      metrics: new Metrics(),
      transport: node,
      usage: () => ({ cpu: 0.5, rssMb: 64 }),
      exit: (code, error) => this.handleExit(name, running, code, error),
    };
    const running = new RunningProcess(name, kind, env);
    this.processes.set(name, running);
    running.body = make(env);
    void running.body.start();
    return running;
  }

  private handleExit(name: string, running: RunningProcess, code: 0 | 1, error: Error | undefined): void {
    running.exit ??= { code, error: error?.message ?? "" };
    if (this.processes.get(name) !== running) return;
    this.processes.delete(name);
    this.network.crash(name);
  }
}

export interface GameBehaviour {
  /** Stubs whose creation fails so many times. */
  failures?: number;
  /** Never creates a stub. */
  stalls?: boolean;
  /** Never reports ready. */
  neverReady?: boolean;
  createMs?: number;
}

/** A game that hosts stubs as text and passes assignments on by links of its own to the other games. */
export class TestGame implements ClusterProcess {
  readonly member: ClusterMember;
  readonly hosted = new Map<string, StubEntry>();
  readonly behaviour: GameBehaviour;
  table: StubTableMessage = { version: 0, entries: [] };
  lists: ProcessList[] = [];
  shutdownAtMs = -1;
  private readonly env: ProcessEnv;
  private readonly host: LinkHost;
  private readonly creating = new Set<string>();

  constructor(env: ProcessEnv, details: MemberDetails, behaviour: GameBehaviour) {
    this.env = env;
    this.behaviour = behaviour;
    this.host = openLinkHost(env);
    this.member = new ClusterMember(env, this.host, details, {
      onList: (processes) => this.lists.push(processes),
      onStubsCreate: (stubs) => this.pass(stubs),
      onStubTable: (table) => {
        this.table = table;
      },
      onShutdown: async () => {
        this.shutdownAtMs = env.scheduler.nowMs();
      },
      report: () => ({ hosts: [...this.hosted.values()], entities: this.hosted.size, clients: 0 }),
    });
  }

  async start(): Promise<void> {
    this.host.onLink = (link) => {
      link.onMessage = dispatcher(TestGameLink, { create: ({ stubs }) => this.create(stubs) });
    };
    await this.member.start(await this.host.listen({ host: "127.0.0.1", port: 0 }));
    if (this.behaviour.neverReady !== true) this.env.scheduler.setTimer(5, () => this.member.ready());
  }

  stop(): Promise<void> {
    return this.member.leave();
  }

  private pass(stubs: readonly StubEntry[]): void {
    for (const game of this.member.games()) {
      const mine = stubs.filter((stub) => stub.game === game.incarnation);
      if (mine.length === 0) continue;
      if (game.incarnation === this.member.incarnation) this.create(mine);
      else this.linkTo(game).send(TestGameLink.create, { stubs: mine });
    }
  }

  private linkTo(game: { host: string; linkPort: number; incarnation: Incarnation }): Link {
    return this.host.dial({ host: game.host, port: game.linkPort }, { kind: "game", incarnation: game.incarnation });
  }

  private create(stubs: readonly StubEntry[]): void {
    for (const stub of stubs) {
      const key = `${stub.name}#${stub.shard}`;
      const hosted = this.hosted.get(key);
      if (hosted?.assignment === stub.assignment) this.member.stubCreated(hosted);
      else if (!this.creating.has(key)) this.begin(key, stub);
    }
  }

  private begin(key: string, stub: StubEntry): void {
    if (this.behaviour.stalls === true) return;
    this.creating.add(key);
    this.env.scheduler.setTimer(this.behaviour.createMs ?? 2, () => {
      this.creating.delete(key);
      if ((this.behaviour.failures ?? 0) > 0) {
        this.behaviour.failures = (this.behaviour.failures ?? 0) - 1;
        this.member.stubFailed(stub, "it threw");
        return;
      }
      const created = { ...stub, entity: `${this.member.name}/${key}` };
      this.hosted.set(key, created);
      this.member.stubCreated(created);
    });
  }
}

/** A gate that links to every game and admits nobody. */
export class TestGate implements ClusterProcess {
  readonly member: ClusterMember;
  shutdownAtMs = -1;
  /** As the gamemanager last said. */
  loads: readonly GateLoad[] = [];
  private readonly host: LinkHost;
  private readonly links = new Map<Incarnation, Link>();
  private readonly withoutLinks: boolean;

  constructor(env: ProcessEnv, withoutLinks: boolean) {
    this.withoutLinks = withoutLinks;
    this.host = openLinkHost(env);
    this.member = new ClusterMember(
      env,
      this.host,
      { clientUrl: `ws://127.0.0.1/${env.name}` },
      {
        onList: () => this.linkUp(),
        onShutdown: async () => {
          this.shutdownAtMs = env.scheduler.nowMs();
        },
        report: () => ({ hosts: [], entities: 0, clients: 7 }),
        onGateLoads: (loads) => {
          this.loads = loads;
        },
      },
    );
  }

  async start(): Promise<void> {
    await this.member.start(await this.host.listen({ host: "127.0.0.1", port: 0 }));
  }

  stop(): Promise<void> {
    return this.member.leave();
  }

  private linkUp(): void {
    if (this.withoutLinks) return;
    for (const [incarnation, link] of this.links) {
      if (this.member.byIncarnation(incarnation) !== undefined) continue;
      this.links.delete(incarnation);
      link.close("gone");
    }
    for (const { incarnation, host, linkPort } of this.member.games()) {
      if (this.links.has(incarnation)) continue;
      const link = this.host.dial({ host, port: linkPort }, { kind: "game", incarnation });
      this.links.set(incarnation, link);
      link.onState = () => this.say();
    }
    this.say();
  }

  private say(): void {
    const up = [...this.links].filter(([, link]) => link.state === "up").map(([incarnation]) => incarnation);
    this.member.linksChanged(up);
    const games = this.member.games();
    if (games.length > 0 && games.every((game) => up.includes(game.incarnation))) this.member.ready();
  }
}

/** A command line that watches the boot. */
export class TestWatcher implements ClusterProcess {
  readonly steps: MessageValue<typeof ManagerOutbound.bootStep>[] = [];
  readonly stalls: MessageValue<typeof ManagerOutbound.bootStalled>[] = [];
  readonly gone: MessageValue<typeof ManagerOutbound.processGone>[] = [];
  readonly statuses: MessageValue<typeof ManagerOutbound.statusReply>[] = [];
  private readonly host: LinkHost;
  private readonly env: ProcessEnv;
  private link: Link | null = null;

  constructor(env: ProcessEnv) {
    this.env = env;
    this.host = openLinkHost(env);
  }

  async start(): Promise<void> {
    const link = this.host.dial(this.env.gamemanager, { kind: "gamemanager", incarnation: 0 });
    this.link = link;
    const ignore = () => undefined;
    link.onMessage = dispatcher(ManagerOutbound, {
      processRegistered: ignore,
      processRefused: ignore,
      processList: ignore,
      stubsCreate: ignore,
      stubTable: ignore,
      shutdown: ignore,
      gateLoads: ignore,
      bootStep: (step) => this.steps.push(step),
      bootStalled: (stall) => this.stalls.push(stall),
      processGone: (gone) => this.gone.push(gone),
      statusReply: (status) => this.statuses.push(status),
    });
    link.send(ManagerInbound.bootWatch, {});
  }

  askStatus(): void {
    this.link?.send(ManagerInbound.statusRequest, { requestId: 1 });
  }

  askShutdown(): void {
    this.link?.send(ManagerInbound.shutdownRequest, {});
  }
}

function describe(data: LogData): string {
  return Object.entries(data)
    .map(([key, value]) => `${key}=${value instanceof Error ? value.message : String(value)}`)
    .join(" ");
}
