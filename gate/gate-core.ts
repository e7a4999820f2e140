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
import type { Link } from "../engine/net/link.js";
import type { Connection } from "../engine/net/transport.js";
import { Admission } from "./admission.js";
import { ClientDoor } from "./client-door.js";
import { ClientTable } from "./client-table.js";
import { type Game, type GamePlace, GameTable } from "./game-table.js";
import { gateCounters } from "./gate-metrics.js";
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
  dial(place: GamePlace): Link;
  onLinksChanged(games: readonly Incarnation[]): void;
  /** A game's link went down for `reason`, or the game left the process list. */
  onGameLost?(reason: string): void;
}

export class GateCore {
  readonly games: GameTable;
  private readonly options: GateCoreOptions;
  private readonly table = new ClientTable();
  private readonly life: SessionLife;
  private readonly admission: Admission;
  private readonly door: ClientDoor;
  private otherGates: readonly string[] = [];
  private readonly sweepIntervalMs: number;
  private sweptMs: number;
  private stopped = false;

  constructor(options: GateCoreOptions) {
    this.options = options;
    const { scheduler, log, metrics, random } = options;
    const config = options.config.gate;
    const { table } = this;
    const counters = gateCounters(metrics);
    this.life = new SessionLife({ scheduler, config, table, counters, metrics, log });
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
    });
    metrics.gauge("gate_clients", () => table.size);
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

  onConnection(connection: Connection): void {
    this.door.onConnection(connection);
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
    const nowMs = this.options.scheduler.nowMs();
    const lateMs = nowMs - this.sweptMs - this.sweepIntervalMs;
    const forgivenMs = lateMs > this.sweepIntervalMs ? lateMs : 0;
    this.sweptMs = nowMs;
    this.door.sweepHandshakes(nowMs, forgivenMs);
    for (const session of this.table.all()) {
      session.lastHeardMs += forgivenMs;
      session.interruptedMs += forgivenMs;
      if (session.state === "online" && nowMs - session.lastHeardMs > config.gate.clientTimeoutMs) {
        this.life.cut(session);
      } else if (session.state === "interrupted" && nowMs - session.interruptedMs > config.gate.resumeWindowMs) {
        this.life.end(session, "CLIENT_SILENT", "it did not come back in time");
      }
    }
  }
}

function shortestDeadlineMs(config: AeonConfig["gate"]): number {
  const { heartbeatIntervalMs, helloTimeoutMs, clientTimeoutMs, resumeWindowMs } = config;
  const deadlines = [heartbeatIntervalMs, helloTimeoutMs, clientTimeoutMs];
  return Math.min(...deadlines, resumeWindowMs === 0 ? heartbeatIntervalMs : resumeWindowMs);
}
