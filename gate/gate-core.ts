/**
 * The gate without its membership of the cluster: clients on one side, games on the other, and the process list as it comes.
 * Pure: connections, links, time and randomness are handed in. gate.ts gives it real ones, tests simulated ones.
 */
import type { Incarnation } from "../engine/base/ids.js";
import type { Log } from "../engine/base/log.js";
import type { Metrics } from "../engine/base/metrics.js";
import type { Random } from "../engine/base/random.js";
import type { Scheduler } from "../engine/base/scheduler.js";
import type { AeonConfig } from "../engine/config/config.js";
import { AddressBudget, type AddressBudgetOptions } from "../engine/net/address-budget.js";
import { GateSeal, type GateSealOptions } from "../engine/net/gate-seal.js";
import type { Link } from "../engine/net/link.js";
import type { Connection } from "../engine/net/transport.js";
import { Admission } from "./admission.js";
import { ClientDoor } from "./client-door.js";
import { ClientTable } from "./client-table.js";
import { type Game, type GamePlace, GameTable } from "./game-table.js";
import { type GateCounters, gateCounters } from "./gate-metrics.js";
import { Router } from "./router.js";
import { SessionLife } from "./session-life.js";

/** Deadlines are checked this often within the shortest of them. */
const SWEEPS_PER_DEADLINE = 4;
/** The first redial of a lost game follows this many of the link's own first pauses. */
const REDIAL_FACTOR = 10;

export interface GateCoreOptions {
  readonly config: AeonConfig;
  readonly scheduler: Scheduler;
  /** Tokens are made of it: cryptographic in a real gate. */
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  /** For connections that are not encrypted by their transport; absent: those stay in the clear. */
  readonly seal?: GateSealOptions;
  dial(place: GamePlace): Link;
  onLinksChanged(games: readonly Incarnation[]): void;
  /** A game's link went down for `reason`, or the game left the process list. */
  onGameLost?(reason: string): void;
}

export class GateCore {
  readonly games: GameTable;
  /** Of addresses: handshakes over every transport, and clients' sessions. */
  private readonly budget: AddressBudget;
  private readonly counters: GateCounters;
  private readonly options: GateCoreOptions;
  private readonly table = new ClientTable();
  private readonly life: SessionLife;
  private readonly admission: Admission;
  private readonly door: ClientDoor;
  /** Where clients reach this gate, by each of its transports. */
  ownAddresses: readonly string[] = [];
  private otherGates: readonly string[] = [];
  private readonly seal: GateSeal | null;
  private readonly sweepIntervalMs: number;
  private sweptMs: number;
  private stopped = false;

  constructor(options: GateCoreOptions) {
    this.options = options;
    const { scheduler, log, metrics, random } = options;
    const config = options.config.gate;
    const { table } = this;
    const counters = gateCounters(metrics);
    this.counters = counters;
    this.budget = new AddressBudget(budgetOptions(config), scheduler.nowMs());
    this.life = new SessionLife({
      windowBytes: options.config.game.clientWindowBytes,
      scheduler,
      config,
      table,
      counters,
      metrics,
      log,
      budget: this.budget,
    });
    this.games = new GameTable(scheduler, options.config.link.redialMs * REDIAL_FACTOR, {
      dial: (place) => options.dial(place),
      onMessage: (game, stream, reader) => router.onGameMessage(game, stream, reader),
      onLinksChanged: (games) => options.onLinksChanged(games),
      onGone: (game, reason) => this.onGameGone(game, reason),
    });
    const { games, life } = this;
    const router = new Router({ scheduler, table, games, life, counters });
    this.admission = new Admission({ table, games, life, random, clientsMax: config.clientsMax, counters });
    this.door = new ClientDoor({
      scheduler,
      config,
      table,
      admission: this.admission,
      life,
      counters,
      log,
      otherGates: () => this.otherGates,
      ownAddresses: () => this.ownAddresses,
    });
    this.seal = options.seal === undefined || config.encryption === "off" ? null : new GateSeal(options.seal, counters);
    metrics.gauge("gate_clients", () => table.size);
    metrics.gauge("gate_addresses", () => this.budget.size);
    metrics.gauge("gate_handshakes", () => this.door.handshakeCount);
    this.sweepIntervalMs = shortestDeadlineMs(config) / SWEEPS_PER_DEADLINE;
    this.sweptMs = scheduler.nowMs();
    this.armSweep();
  }

