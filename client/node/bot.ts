/**
 * One bot: a client that logs in by a name, walks, now and then says something, and logs in again when its session was lost.
 * Driven by `step`, so that many bots share one timer.
 */
import { errorCodeOf } from "../../engine/base/errors.js";
import type { Random } from "../../engine/base/random.js";
import type { Scheduler, TimerHandle } from "../../engine/base/scheduler.js";
import type { Client } from "../client.js";
import type { ClientEntity } from "../client-entity.js";
import type { Position } from "../position-history.js";
import { CheatWalk } from "./cheat-walk.js";
import type { MoveTrail, SeeProbe } from "./see-probe.js";
import { Wander } from "./wander.js";

export interface BotEnv {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly probe: SeeProbe;
  /** Stand still ("idle") or walk and talk ("wander"). */
  readonly walks: boolean;
  /** Moves as it should not. */
  readonly cheats: boolean;
  /** A move was refused: where it was, and where it was put. */
  onPutBack(bot: string, from: Readonly<Position>, to: Readonly<Position>): void;
  /** Between two of its moves, at least, in ms. */
  readonly movePauseMs: number;
  /** Times as long as usual between two things that it says. */
  readonly sayPauseFactor: number;
  /** Another name for when the first one is taken by somebody else. */
  otherName(): string;
  onError(code: string): void;
}

const LOGIN_RETRY_MS = 1_000;
/** An old session of the same name ends at the latest after the gate's resume window. */
const LOGIN_RETRIES_MAX = 30;
/** A bot whose process stood still walks on from where it was, and does not run to where it would be: that is what cheats do. */
const STEP_MS_MAX = 250;
const SAY_PAUSE_MIN_MS = 20_000;
const SAY_PAUSE_SPREAD_MS = 40_000;
const WORDS = ["hello", "nice pond", "which way to the cave?", "beware of the wolf", "brb", "anyone for slimes?"];
const ACCOUNT_TYPE = "Account";

export class Bot {
  readonly client: Client;
  name: string;
  loggedIn = false;
  private readonly env: BotEnv;
  /** Logged in under this name before: then whoever holds it is this bot's own lost session. */
  private nameIsOurs = false;
  private walk: Wander | null = null;
  private readonly cheat: CheatWalk | null;
  private trail: MoveTrail | null = null;
  private steppedMs = 0;
  private movedMs = Number.NEGATIVE_INFINITY;
  private sayAtMs = 0;
  private retry: TimerHandle | null = null;

  constructor(client: Client, name: string, env: BotEnv) {
    this.client = client;
    this.name = name;
    this.env = env;
    this.cheat = env.cheats ? new CheatWalk(env.random) : null;
    client.on("session", ({ resumed }) => this.onSession(resumed));
    client.on("own", (entity) => this.onOwn(entity));
    client.on("space", (space) => {
      this.walk = space === null ? null : new Wander(space.position, env.random);
    });
    client.on("correct", (position, _, cause) => this.onCorrect(position, cause === "corrected"));
    client.on("error", (error) => env.onError(errorCodeOf(error)));
    client.on("close", ({ code }) => this.onClose(code));
  }

  /** Whatever ends the client for good is heard of by `close`. */
  start(): void {
    this.client.connect().catch(() => undefined);
  }

  stop(): void {
    if (this.retry !== null) this.env.scheduler.clearTimer(this.retry);
    this.client.close();
  }

  /** One step of the walk. */
  step(nowMs: number): void {
    if (this.client.state !== "online" || !this.loggedIn) return;
    const elapsedMs = Math.min(STEP_MS_MAX, nowMs - this.steppedMs);
    this.steppedMs = nowMs;
    if (!this.env.walks || this.walk === null || this.trail === null) return;
    this.walk.step(this.cheat?.stretch(elapsedMs) ?? elapsedMs);
    this.cheat?.bend(this.walk.at, nowMs);
    if (nowMs - this.movedMs < this.env.movePauseMs) return;
    this.movedMs = nowMs;
    this.walk.at.x = this.trail.note(this.walk.at.x, nowMs);
    this.client.move(this.walk.at);
    if (nowMs >= this.sayAtMs) this.say(nowMs);
  }

  private onCorrect(to: Readonly<Position>, isPutBack: boolean): void {
    if (this.walk === null) return;
    if (!isPutBack) this.walk = new Wander(to, this.env.random);
    else {
      this.env.onPutBack(this.name, { ...this.walk.at }, to);
      this.walk.correct(to);
    }
  }

  private onSession(resumed: boolean): void {
    if (resumed) return;
    this.login(LOGIN_RETRIES_MAX);
  }

  private onOwn(entity: ClientEntity): void {
    this.loggedIn = entity.typeName !== ACCOUNT_TYPE;
    if (!this.loggedIn) return;
    this.nameIsOurs = true;
    this.trail = this.env.probe.trailOf(entity.id);
    this.steppedMs = this.env.scheduler.nowMs();
    this.sayAtMs = this.steppedMs + this.sayPauseMs();
  }

  /** Thrown out: an error, and after a pause another try. */
  private onClose(code: string): void {
    this.loggedIn = false;
    if (code === "CLIENT_CLOSED") return;
    this.env.onError(code);
    this.retryAfter(LOGIN_RETRY_MS, () => this.start());
  }

  private login(retriesLeft: number): void {
    const { own } = this.client;
    if (own?.typeName !== ACCOUNT_TYPE) return;
    own.call.login?.(this.name).catch((error) => this.onLoginRefused(own, error, retriesLeft));
  }

  /** A name that is in use is no error: it is somebody else's, or our own lost session's for a while. Everything else is one. */
  private onLoginRefused(account: ClientEntity, error: unknown, retriesLeft: number): void {
    if (account.gone) return;
    const code = errorCodeOf(error);
    const isInUse = code === "LOGIN_NAME_IN_USE";
    if (!isInUse || retriesLeft === 0) this.env.onError(code);
    if (retriesLeft === 0) return;
    const isOthers = isInUse && !this.nameIsOurs;
    if (isOthers) this.name = this.env.otherName();
    this.retryAfter(isOthers ? 0 : LOGIN_RETRY_MS, () => this.login(retriesLeft - 1));
  }

  private retryAfter(pauseMs: number, run: () => void): void {
    if (this.retry !== null) this.env.scheduler.clearTimer(this.retry);
    this.retry = this.env.scheduler.setTimer(pauseMs, run);
  }

  private say(nowMs: number): void {
    this.sayAtMs = nowMs + this.sayPauseMs();
    const words = WORDS[Math.floor(this.env.random.next() * WORDS.length)] as string;
    this.client.own?.send.say?.(words);
  }

  private sayPauseMs(): number {
    return (SAY_PAUSE_MIN_MS + this.env.random.next() * SAY_PAUSE_SPREAD_MS) * this.env.sayPauseFactor;
  }
}
