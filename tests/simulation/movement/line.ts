/**
 * A client's way to the gate, in one direction: delay, jitter, loss that is repeated, bursts. In order, as every transport of the engine:
 * what is late holds up what comes behind it. Pure; time and randomness are handed in.
 */
import type { Random } from "../../../engine/base/random.js";

export interface LineNature {
  readonly rttMs: number;
  /** Mean of the exponential part of the delay, and the deviation of the part that changes within seconds. */
  readonly jitterMs: number;
  readonly swayMs: number;
  /** Share of the packets that are lost at each try. */
  readonly loss: number;
  /** Times per second that the line is dead for `burstMs`. */
  readonly burstsPerS: number;
  readonly burstMs: number;
}

const SWAY_SECONDS = 2;
const RETRY_MS_MIN = 20;
const RETRY_GROWTH = 1.5;
const RETRIES_MAX = 8;

export class Line {
  private readonly nature: LineNature;
  private readonly random: Random;
  private sway = 0;
  private swayAtMs = 0;
  private lastMs = 0;
  private nextBurstMs: number;

  constructor(nature: LineNature, random: Random) {
    this.nature = nature;
    this.random = random;
    this.nextBurstMs = this.burstAfter(0);
  }

  /** When what is sent now arrives; times are handed in in order. */
  arrival(sentMs: number): number {
    const { rttMs, jitterMs, loss } = this.nature;
    let delayMs = rttMs / 2 + this.exponential(jitterMs) + this.swayNow(sentMs);
    let retryMs = rttMs + RETRY_MS_MIN + jitterMs * 2;
    for (let tries = 0; tries < RETRIES_MAX && this.random.next() < loss; tries++) {
      delayMs += retryMs;
      retryMs *= RETRY_GROWTH;
    }
    this.lastMs = Math.max(this.lastMs, this.pastBurst(sentMs) + delayMs);
    return this.lastMs;
  }

  private pastBurst(sentMs: number): number {
    const { burstMs } = this.nature;
    while (sentMs > this.nextBurstMs + burstMs) this.nextBurstMs = this.burstAfter(this.nextBurstMs + burstMs);
    return sentMs >= this.nextBurstMs ? this.nextBurstMs + burstMs : sentMs;
  }

  private burstAfter(ms: number): number {
    const { burstsPerS } = this.nature;
    return burstsPerS === 0 ? Number.POSITIVE_INFINITY : ms + this.exponential(1_000 / burstsPerS);
  }

  /** Deviates by `swayMs`, never below 0. */
  private swayNow(nowMs: number): number {
    const { swayMs } = this.nature;
    if (swayMs === 0) return 0;
    const kept = Math.exp(-(nowMs - this.swayAtMs) / 1_000 / SWAY_SECONDS);
    this.swayAtMs = nowMs;
    this.sway = this.sway * kept + this.normal() * swayMs * Math.sqrt(1 - kept * kept);
    return Math.max(0, swayMs + this.sway);
  }

  private exponential(mean: number): number {
    return -Math.log(1 - this.random.next()) * mean;
  }

  private normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.random.next())) * Math.cos(2 * Math.PI * this.random.next());
  }
}
