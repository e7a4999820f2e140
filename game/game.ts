/**
 * The game process: hosts entities on its script thread. This class is its membership of the cluster and the wiring: links from gates and
 * to the dbmanager, the entity host with its ports, the driver that brings ops to clients, and the tick.
 */
import { assert, errorText } from "../engine/base/errors.js";
import type { Incarnation } from "../engine/base/ids.js";
import type { Scheduler } from "../engine/base/scheduler.js";
import { TimerWheel } from "../engine/base/timer-wheel.js";
import { awakeScheduler } from "../engine/cluster/awake-scheduler.js";
import { ClusterMember, type StubEntry } from "../engine/cluster/member.js";
import { openLinkHost } from "../engine/cluster/open-link-host.js";
import type { ClusterProcess, ProcessEnv } from "../engine/cluster/process-env.js";
import { EntityHost } from "../engine/entity/entity-host.js";
import type { EntityRegistry } from "../engine/entity/registry.js";
import type { EntityPorts } from "../engine/entity/runtime.js";
import type { OpenNavRunner } from "../engine/nav/nav-runner.js";
import { NavService } from "../engine/nav/nav-service.js";
import type { LinkHost } from "../engine/net/link.js";
import { GameToGate } from "../engine/protocol/game-link.js";
import { DatabaseClient } from "./database-client.js";
import { GateLinks } from "./gate-links.js";
import { InlineSync } from "./inline-sync.js";
import type { OpenStream } from "./stream-messages.js";
import type { SyncDriver } from "./sync-driver.js";
import { openTraceFiles, type TraceFiles } from "./trace-files.js";
import { WorkerSync } from "./worker-sync.js";

const LOAD_MAX = 255;
/** Clients that count as a full load when the processor does not say more. */
const LOAD_CLIENTS = 2_000;

export interface GameOptions {
  /** Opens a sync worker; needed when `game.workers` is not 0. */
  readonly openStream?: OpenStream;
  /** The world's navigation meshes, by name, and who answers questions about them; without it no space has one. */
  readonly nav?: { readonly files: ReadonlyMap<string, Uint8Array>; readonly open: OpenNavRunner };
}

export class Game implements ClusterProcess {
  readonly entities: EntityHost;
  readonly sync: SyncDriver;
  private readonly env: ProcessEnv;
  /** Of everything that scripts are run by. */
  private readonly scheduler: Scheduler;
  private readonly host: LinkHost;
  private readonly member: ClusterMember;
  private readonly timers: TimerWheel;
  private readonly gates: GateLinks;
  private readonly database: DatabaseClient;
  private readonly traces: TraceFiles | null;
  private readonly nav: NavService | null;
  private knownGames = new Set<Incarnation>();
  private knownGates = new Set<Incarnation>();
  private lastTickMs = 0;
  private stopping = false;

  constructor(env: ProcessEnv, registry: EntityRegistry, options: GameOptions = {}) {
    this.env = env;
    this.host = openLinkHost(env);
    this.scheduler = awakeScheduler(env.scheduler, this.host);
    this.timers = new TimerWheel(this.touchingScheduler());
    this.gates = new GateLinks(env.log, () => this.sync.streams);
    this.gates.onCredit = (gate, credit) => this.sync.handleClientCredit(gate, credit);
    this.gates.onHandled = () => this.sync.touch();
    this.database = new DatabaseClient(this.host, this.timers, env.config.database.requestTimeoutMs);
    this.database.onSettled = () => this.sync.touch();
    this.sync = this.makeSync(registry, options);
    this.nav = this.makeNav(options);
    this.member = this.makeMember(registry);
    this.traces = this.makeTraces();
    this.entities = new EntityHost(this.makePorts(), registry);
    this.sync.onViewChange = (observer, subject, isEntered) =>
      this.entities.handleViewChange(observer, subject, isEntered);
    this.entities.stubKeeper.onCreated = (name, shard, assignment, result) => {
      const entry = { name, shard, game: this.member.incarnation, assignment };
      if (typeof result === "string") this.member.stubCreated({ ...entry, entity: result });
      else this.member.stubFailed({ ...entry, entity: "" }, errorText(result));
    };
  }

