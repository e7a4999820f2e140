/**
 * One client's moves, judged: numbers, corrections, modes, exceptions, and what a verdict leads to. Holds the checks' numbers (Mover) and
 * knows neither entity nor network; the entity layer runs it live, a replay runs it from a trace, with the same results.
 *
 * Each time the server says where the client is (a correction, a teleport, a new space) is a *placement* with a number. A move says which
 * placement its client saw last; one that was made before the latest is ignored, so that nothing is judged twice or from the wrong place.
 */
import { checkMove, type Mover, newMover, restart } from "./checks.js";
import { NEVER_MS, RecentTimes } from "./recent-times.js";
import type { MoveLimits } from "./rules.js";
import type { MovementThresholds } from "./thresholds.js";
import { CORRECTING, FLAGGING, type Grade, VERDICT } from "./verdict.js";

/** A client that was held up by its gate may catch up for so long. */
const FORGIVE_MS = 1_000;
const MS_PER_S = 1_000;

export interface JudgeSnapshot {
  readonly placement: number;
  readonly mode: number;
  readonly previousMode: number;
  readonly previousUntilMs: number;
  readonly lastNumber: number;
  readonly flaggedMs: number;
  readonly isFirst: boolean;
  readonly sleptMs: number;
  readonly mover: Mover;
  readonly stalls: readonly number[];
  readonly flags: readonly number[];
}

export class MoveJudge {
  readonly mover: Mover;
  readonly thresholds: MovementThresholds;
  readonly modes: readonly MoveLimits[];
  /** Number of the last placement. */
  placement = 0;
  /** Bits of VERDICT of the last move. */
  bits = 0;
  /** Since the beginning. */
  flagCount = 0;
  correctCount = 0;
  private mode = 0;
  private previousMode = 0;
  private previousUntilMs = 0;
  private isFirst = true;
  private sleptMs = 0;
  private lastNumber = 0;
  private flaggedMs = NEVER_MS;
  private readonly stalls: RecentTimes;
  private readonly flags: RecentTimes;

  /** `atMs`: on the clock of the gate's stamps, as every time here. */
  constructor(thresholds: MovementThresholds, modes: readonly MoveLimits[], atMs: number) {
    this.thresholds = thresholds;
    this.modes = modes;
    this.mover = newMover(0, 0, 0, atMs);
    this.stalls = new RecentTimes(thresholds.stallCountMax + 1);
    this.flags = new RecentTimes(thresholds.flagsToKick);
  }

  get modeIndex(): number {
    return this.mode;
  }

  /** The moves of a new client count from 1 again, and may come by another gate's clock: no time that was noted means anything any more. */
  handleNewClient(): void {
    this.lastNumber = 0;
    this.flaggedMs = NEVER_MS;
    this.previousUntilMs = NEVER_MS;
    this.mover.freeUntilMs = NEVER_MS;
    this.stalls.set([]);
    this.flags.set([]);
  }

  /** All there is to know, as plain numbers: a judge that is `restore`d from it goes on as this one does. */
  snapshot(): JudgeSnapshot {
    const { placement, mode, previousMode, previousUntilMs, lastNumber, flaggedMs, isFirst, sleptMs } = this;
    const numbers = { placement, mode, previousMode, previousUntilMs, lastNumber, flaggedMs, isFirst, sleptMs };
    return { ...numbers, mover: { ...this.mover }, stalls: this.stalls.list(), flags: this.flags.list() };
  }

  restore(from: JudgeSnapshot): void {
    Object.assign(this.mover, from.mover);
    this.placement = from.placement;
    this.mode = from.mode;
    this.previousMode = from.previousMode;
    this.previousUntilMs = from.previousUntilMs;
    this.lastNumber = from.lastNumber;
    this.flaggedMs = from.flaggedMs;
    this.isFirst = from.isFirst;
    this.sleptMs = from.sleptMs;
    this.stalls.set(from.stalls);
    this.flags.set(from.flags);
  }

  /** The server puts the client there by itself: everything begins anew. */
  place(placement: number, x: number, y: number, z: number, atMs: number): void {
    this.placement = placement;
    this.isFirst = true;
    restart(this.mover, x, y, z, atMs);
  }

