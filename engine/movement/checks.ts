/**
 * The four checks, as pure functions over one mover's numbers. Called by MoveJudge for each move, live and in a replay; any thread.
 *
 * Everything is counted in milliseconds: a way costs the time it takes at the limit (`needMs`), and time between the gate's arrival stamps
 * earns as much (`gapMs`). Of an honest client `sum(gap) − sum(need)` is how its delay has changed, so it stays within its jitter; of
 * a faster one it falls for ever. Each check keeps such a balance:
 *
 *   speed     all time counts. What is saved melts away with `catchUpMs`, and is at most `lagAllowanceMs`: who stands still saves nothing,
 *             who was held up by the network may catch up at once. Below −slack: too far in too little time.
 *   average   only time spent moving counts, so that pauses do not pay for what came before them; over two horizons.
 *   rate      each move costs 1000 / moveRateMax.
 *   vertical  the same balance for the net way up (a jump may be ahead by its height) and for the way down.
 *
 * The slack grows with the jitter that is seen in the arrivals and with what came in bunches lately, up to `jitterSlackMaxMs`: faking that gains
 * so much, once. The constants below were chosen by `npm run simulate -- movement`; docs/movement.md keeps what they find.
 */
import type { MoveLimits } from "./rules.js";
import type { MovementThresholds } from "./thresholds.js";
import { VERDICT } from "./verdict.js";

/** One mover; numbers only, in milliseconds unless said. Made by `newMover`, changed by this file and by MoveJudge only. */
export interface Mover {
  /** Units; where the last legal move was. */
  x: number;
  y: number;
  z: number;
  /** Of the stream's clock: of the last move that was not dropped, and of the last of all. */
  arrivedMs: number;
  rateAtMs: number;
  /** The balances. */
  speedMs: number;
  averageMs: number;
  briskMs: number;
  rateMs: number;
  riseMs: number;
  fallMs: number;
  /** What a gap lost to `lagAllowanceMs`; melts. */
  stallMs: number;
  /** What a pause holds for the moves that come close behind it, and the moves since then that did not. */
  pauseMs: number;
  calmCount: number;
  /** Moves too many, at 1000 / moveRateMax each; pays off slowly. Below 0: as many as a pause may have held up. */
  rateOverMs: number;
  /** Usual time between moves; how close together they come, on average; what comes at once now, and the most of it lately. */
  frameMs: number;
  jitterMs: number;
  heldMs: number;
  roughMs: number;
  /** Legal exceptions: units of way that cost nothing, until then. */
  freeUnits: number;
  freeUnitsUp: number;
  freeUntilMs: number;
}

const MS_PER_S = 1_000;
const FRAME_MS_START = 100;
const JITTER_MS_START = 15;
const FRAME_SHARE = 1 / 32;
const JITTER_SHARE = 1 / 64;
/** A gap of so many usual ones is a pause; one below this share of a usual one comes close behind the move before. */
const PAUSE_FRAMES = 3;
const CLOSE_SHARE = 0.5;
/** Where more than so many usual gaps were held up, what comes close behind says nothing about the usual gap. */
const HELD_FRAMES = 0.5;
/** A step shorter than this share of a full one is one of somebody who goes slowly. */
const SLOW_SHARE = 0.7;
/** A step longer than so many full ones is that of a page that did not run. */
const LONG_STEP_FRAMES = 2;
/** After so many moves that do not come close a pause is over, and half of what it holds is gone with each further one. */
const CALM_COUNT = 1;
const CALM_SHARE = 0.5;
/** What is left of a stall below that is none. */
const STALL_MS_MIN = 25;
/** More than so many that come at once are a bunch and no jitter: it would be counted twice. */
const BUNCH_FRAMES = 4;
/** Mean jitter above this is that of a bad line, where delays leap: what is above counts so many times more. */
const BAD_JITTER_MS = 40;
const BAD_JITTER_FACTOR = 4;
/** Share of what came at once that is added to the slack, and how long it is remembered. */
const ROUGH_SHARE = 0.3;
const ROUGH_MS = 20_000;
/** Below that it fades without anything in return. */
const ROUGH_PAID_MS = 350;
/** Share of the time that pays off moves too many. */
const RATE_PAID_SHARE = 0.1;
/** What comes after a shorter gap was not held up by it in numbers. */
const RATE_PAUSE_MS = 250;