  get clientCount(): number {
    return this.table.size;
  }

  /** The process list: the games, whether clients are admitted, and where they reach the other gates. */
  update(open: boolean, games: readonly GamePlace[], otherGates: readonly string[]): void {
    this.admission.open = open;
    this.otherGates = otherGates;
    this.games.update(games);
  }

  /** Whether a client at this address may connect now: asked before a connection costs anything, and paid with it. */
  admitsHandshake(host: string): boolean {
    const refusal = this.budget.takeHandshake(host, this.options.scheduler.nowMs());
    if (refusal === "all") this.counters.handshakesOverAll.add();
    else if (refusal !== null) this.counters.handshakesOverAddress.add();
    return refusal === null;
  }

  onConnection(connection: Connection): void {
    // What is sealed or out of order by itself is its transport's affair.
    const isPlainStream = connection.isSecure !== true && connection.sendLoose === undefined;
    this.door.onConnection(this.seal !== null && isPlainStream ? this.seal.wrap(connection) : connection);
  }

  /** Admits no more and ends every session; resolves when the last connection has delivered its goodbye. */
  stop(): Promise<void> {
    this.stopped = true;
    this.admission.closing = true;
    this.door.closeHandshakes("CLIENT_SHUTDOWN");
    for (const session of this.table.all()) this.life.end(session, "CLIENT_SHUTDOWN", "");
    return this.life.drained();
  }

  private onGameGone(game: Game, reason: string): void {
    this.options.log.info("game gone", { game: game.place.name, clients: game.sessions.size, reason });
    for (const session of game.sessions) this.life.end(session, "CLIENT_GAME_GONE", game.place.name);
    this.options.onGameLost?.(reason);
  }

  private armSweep(): void {
    this.options.scheduler.setTimer(this.sweepIntervalMs, () => {
      if (this.stopped) return;
      this.tickSweep();
      this.armSweep();
    });
  }

  /** Cuts who is silent and ends who did not come back. Time in which the gate itself did not run counts against nobody. */
  private tickSweep(): void {
    const { config } = this.options;
    const { loginTimeoutMs } = config.gate;
    const nowMs = this.options.scheduler.nowMs();
    const lateMs = nowMs - this.sweptMs - this.sweepIntervalMs;
    const forgivenMs = lateMs > this.sweepIntervalMs ? lateMs : 0;
    this.sweptMs = nowMs;
    this.door.sweepHandshakes(nowMs, forgivenMs);
    for (const session of this.table.all()) {
      session.lastHeardMs += forgivenMs;
      session.interruptedMs += forgivenMs;
      session.openedMs += forgivenMs;
      if (session.state === "online" && nowMs - session.lastHeardMs > config.gate.clientTimeoutMs) {
        this.life.cut(session);
      } else if (session.state === "interrupted" && nowMs - session.interruptedMs > config.gate.resumeWindowMs) {
        this.life.end(session, "CLIENT_SILENT", "it did not come back in time");
      } else if (loginTimeoutMs > 0 && !session.isLoggedIn && nowMs - session.openedMs > loginTimeoutMs) {
        this.life.end(session, "CLIENT_LOGIN_TIMEOUT", "");
      }
    }
  }
}

function budgetOptions(config: AeonConfig["gate"]): AddressBudgetOptions {
  return { ...config, windowMs: config.rateWindowMs, limitsLoopback: config.limitLoopback };
}

function shortestDeadlineMs(config: AeonConfig["gate"]): number {
  const { heartbeatIntervalMs, helloTimeoutMs, clientTimeoutMs, resumeWindowMs, loginTimeoutMs } = config;
  const deadlines = [heartbeatIntervalMs, helloTimeoutMs, clientTimeoutMs, resumeWindowMs, loginTimeoutMs];
  return Math.min(...deadlines.filter((deadlineMs) => deadlineMs > 0));
}
