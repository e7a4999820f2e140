/**
 * Many bots on one thread, and what they measured (bot-threads.ts spreads more over several). Phases: logins at a bounded rate, then `seconds` of measuring, then goodbye.
 * One timer drives all steps, a fifth of the bots at a time, so that each moves ten times a second and the load is even.
 */
import { AeonError } from "../../engine/base/errors.js";
import { type Random, SeededRandom, systemRandom } from "../../engine/base/random.js";
import { realScheduler } from "../../engine/base/real-scheduler.js";
import type { Scheduler } from "../../engine/base/scheduler.js";
import { Client } from "../client.js";
import { DefinitionCache } from "../definition-cache.js";
import type { QueryGates } from "../gate-query.js";
import type { Position } from "../position-history.js";
import type { ClientTransport } from "../session.js";
import { Bot, type BotEnv } from "./bot.js";
import { Histogram } from "./histogram.js";
import { inflateWithZlib } from "./inflate.js";
import { SeeProbe } from "./see-probe.js";
import { connectWebSocket } from "./websocket-transport.js";

export const BOT_PROFILES = ["wander", "idle", "cheat"] as const;
export type BotProfile = (typeof BOT_PROFILES)[number];

export interface BotOptions {
  /** Addresses such as "ws://127.0.0.1:7711"; the bots are spread over them. */
  readonly gates: readonly string[];
  /** At least 1; some 1,000 are what one core carries. */
  readonly count: number;
  /** How many play in all, with those of other threads; `count` unless said. */
  readonly crowd?: number;
  /** The first one is "Bot" with this number; 1 unless said. */
  readonly firstNumber?: number;
  /** How long to measure once all are in (or the time for it is up). 0: until `signal` aborts. */
  readonly seconds: number;
  /** One of BOT_PROFILES; "wander" unless said. */
  readonly profile?: string;
  /** Repeats the bots' choices, not the ids of their clients; left out: the system's randomness. */
  readonly seed?: number;
  /** Gets a progress line each second and, at the end, the summary. */
  readonly onLine?: (line: BotProgress | BotPutBack | BotSummary) => void;
  /** Ends the run early; the summary covers what was. */
  readonly signal?: AbortSignal;
  readonly loginsPerSecond?: number;
  /** Waited for between logging in and measuring, while the bots play on. */
  readonly othersAreIn?: () => Promise<void>;
  /** At the end: what was measured, before it is summed up. */
  readonly onMeasured?: (rtt: Histogram, see: Histogram) => void;
  /** Of each bot that walks; 10 unless said, and at most. */
  readonly movesPerSecond?: number;
  readonly transport?: ClientTransport;
  /** Each bot asks which gate to take; absent: they are spread over `gates` in turn. */
  readonly query?: QueryGates;
  readonly scheduler?: Scheduler;
  /** For client ids and for names; the system's unless said. */
  readonly idRandom?: Random;
}

export interface BotProgress {
  readonly event: "progress";
  readonly second: number;
  readonly loggedIn: number;
  readonly errors: number;
  readonly disconnects: number;
  readonly seeMsP99: number;
  /** How often each code was among the errors. */
  readonly errorCodes: Readonly<Record<string, number>>;
}

export interface BotSummary {
  readonly event: "summary";
  readonly count: number;
  /** At the end of the measurement. */
  readonly loggedIn: number;
  readonly errors: number;
  /** Connections that were cut. */
  readonly disconnects: number;
  /** Moves that the server refused. */
  readonly putBack: number;
  readonly rttMsP50: number;
  readonly rttMsP99: number;
  /** From one bot's move until another bot's mirror has it. */
  readonly seeMsP50: number;
  readonly seeMsP99: number;
  /** Both directions, without the transport's own headers. */
  readonly bytesPerClientPerSecond: number;
}

/** A cheating bot was put back. */
export interface BotPutBack {
  readonly event: "put-back";
  readonly bot: string;
  readonly fromX: number;
  readonly fromZ: number;
  readonly toX: number;
  readonly toZ: number;
}

type Four = [number, number, number, number];

