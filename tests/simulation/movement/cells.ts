/** Which players there are: honest ones on every sort of line, and cheats on good ones. A seed makes one player. */
import { randomIndex, SeededRandom } from "../../../engine/base/random.js";
import { defaultConfig } from "../../../engine/config/config.js";
import { burst, type Cheat, climb, fastClock, fly, inflatedRate, lagSwitch, speedUp, teleport } from "./cheats.js";
import type { LineNature } from "./line.js";
import { type PlayOptions, type PlayResult, play } from "./play.js";
import { HURRYING, PLAYING } from "./walker.js";

const SECONDS = 60;
const RATES = [10, 15, 20];
const DRIFT = 500e-6;
const RTT_MS = [20, 500] as const;

const thresholds = defaultConfig().movement;

function pick<T>(random: SeededRandom, from: readonly T[]): T {
  return from[randomIndex(random, from.length)] as T;
}

function between(random: SeededRandom, [from, to]: readonly [number, number]): number {
  return from + random.next() * (to - from);
}

function rtt(random: SeededRandom): number {
  const [from, to] = RTT_MS;
  return from * (to / from) ** random.next();
}

/** How a line may be, as ranges. */
interface LineClass {
  readonly jitterMs: readonly [number, number];
  readonly swayMs: readonly [number, number];
  readonly losses: readonly number[];
  readonly burstsPerS: readonly number[];
  readonly burstMs: readonly [number, number];
}

const LINES = {
  good: { jitterMs: [0, 15], swayMs: [0, 10], losses: [0, 0, 0.005], burstsPerS: [0, 0, 0.01], burstMs: [100, 400] },
  fair: { jitterMs: [10, 35], swayMs: [5, 35], losses: [0, 0.005, 0.01], burstsPerS: [0, 0.01], burstMs: [100, 700] },
  rough: {
    jitterMs: [20, 120],
    swayMs: [0, 100],
    losses: [0, 0.02, 0.05, 0.1, 0.2],
    burstsPerS: [0, 0.05],
    burstMs: [200, 900],
  },
} as const satisfies Record<string, LineClass>;

export type LineName = keyof typeof LINES;

function lineOf(random: SeededRandom, name: LineName): LineNature {
  const { jitterMs, swayMs, losses, burstsPerS, burstMs }: LineClass = LINES[name];
  return {
    rttMs: rtt(random),
    jitterMs: between(random, jitterMs),
    swayMs: between(random, swayMs),
    loss: pick(random, losses),
    burstsPerS: pick(random, burstsPerS),
    burstMs: between(random, burstMs),
  };
}

function base(seed: number, random: SeededRandom, line: LineName): Omit<PlayOptions, "habits" | "cheat"> {
  return {
    seed,
    seconds: SECONDS,
    thresholds,
    line: lineOf(random, line),
    rate: pick(random, RATES),
    sendsIdle: random.next() < 0.5,
    drift: (random.next() * 2 - 1) * DRIFT,
    tabStallsPerS: 0,
    tabStallMs: [0, 0],
    exceptionsPerS: 0,
  };
}

export function honest(seed: number, extra: Partial<PlayOptions> = {}): PlayResult {
  const random = new SeededRandom(seed * 7_919 + 1);
  return play({
    ...base(seed, random, pick(random, ["good", "fair", "fair", "rough"] as const)),
    habits: random.next() < 0.3 ? HURRYING : PLAYING,
    cheat: null,
    tabStallsPerS: random.next() < 0.3 ? 1 / 30 : 0,
    tabStallMs: [100, 900],
    exceptionsPerS: random.next() < 0.5 ? 0.1 : 0,
    ...extra,
  });
}

/** Like the honest ones, but its page stands still for longer than the allowance, once in a while. */
export function honestStalled(seed: number, extra: Partial<PlayOptions> = {}): PlayResult {
  const random = new SeededRandom(seed * 7_919 + 2);
  return play({
    ...base(seed, random, "fair"),
    habits: PLAYING,
    cheat: null,
    tabStallsPerS: 1 / 60,
    tabStallMs: [1_200, 5_000],
    ...extra,
  });
}

export const CHEATS: readonly (() => Cheat)[] = [
  ...[1.05, 1.1, 1.2, 1.5, 2, 3].map((factor) => () => speedUp(factor)),
  () => burst(1.5, 1_000, 3_000),
  () => burst(1.3, 600, 1_400),
  () => fastClock(1.1),
  () => fastClock(1.3),
  () => inflatedRate(4),
  () => teleport(20, 7_000),
  () => teleport(4, 3_000),
  () => fly(4),
  () => fly(8),
  () => climb(6),
  () => lagSwitch(1_500, 3_000),
  () => lagSwitch(3_000, 6_000),
];

export function cheating(
  cheat: Cheat,
  seed: number,
  line: LineName = "good",
  extra: Partial<PlayOptions> = {},
): PlayResult {
  const random = new SeededRandom(seed * 7_919 + 3);
  return play({ ...base(seed, random, line), habits: HURRYING, cheat, ...extra });
}