  /** The server puts the client back there: what it owes it goes on owing. */
  putBack(placement: number, x: number, y: number, z: number): void {
    const { mover } = this;
    this.placement = placement;
    mover.x = x;
    mover.y = y;
    mover.z = z;
  }

  /** What to do about the move; `bits` says why. After `correct` and above, unless it is `ignore`, the caller puts the client back. */
  move(arrivedMs: number, number: number, placement: number, x: number, y: number, z: number): Grade {
    this.bits = 0;
    if (placement !== this.placement || number <= this.lastNumber) return "ignore";
    this.lastNumber = number;
    if (this.isFirst) this.begin(arrivedMs);
    const bits = checkMove(this.mover, this.limitsAt(arrivedMs), this.thresholds, arrivedMs, x, y, z);
    return bits === 0 ? "accept" : this.judge(bits, arrivedMs);
  }

  /** A verdict that was reached elsewhere (a NavCheck, the author's hook) about the last move or one shortly before. */
  judge(bits: number, atMs: number): Grade {
    const { thresholds } = this;
    let all = bits;
    const isStall = (bits & VERDICT.stall) !== 0;
    if (isStall && this.stalls.note(atMs, thresholds.stallWindowMs) > thresholds.stallCountMax)
      all |= VERDICT.lagSwitch;
    this.bits = all;
    const isPutBack = (all & CORRECTING) !== 0;
    if (isPutBack) this.correctCount++;
    if ((all & FLAGGING) !== 0 && atMs - this.flaggedMs >= thresholds.flagPauseMs) return this.flag(atMs);
    return isPutBack ? "correct" : "ignore";
  }

  /** From now on the limits of that mode; for a client that has not heard of it, those of a faster one go on for a while. */
  setMode(index: number, atMs: number): void {
    if (index === this.mode) return;
    this.previousMode = this.mode;
    this.previousUntilMs = atMs + this.thresholds.exceptionSlackMs;
    this.mode = index;
  }

  /** So much way beyond the limits is legal for `forMs` and the time until the client has heard of it. Adds up. */
  allowWay(units: number, unitsUp: number, forMs: number, atMs: number): void {
    const { mover } = this;
    const isOver = mover.freeUntilMs <= atMs;
    mover.freeUnits = (isOver ? 0 : mover.freeUnits) + units;
    mover.freeUnitsUp = (isOver ? 0 : mover.freeUnitsUp) + unitsUp;
    mover.freeUntilMs = Math.max(mover.freeUntilMs, atMs + forMs + this.thresholds.exceptionSlackMs);
  }

  /** The gate, and not the client, stood still for so long; what it held up comes at once. Begins new windows with the next move. */
  forgive(sleptMs: number): void {
    this.isFirst = true;
    this.sleptMs = Math.max(this.sleptMs, sleptMs);
  }

  /**
   * The first move after a placement or a sleep says what time it is: only the gate's stamps count, and what the server believed of the
   * gate's clock in between may be wrong.
   */
  private begin(atMs: number): void {
    const { mover, sleptMs } = this;
    this.isFirst = false;
    // A page that stood still before it heard of the placement catches up from there.
    mover.arrivedMs = atMs - this.thresholds.lagAllowanceMs;
    mover.rateAtMs = mover.arrivedMs;
    if (sleptMs === 0) return;
    this.sleptMs = 0;
    const { speedMax, climbSpeedMax } = this.limitsAt(atMs);
    restart(mover, mover.x, mover.y, mover.z, mover.arrivedMs);
    mover.rateOverMs = -sleptMs;
    this.allowWay((speedMax * sleptMs) / MS_PER_S, (climbSpeedMax * sleptMs) / MS_PER_S, FORGIVE_MS, atMs);
  }

  private flag(atMs: number): Grade {
    const { flagsToKick, flagWindowMs } = this.thresholds;
    this.flaggedMs = atMs;
    this.flagCount++;
    const recent = this.flags.note(atMs, flagWindowMs);
    return flagsToKick > 0 && recent >= flagsToKick ? "kick" : "flag";
  }

  /** What the mode allows now, for one who may not have heard of the last change. */
  limitsAt(atMs: number): MoveLimits {
    const current = this.modes[this.mode] as MoveLimits;
    if (atMs > this.previousUntilMs) return current;
    const previous = this.modes[this.previousMode] as MoveLimits;
    return previous.speedMax > current.speedMax ? previous : current;
  }
}