/** More bots talk no more than so many: what is said goes to everybody near at once, each time. */
const TALKERS_MAX = 400;
const STEP_MS = 20;
const STEP_GROUPS = 5;
export const LOGINS_PER_SECOND = 100;
const SECOND_MS = 1_000;
/** After the last login began, this long is waited for all to be in. */
const LOGIN_GRACE_MS = 10_000;
const GOODBYE_MS = 200;
const PROGRESS_MS = 1_000;
/** More observers than this would measure the same and cost the measuring process its time. */
const OBSERVERS_MAX = 50;

/** Resolves with the summary. Rejects with CONFIG_INVALID for an unknown profile; whatever happens to a bot is counted. */
export async function runBots(options: BotOptions): Promise<BotSummary> {
  const { profile = "wander" } = options;
  if (!(BOT_PROFILES as readonly string[]).includes(profile))
    throw new AeonError("CONFIG_INVALID", `no bot profile "${profile}"; there are ${BOT_PROFILES.join(", ")}`);
  const run = new BotRun(options);
  await run.logIn();
  await run.waitForOthers();
  run.beginMeasuring();
  await run.measure();
  return run.finish();
}

class BotRun {
  private readonly options: BotOptions;
  private readonly scheduler: Scheduler;
  private readonly random: Random;
  private readonly bots: Bot[] = [];
  private readonly rtt = new Histogram();
  private readonly see = new Histogram();
  private readonly errorsByCode = new Map<string, number>();
  private errors = 0;
  private disconnects = 0;
  private putBack = 0;
  private begunMs = 0;
  private bytesBefore = 0;
  private progressAtMs = 0;
  private startedMs = 0;
  private group = 0;

  constructor(options: BotOptions) {
    this.options = options;
    this.scheduler = options.scheduler ?? realScheduler;
    this.random = options.seed === undefined ? systemRandom : new SeededRandom(options.seed);
    this.makeBots();
  }

  /** Starts the bots at a bounded rate; resolves when all are in or the time for it is up. */
  logIn(): Promise<void> {
    const perStep = ((this.options.loginsPerSecond ?? LOGINS_PER_SECOND) * STEP_MS) / 1000;
    let started = 0;
    let due = 0;
    let lastStartMs = 0;
    this.startedMs = this.scheduler.nowMs();
    this.progressAtMs = this.startedMs + PROGRESS_MS;
    return this.every((nowMs) => {
      due = Math.min(this.bots.length, due + perStep);
      for (; started < Math.floor(due); started++) this.bots[started]?.start();
      if (started < this.bots.length) lastStartMs = nowMs;
      const late = nowMs - lastStartMs > LOGIN_GRACE_MS && started === this.bots.length;
      return late || this.loggedInCount() === this.bots.length;
    });
  }

  async waitForOthers(): Promise<void> {
    let areIn = this.options.othersAreIn === undefined;
    if (areIn) return;
    void this.options.othersAreIn?.().then(() => (areIn = true));
    await this.every(() => areIn);
  }

  beginMeasuring(): void {
    this.begunMs = this.scheduler.nowMs();
    this.bytesBefore = this.bytes();
    this.rtt.clear();
    this.see.clear();
  }

  measure(): Promise<void> {
    const { seconds } = this.options;
    return this.every((nowMs) => seconds > 0 && nowMs - this.begunMs >= seconds * 1000);
  }

  async finish(): Promise<BotSummary> {
    const summary = this.summary();
    for (const bot of this.bots) bot.stop();
    await new Promise<void>((resolve) => this.scheduler.setTimer(GOODBYE_MS, resolve));
    this.options.onMeasured?.(this.rtt, this.see);
    this.options.onLine?.(summary);
    return summary;
  }

  private summary(): BotSummary {
    const measuredS = Math.max(0.001, (this.scheduler.nowMs() - this.begunMs) / 1000);
    const count = this.bots.length;
    return {
      event: "summary",
      count,
      loggedIn: this.loggedInCount(),
      errors: this.errors,
      disconnects: this.disconnects,
      putBack: this.putBack,
      rttMsP50: this.rtt.percentile(0.5),
      rttMsP99: this.rtt.percentile(0.99),
      seeMsP50: this.see.percentile(0.5),
      seeMsP99: this.see.percentile(0.99),
      bytesPerClientPerSecond: Math.round((this.bytes() - this.bytesBefore) / count / measuredS),
    };
  }