  /** Resolves when the gamemanager has accepted the game. */
  async start(): Promise<void> {
    this.host.onLink = (link) => {
      if (link.peer?.kind === "gate") this.gates.add(link, this.entities);
      else link.close("games take links from gates only");
    };
    this.gates.onChange = () => this.sayWhetherAccepting();
    this.database.onUp = () => this.readyWhenLinked();
    const [address] = await Promise.all([
      this.host.listen({ host: this.env.config.cluster.host, port: 0 }),
      this.sync.start(),
    ]);
    await this.member.start(address);
    this.sync.setSelf(this.host.self);
    this.lastTickMs = this.env.scheduler.nowMs();
    this.armTick();
    this.armLoadReport();
  }

  async stop(): Promise<void> {
    await this.member.leave();
  }

  /** What a timer settles, script may await. */
  private touchingScheduler(): Scheduler {
    const { scheduler } = this;
    const setTimer: Scheduler["setTimer"] = (delayMs, run) =>
      scheduler.setTimer(delayMs, () => {
        run();
        this.sync.touch();
      });
    return { ...scheduler, setTimer };
  }

  private makeSync({ definitions }: EntityRegistry, { openStream }: GameOptions): SyncDriver {
    const env = { ...this.env, scheduler: this.scheduler };
    if (env.config.game.workers > 0) {
      assert(openStream !== undefined, "a game with workers is told how to open one");
      return new WorkerSync(env, definitions, openStream);
    }
    const { gates } = this;
    return new InlineSync(env, definitions, {
      clientFrames: (gate, payload) => gates.send(gate, GameToGate.clientFrames, { payload }),
      clientKick: (gate, handle, bindNumber, code, reason) =>
        gates.send(gate, GameToGate.clientKick, { handle, bindNumber, code, reason }),
      clientBind: (gate, handle, bindNumber, targetGame, entity) =>
        gates.send(gate, GameToGate.clientBind, { handle, bindNumber, targetGame, entity }),
    });
  }

  private makeNav({ nav }: GameOptions): NavService | null {
    if (nav === undefined) return null;
    const { random, metrics, config } = this.env;
    const service = new NavService({
      ...{ random, metrics, config: config.nav, scheduler: this.scheduler, open: nav.open },
      onSettled: () => this.sync.touch(),
    });
    for (const [name, bytes] of nav.files) service.addFile(name, bytes);
    return service;
  }

  private makeMember(registry: EntityRegistry): ClusterMember {
    const indexHash = registry.definitions.hash;
    return new ClusterMember(
      this.env,
      this.host,
      { stubs: registry.stubs, indexHash },
      {
        onList: () => this.handleList(),
        onStubsCreate: (stubs) => this.handleStubsCreate(stubs),
        onStubTable: (table) => {
          this.entities.handleStubTable(table.entries);
          this.sync.touch();
        },
        onShutdown: () => this.shutDown(),
        report: () => ({
          hosts: this.entities.stubKeeper.list(this.member.incarnation),
          entities: this.entities.entityCount,
          clients: this.entities.clients.count,
        }),
      },
    );
  }

  private makeTraces(): TraceFiles | null {
    const { config, name, scheduler, log, metrics } = this.env;
    const { movement, game } = config;
    return openTraceFiles({ config: movement, game: name, tickMs: game.tickMs, scheduler, log, metrics });
  }

