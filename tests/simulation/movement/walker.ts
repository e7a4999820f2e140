/**
 * How a player moves, on the client's own clock: runs, walks, stands, turns, jumps, falls from ledges, climbs stairs, rides. A cheat
 * is the same player with a `cheat` that bends it. Pure.
 */
import { type Random, randomIndex } from "../../../engine/base/random.js";
import type { MovementRules } from "../../../engine/movement/rules.js";

export const RULES = {
  foot: { speedMax: 6, climbSpeedMax: 3, jumpHeight: 1.3, fallSpeedMax: 40 },
  mount: { speedMax: 12, climbSpeedMax: 4, jumpHeight: 1.6, fallSpeedMax: 40 },
} as const satisfies MovementRules;

export type ModeName = keyof typeof RULES;

const GRAVITY = 20;
const WALK_SHARE = 0.4;
const LEDGE_UNITS_MAX = 18;

/** What a player does by itself. */
export interface Habits {
  /** Seconds of a stretch in one direction, and of a pause after some of them. */
  readonly runS: readonly [number, number];
  readonly pauseS: readonly [number, number];
  /** Shares of the stretches. */
  readonly pauseShare: number;
  readonly walkShare: number;
  readonly stairsShare: number;
  readonly jumpsPerS: number;
  readonly fallsPerS: number;
}

export const PLAYING: Habits = {
  runS: [0.5, 8],
  pauseS: [0.2, 4],
  pauseShare: 0.25,
  walkShare: 0.15,
  stairsShare: 0.1,
  jumpsPerS: 0.25,
  fallsPerS: 0.03,
};

/** At the limit of the mode more than 80 % of the time. */
export const HURRYING: Habits = {
  runS: [1.5, 6],
  pauseS: [0.2, 1.2],
  pauseShare: 0.7,
  walkShare: 0,
  stairsShare: 0,
  jumpsPerS: 0.1,
  fallsPerS: 0,
};

/** What a cheat changes; called for each step. */
export interface Bend {
  /** Factor of the speed. */
  speed: number;
  /** Units per second upwards that nothing carries. */
  liftSpeed: number;
  /** Without moving over the ground. */
  climbs: boolean;
}

export class Walker {
  x = 0;
  y = 0;
  z = 0;
  mode: ModeName = "foot";
  isAtLimit = false;
  private pushSpeed = 0;
  private pushLeftS = 0;
  private readonly random: Random;
  private readonly habits: Habits;
  private angle: number;
  private share = 0;
  private stairs = 0;
  private untilS = 0;
  private groundY = 0;
  private riseSpeed = 0;
  private isAirborne = false;

  constructor(random: Random, habits: Habits) {
    this.random = random;
    this.habits = habits;
    this.angle = random.next() * Math.PI * 2;
  }

  /** The server's word. */
  placeAt(x: number, y: number, z: number): void {
    this.x = x;
    this.y = y;
    this.z = z;
    this.groundY = y;
    this.isAirborne = false;
    this.riseSpeed = 0;
  }

  /** A knock-back or a dash: faster by `speed` for so long. */
  push(speed: number, seconds: number): void {
    this.pushSpeed = speed;
    this.pushLeftS = seconds;
  }

  /** Until `nowS` of the client's clock, for `seconds`. */
  step(nowS: number, seconds: number, bend: Bend): void {
    if (nowS >= this.untilS) this.choose(nowS);
    const { speedMax, climbSpeedMax } = RULES[this.mode];
    const pushedS = Math.min(seconds, this.pushLeftS);
    this.pushLeftS -= pushedS;
    const own = bend.climbs ? 0 : speedMax * this.share * bend.speed * seconds;
    const way = own + this.pushSpeed * pushedS;
    this.x += Math.cos(this.angle) * way;
    this.z += Math.sin(this.angle) * way;
    this.groundY += this.stairs * climbSpeedMax * 0.8 * seconds;
    this.stepUpAndDown(seconds, bend);
    this.isAtLimit = this.share === 1;
  }

  private stepUpAndDown(seconds: number, bend: Bend): void {
    const { jumpHeight, fallSpeedMax } = RULES[this.mode];
    if (bend.liftSpeed > 0) {
      this.y += bend.liftSpeed * seconds;
      this.groundY = this.y;
      return;
    }
    if (this.share > 0 && !this.isAirborne) {
      if (this.random.next() < this.habits.jumpsPerS * seconds) {
        this.isAirborne = true;
        this.riseSpeed = Math.sqrt(2 * GRAVITY * jumpHeight);
      } else if (this.random.next() < this.habits.fallsPerS * seconds) {
        this.isAirborne = true;
        this.groundY -= this.random.next() * LEDGE_UNITS_MAX;
      }
    }
    if (!this.isAirborne) {
      this.y = this.groundY;
      return;
    }
    this.y += this.riseSpeed * seconds - (GRAVITY * seconds * seconds) / 2;
    this.riseSpeed = Math.max(-fallSpeedMax, this.riseSpeed - GRAVITY * seconds);
    if (this.y > this.groundY) return;
    this.y = this.groundY;
    this.isAirborne = false;
    this.riseSpeed = 0;
  }

  private choose(nowS: number): void {
    const { habits, random } = this;
    const isPause = this.share > 0 && random.next() < habits.pauseShare;
    this.stairs = 0;
    if (isPause) this.share = 0;
    else {
      this.share = random.next() < habits.walkShare ? WALK_SHARE : 1;
      this.angle += (random.next() - 0.5) * Math.PI;
      if (random.next() < habits.stairsShare) this.stairs = [-1, 1][randomIndex(random, 2)] as number;
    }
    const [from, to] = isPause ? habits.pauseS : habits.runS;
    this.untilS = nowS + from + random.next() * (to - from);
  }
}
