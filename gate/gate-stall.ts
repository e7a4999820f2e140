/**
 * Finds out that this gate did not run for a while (stopped, suspended, a long turn), and tells each game before the first message that it
 * passes on afterwards: what clients did meanwhile is stamped late, and is no cheat of theirs. Asked first thing when a client's packet is
 * read, since those come before timers after a sleep.
 */
import type { Scheduler, TimerHandle } from "../engine/base/scheduler.js";
import { GateToGame } from "../engine/protocol/game-link.js";
import type { Game } from "./game-table.js";

const WATCH_INTERVAL_MS = 100;
/** Later than that the gate has slept. Below, a client's own allowance for lag covers it. */
const SLEPT_MS_MIN = 300;
const SLEPT_MS_MAX = 0xffff_ffff;

export class GateStall {
  private readonly scheduler: Scheduler;
  private readonly told = new WeakMap<Game, number>();
  private count = 0;
  private sleptMs = 0;
  private ranMs: number;
  private ranWallMs: number;
  private timer: TimerHandle | null = null;

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
    this.ranMs = scheduler.nowMs();
    this.ranWallMs = scheduler.wallMs();
    this.arm();
  }

  /** The process runs now. A clock that stood still with it is found out by the other one. */
  note(): void {
    const { scheduler } = this;
    const nowMs = scheduler.nowMs();
    const wallMs = scheduler.wallMs();
    const gapMs = Math.max(nowMs - this.ranMs, wallMs - this.ranWallMs) - WATCH_INTERVAL_MS;
    this.ranMs = nowMs;
    this.ranWallMs = wallMs;
    if (gapMs < SLEPT_MS_MIN) return;
    this.count++;
    this.sleptMs = Math.min(gapMs, SLEPT_MS_MAX);
  }

  /** Before anything of a client is sent to the game. */
  tell(game: Game): void {
    if (this.count === 0 || this.told.get(game) === this.count) return;
    this.told.set(game, this.count);
    game.link.send(GateToGame.gateSlept, { sleptMs: Math.floor(this.sleptMs) });
  }

  stop(): void {
    if (this.timer !== null) this.scheduler.clearTimer(this.timer);
    this.timer = null;
  }

  private arm(): void {
    this.timer = this.scheduler.setTimer(WATCH_INTERVAL_MS, () => {
      this.note();
      this.arm();
    });
  }
}