export function newMover(x: number, y: number, z: number, atMs: number): Mover {
  return {
    x,
    y,
    z,
    arrivedMs: atMs,
    rateAtMs: atMs,
    speedMs: 0,
    averageMs: 0,
    briskMs: 0,
    rateMs: 0,
    riseMs: 0,
    fallMs: 0,
    stallMs: 0,
    pauseMs: 0,
    calmCount: 0,
    rateOverMs: 0,
    frameMs: FRAME_MS_START,
    jitterMs: JITTER_MS_START,
    heldMs: 0,
    roughMs: 0,
    freeUnits: 0,
    freeUnitsUp: 0,
    freeUntilMs: 0,
  };
}

/** New windows at a new place: what was saved and owed before says nothing any more. What is known of the client's line stays. */
export function restart(mover: Mover, x: number, y: number, z: number, atMs: number): void {
  mover.x = x;
  mover.y = y;
  mover.z = z;
  mover.arrivedMs = atMs;
  mover.rateAtMs = atMs;
  forget(mover);
}

function forget(mover: Mover): void {
  mover.speedMs = 0;
  mover.averageMs = 0;
  mover.briskMs = 0;
  mover.riseMs = 0;
  mover.fallMs = 0;
  mover.stallMs = 0;
  mover.pauseMs = 0;
}

/**
 * Bits of VERDICT; 0: legal. A legal move is where the mover is afterwards; of any other only its time has passed. `arrivedMs` is the
 * gate's stamp, unwrapped; one before the last counts as equal. The coordinates are finite.
 */
export function checkMove(
  mover: Mover,
  limits: MoveLimits,
  thresholds: MovementThresholds,
  arrivedMs: number,
  x: number,
  y: number,
  z: number,
): number {
  const rate = checkRate(mover, thresholds, arrivedMs);
  if (rate !== 0) return rate;
  const gapMs = arrivedMs > mover.arrivedMs ? arrivedMs - mover.arrivedMs : 0;
  mover.arrivedMs += gapMs;
  noteGap(mover, gapMs);
  const slackMs = jitterSlack(mover, thresholds);
  // Half of what is caught up with in the slack is not caught up with once more: a rough line and a lag switch meet in the middle.
  earn(mover, thresholds.catchUpMs, Math.max(0, thresholds.lagAllowanceMs - slackMs / 2), gapMs);
  const dx = x - mover.x;
  const dz = z - mover.z;
  const way = Math.sqrt(dx * dx + dz * dz);
  const up = y - mover.y;
  // What script allowed pays for what is too much, not for what is legal anyway, nor for what a pause held up.
  const isFree = mover.freeUntilMs > arrivedMs;
  const ownMs = Math.max(gapMs, Math.min(mover.pauseMs, mover.frameMs));
  const free = isFree ? clamp(way - ownMs / limits.msPerUnit, mover.freeUnits) : 0;
  const freeUp = isFree ? clamp(up - ownMs / limits.msPerUnitUp, mover.freeUnitsUp) : 0;
  const needMs = (way - free) * limits.msPerUnit * (1 - thresholds.speedTolerance);
  const riseMs = (up - freeUp) * limits.msPerUnitUp;
  const fallMs = up < 0 ? -up * limits.msPerUnitDown : 0;
  let bits = checkSpeed(mover, thresholds.speedSlackMs + slackMs, needMs);
  // Who may jump needs no other head start upwards.
  const jumpMs = Math.max(limits.jumpMs - thresholds.speedSlackMs, 0);
  bits |= checkVertical(mover, thresholds.speedSlackMs + slackMs, riseMs, jumpMs, fallMs);
  if (bits === 0) bits = checkAverage(mover, thresholds, slackMs, gapMs, needMs);
  if ((bits & VERDICT.stall) !== 0) forget(mover);
  if (bits !== 0) return bits;
  mover.x = x;
  mover.y = y;
  mover.z = z;
  mover.speedMs -= needMs;
  mover.riseMs = Math.min(mover.riseMs - riseMs, thresholds.lagAllowanceMs);
  mover.fallMs -= fallMs;
  mover.freeUnits -= free;
  mover.freeUnitsUp -= freeUp;
  return 0;
}

