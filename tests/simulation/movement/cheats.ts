/** Cheats, as what they change about an honest player. */
import type { Random } from "../../../engine/base/random.js";
import type { Bend } from "./walker.js";

export interface Cheat {
  readonly name: string;
  readonly fromMs: number;
  /** Moves per second, as a factor. */
  readonly rateFactor?: number;
  /** Each move is sent so often, the clock of the client running as much faster. */
  readonly copies?: number;
  /** What is sent now waits. */
  holds?(nowMs: number): boolean;
  bend?(nowMs: number, bend: Bend): void;
  /** Units to be elsewhere at once. */
  jump?(nowMs: number, random: Random): number;
}

const FROM_MS = 5_000;

export function speedUp(factor: number): Cheat {
  return {
    name: `speed x${factor}`,
    fromMs: FROM_MS,
    bend: (_, bend) => {
      bend.speed = factor;
    },
  };
}

/** `factor` for `onMs`, legal for `offMs`. */
export function burst(factor: number, onMs: number, offMs: number): Cheat {
  return {
    name: `bursts x${factor}, ${onMs / 1_000} s in ${(onMs + offMs) / 1_000} s`,
    fromMs: FROM_MS,
    bend: (nowMs, bend) => {
      if ((nowMs - FROM_MS) % (onMs + offMs) < onMs) bend.speed = factor;
    },
  };
}

/** The client's clock runs faster: more moves, each of a legal length. */
export function fastClock(factor: number): Cheat {
  return {
    name: `clock x${factor}`,
    fromMs: FROM_MS,
    rateFactor: factor,
    bend: (_, bend) => {
      bend.speed = factor;
    },
  };
}

/** Legal speed in many small steps. */
export function inflatedRate(factor: number): Cheat {
  return { name: `frame rate x${factor}`, fromMs: FROM_MS, copies: factor };
}

export function teleport(units: number, everyMs: number): Cheat {
  let nextMs = FROM_MS;
  return {
    name: `teleport ${units}`,
    fromMs: FROM_MS,
    jump: (nowMs) => {
      if (nowMs < nextMs) return 0;
      nextMs = nowMs + everyMs;
      return units;
    },
  };
}

export function fly(speed: number): Cheat {
  return {
    name: `fly, up ${speed}/s`,
    fromMs: FROM_MS,
    bend: (_, bend) => {
      bend.liftSpeed = speed;
    },
  };
}

/** Straight up a wall at running speed. */
export function climb(speed: number): Cheat {
  return {
    name: `climb ${speed}/s`,
    fromMs: FROM_MS,
    bend: (_, bend) => {
      bend.liftSpeed = speed;
      bend.climbs = true;
    },
  };
}

/** Holds everything back for `holdMs`, then lets it go at once. */
export function lagSwitch(holdMs: number, freeMs: number): Cheat {
  return {
    name: `lag switch ${holdMs / 1_000} s`,
    fromMs: FROM_MS,
    holds: (nowMs) => nowMs >= FROM_MS && (nowMs - FROM_MS) % (holdMs + freeMs) < holdMs,
  };
}