  private makeBots(): void {
    const { count, gates, profile = "wander", movesPerSecond, firstNumber = 1, idRandom = systemRandom } = this.options;
    const transport = this.options.transport ?? connectWebSocket;
    const query = this.options.query === undefined ? {} : { query: this.options.query };
    const probe = new SeeProbe(this.see, () => this.scheduler.nowMs());
    const definitions = new DefinitionCache();
    const observerStride = Math.max(1, Math.floor(count / OBSERVERS_MAX));
    const env: BotEnv = {
      scheduler: this.scheduler,
      random: this.random,
      probe,
      walks: profile !== "idle",
      cheats: profile === "cheat",
      onPutBack: (bot, from, to) => this.onPutBack(bot, from, to),
      // Half a step less, so that a step that comes a little early counts.
      movePauseMs: movesPerSecond === undefined ? 0 : SECOND_MS / movesPerSecond - STEP_MS / 2,
      sayPauseFactor: Math.max(1, (this.options.crowd ?? count) / TALKERS_MAX),
      otherName: () => `Bot${idRandom.u32().toString(36)}`,
      onError: (code) => this.onError(code),
    };
    for (let i = 0; i < count; i++) {
      const turned = gates.map((_, at) => gates[(at + i) % gates.length] as string);
      const client = new Client({
        transport,
        gates: turned,
        scheduler: this.scheduler,
        random: idRandom,
        definitions,
        inflate: inflateWithZlib,
        ...query,
        connectTimeoutMs: 60_000,
      });
      client.on("rtt", (rttMs) => this.rtt.add(rttMs));
      client.on("state", (state) => {
        if (state === "reconnecting") this.disconnects++;
      });
      if (i % observerStride === 0) client.onMoved((entity) => probe.observe(entity));
      this.bots.push(new Bot(client, `Bot${firstNumber + i}`, env));
    }
  }

  /** Steps the bots every STEP_MS until `done` says so or the run is aborted. */
  private every(done: (nowMs: number) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const tick = (): void => {
        const nowMs = this.scheduler.nowMs();
        this.stepGroup(nowMs);
        this.progress(nowMs);
        if (done(nowMs) || this.options.signal?.aborted === true) resolve();
        else this.scheduler.setTimer(STEP_MS, tick);
      };
      tick();
    });
  }

  private stepGroup(nowMs: number): void {
    for (let i = this.group; i < this.bots.length; i += STEP_GROUPS) this.bots[i]?.step(nowMs);
    this.group = (this.group + 1) % STEP_GROUPS;
  }

  private progress(nowMs: number): void {
    if (nowMs < this.progressAtMs) return;
    this.progressAtMs += PROGRESS_MS;
    this.options.onLine?.({
      event: "progress",
      second: Math.round((nowMs - this.startedMs) / 1000),
      loggedIn: this.loggedInCount(),
      errors: this.errors,
      disconnects: this.disconnects,
      seeMsP99: this.see.percentile(0.99),
      errorCodes: Object.fromEntries(this.errorsByCode),
    });
  }

  private loggedInCount(): number {
    let count = 0;
    for (const bot of this.bots) if (bot.loggedIn && bot.client.state === "online") count++;
    return count;
  }

  private bytes(): number {
    let bytes = 0;
    for (const { client } of this.bots) {
      const { bytesIn, bytesOut } = client.stats;
      bytes += bytesIn + bytesOut;
    }
    return bytes;
  }

  private onPutBack(bot: string, from: Readonly<Position>, to: Readonly<Position>): void {
    this.putBack++;
    if (this.options.profile !== "cheat") return;
    const [fromX, fromZ, toX, toZ] = [from.x, from.z, to.x, to.z].map((each) => Math.round(each * 10) / 10) as Four;
    this.options.onLine?.({ event: "put-back", bot, fromX, fromZ, toX, toZ });
  }

  private onError(code: string): void {
    this.errors++;
    this.errorsByCode.set(code, (this.errorsByCode.get(code) ?? 0) + 1);
  }
}