function clamp(value: number, max: number): number {
  return value <= 0 ? 0 : Math.min(value, max);
}

/** A move above the rate is dropped; enough of them are evidence. */
export function checkRate(mover: Mover, thresholds: MovementThresholds, arrivedMs: number): number {
  const gapMs = arrivedMs > mover.rateAtMs ? arrivedMs - mover.rateAtMs : 0;
  const costMs = MS_PER_S / thresholds.moveRateMax;
  mover.rateAtMs += gapMs;
  if (gapMs > Math.max(mover.frameMs * PAUSE_FRAMES, RATE_PAUSE_MS))
    mover.rateOverMs = Math.min(mover.rateOverMs, -gapMs);
  else if (mover.rateOverMs > 0) mover.rateOverMs = Math.max(0, mover.rateOverMs - gapMs * RATE_PAID_SHARE);
  else if (gapMs >= mover.frameMs * CLOSE_SHARE) mover.rateOverMs *= CALM_SHARE;
  const savedMs = Math.min(mover.rateMs + gapMs, thresholds.lagAllowanceMs);
  if (savedMs >= costMs) {
    mover.rateMs = savedMs - costMs;
    return 0;
  }
  mover.rateMs = savedMs;
  mover.rateOverMs += costMs;
  if (mover.rateOverMs <= 0) return 0;
  if (mover.rateOverMs < thresholds.rateSlackMs) return VERDICT.drop;
  mover.rateOverMs = 0;
  return VERDICT.rate;
}

/** Whether a way of `needMs` is paid for by what was saved. Pure. */
export function checkSpeed(mover: Mover, slackMs: number, needMs: number): number {
  const leftMs = mover.speedMs - needMs + slackMs;
  if (leftMs >= 0) return 0;
  return leftMs + stallLeft(mover) >= 0 ? VERDICT.stall : VERDICT.speed;
}

/** Likewise for the way up, which the way down pays back, and for a fall. Pure. */
export function checkVertical(mover: Mover, slackMs: number, riseMs: number, jumpMs: number, fallMs: number): number {
  const riseLeftMs = mover.riseMs - riseMs + slackMs + jumpMs;
  const fallLeftMs = mover.fallMs - fallMs + slackMs;
  if (riseLeftMs >= 0 && fallLeftMs >= 0) return 0;
  const stallMs = stallLeft(mover);
  if (riseLeftMs + stallMs >= 0 && fallLeftMs + stallMs >= 0) return VERDICT.stall;
  return riseLeftMs < 0 ? VERDICT.rise : VERDICT.fall;
}

/** What is left of a stall to put a way down to. The last of it excuses nothing: a cheat that paused a while ago would be at its edge by that. */
function stallLeft({ stallMs }: Mover): number {
  return stallMs > STALL_MS_MIN ? stallMs : 0;
}

/**
 * The balance of the time spent moving, over two horizons: `average` for small factors, `brisk` for larger ones. Pauses and slow steps
 * neither pay nor cost; what a pause held up may follow close behind it.
 */
export function checkAverage(
  mover: Mover,
  thresholds: MovementThresholds,
  slackMs: number,
  gapMs: number,
  needMs: number,
): number {
  const { frameMs } = mover;
  if (gapMs > frameMs * PAUSE_FRAMES) {
    mover.pauseMs = Math.max(0, mover.pauseMs + gapMs - needMs);
    mover.calmCount = 0;
    return 0;
  }
  const isSlow = needMs < frameMs * SLOW_SHARE;
  const isClose = gapMs < frameMs * CLOSE_SHARE;
  const paidMs = clamp(heldUpMs(needMs, frameMs, isClose) - gapMs, mover.pauseMs);
  mover.pauseMs -= paidMs;
  mover.calmCount = isClose ? 0 : mover.calmCount + 1;
  if (mover.calmCount > CALM_COUNT) mover.pauseMs *= CALM_SHARE;
  if (isSlow) {
    // What held up a slow step holds up the full one behind it, which counts.
    if (gapMs > frameMs) mover.pauseMs += gapMs - frameMs;
    return 0;
  }
  const leftMs = gapMs + paidMs - needMs;
  mover.averageMs = Math.min(0, mover.averageMs + leftMs);
  mover.briskMs = Math.min(0, mover.briskMs + leftMs + needMs * thresholds.briskTolerance);
  const isLegal =
    mover.averageMs + thresholds.averageSlackMs + slackMs >= 0 &&
    mover.briskMs + thresholds.briskSlackMs + slackMs >= 0;
  if (isLegal) return 0;
  mover.averageMs = 0;
  mover.briskMs = 0;
  return VERDICT.average;
}