  private makePorts(): EntityPorts {
    const { env, member, gates, database, sync } = this;
    return {
      get incarnation() {
        return member.incarnation;
      },
      config: env.config.game,
      movement: env.config.movement,
      traces: this.traces,
      log: env.log,
      metrics: env.metrics,
      random: env.random,
      scheduler: env.scheduler,
      timers: this.timers,
      ops: sync.ops,
      nav: this.nav,
      flush: () => sync.flush(),
      games: () => member.games().map((game) => game.incarnation),
      gates: () => gates.known,
      isGateUp: (gate) => gates.isUp(gate),
      route: (gate, targetGame, token, payload) => gates.sendRoute(gate, targetGame, token, payload),
      routeToClientEntity: (gate, clientId, token, payload) =>
        gates.send(gate, GameToGate.routeToClientEntity, { clientId, token, payload }),
      routeToClient: (gate, clientId, token, body) =>
        gates.send(gate, GameToGate.routeToClient, { clientId, token, payload: body }),
      refuseClient: (gate, handle, bindNumber) =>
        void gates.send(gate, GameToGate.clientRefused, { handle, bindNumber }),
      kickClient: (gate, handle, bindNumber, code, reason) =>
        void gates.send(gate, GameToGate.clientKick, { handle, bindNumber, code, reason }),
      loadDocument: (collection, key) => database.load(collection, key),
      putDocument: (put) => database.put(put),
    };
  }

  private handleList(): void {
    const { member } = this;
    this.database.use(member.dbmanager());
    const games = new Set(member.games().map((game) => game.incarnation));
    const gone = [...this.knownGames].filter((game) => !games.has(game));
    this.knownGames = games;
    for (const game of gone) this.entities.handleGameGone(game);
    const gates = new Set(member.gates().map((gate) => gate.incarnation));
    for (const gate of this.gates.known) if (!gates.has(gate) && gates.size > 0) this.gates.drop(gate);
    for (const gate of this.knownGates) if (!gates.has(gate)) this.sync.refuse(gate);
    this.knownGates = gates;
    this.sync.touch();
  }

  /** The primary has each stub created on the game that the gamemanager named. */
  private handleStubsCreate(stubs: readonly StubEntry[]): void {
    for (const entry of stubs) {
      const { name, shard, game, assignment } = entry;
      try {
        if (game === this.member.incarnation) this.entities.createStub(name, shard, assignment);
        else this.entities.router.sendStubCreate(game, name, shard, assignment);
      } catch (error) {
        this.env.log.warn("stub.not-sent", { stub: name, shard, error: errorText(error) });
      }
    }
  }

  /** Boot steps 5 and 6: a game can work once it reaches the store; gates say themselves when they are linked. */
  private readyWhenLinked(): void {
    this.member.ready();
    this.sayWhetherAccepting();
  }

  private sayWhetherAccepting(): void {
    const { clients } = this.entities;
    const load = Math.min(LOAD_MAX, Math.floor((clients.count / LOAD_CLIENTS) * LOAD_MAX));
    this.gates.sendAll(GameToGate.acceptClients, { accept: this.database.isUp && !this.stopping, load });
  }

  private armTick(): void {
    const { scheduler } = this;
    const { tickMs } = this.env.config.game;
    const nowMs = scheduler.nowMs();
    const nextMs = this.lastTickMs + tickMs;
    // A tick that is late by more than one is left out rather than caught up with.
    const delayMs = nextMs >= nowMs - tickMs ? Math.max(0, nextMs - nowMs) : 0;
    scheduler.setTimer(delayMs, () => {
      if (this.stopping) return;
      this.tick(Math.max(nextMs, scheduler.nowMs() - tickMs));
      this.armTick();
    });
  }

  private tick(tickAtMs: number): void {
    const dtMs = tickAtMs - this.lastTickMs;
    this.lastTickMs = tickAtMs;
    this.nav?.tick();
    this.entities.tick(dtMs);
    this.nav?.flush();
    this.sync.flushFrame();
  }

  private armLoadReport(): void {
    this.timers.set(this.env.config.game.loadReportIntervalMs, () => {
      this.sayWhetherAccepting();
      this.armLoadReport();
    });
  }

  /** Saves everything that is persistent; gates have closed their clients before. */
  private async shutDown(): Promise<void> {
    this.stopping = true;
    this.sayWhetherAccepting();
    await this.entities.destroyAll("shutdown");
    await this.nav?.close();
    this.traces?.stop();
    await this.sync.drain();
    await this.sync.stop();
    this.timers.stop();
  }
}