/** How much of a move's time a pause before it may have held up: a whole step, but of an ordinary one what is usual, so that it pays no factor. */
function heldUpMs(needMs: number, frameMs: number, isClose: boolean): number {
  if (isClose) return needMs < frameMs * SLOW_SHARE ? frameMs : needMs;
  return needMs > frameMs * LONG_STEP_FRAMES ? needMs : Math.min(needMs, frameMs);
}

/** What is added to every slack for the line that the client is on. */
export function jitterSlack(mover: Mover, { jitterFactor, jitterSlackMaxMs }: MovementThresholds): number {
  const { jitterMs } = mover;
  const badMs = jitterMs > BAD_JITTER_MS ? (jitterMs - BAD_JITTER_MS) * BAD_JITTER_FACTOR : 0;
  return Math.min(jitterMs * jitterFactor + badMs + mover.roughMs * ROUGH_SHARE, jitterSlackMaxMs);
}

/**
 * Learns how the client's moves come in. Jitter is how close together they come, since a pause does not bring that about; moves that a
 * pause held up say nothing about the usual time between two.
 */
function noteGap(mover: Mover, gapMs: number): void {
  const { frameMs } = mover;
  const closeMs = frameMs > gapMs ? frameMs - gapMs : 0;
  const isClose = gapMs < frameMs * CLOSE_SHARE;
  mover.heldMs = isClose ? mover.heldMs + closeMs : 0;
  if (mover.heldMs <= frameMs * BUNCH_FRAMES) mover.jitterMs += (closeMs * 2 - mover.jitterMs) * JITTER_SHARE;
  const forgottenMs = mover.roughMs * (1 - ROUGH_MS / (ROUGH_MS + gapMs));
  mover.roughMs = Math.max(mover.roughMs - forgottenMs, mover.heldMs);
  // The slack shrinks by so much; who is at its edge must not fall over it by that.
  const paidMs = mover.roughMs > ROUGH_PAID_MS ? forgottenMs * ROUGH_SHARE : 0;
  if (mover.speedMs < 0) mover.speedMs = Math.min(0, mover.speedMs + paidMs);
  mover.briskMs = Math.min(0, mover.briskMs + paidMs);
  mover.averageMs = Math.min(0, mover.averageMs + paidMs);
  if (gapMs > frameMs * PAUSE_FRAMES || (isClose && mover.pauseMs > frameMs * HELD_FRAMES)) return;
  mover.frameMs += (gapMs - frameMs) * FRAME_SHARE;
}

/** What was saved melts, then the time that has passed is earned. */
function earn(mover: Mover, catchUpMs: number, savedMaxMs: number, gapMs: number): void {
  const kept = catchUpMs / (catchUpMs + gapMs);
  const savedMs = (mover.speedMs > 0 ? mover.speedMs * kept : mover.speedMs) + gapMs;
  mover.stallMs *= kept;
  mover.speedMs = savedMs;
  if (savedMs > savedMaxMs) {
    mover.stallMs += savedMs - savedMaxMs;
    mover.speedMs = savedMaxMs;
  }
  mover.riseMs = Math.min((mover.riseMs > 0 ? mover.riseMs * kept : mover.riseMs) + gapMs, savedMaxMs);
  mover.fallMs = Math.min((mover.fallMs > 0 ? mover.fallMs * kept : mover.fallMs) + gapMs, savedMaxMs);
}
