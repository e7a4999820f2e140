/** What a cheating bot does to its walk: some are too fast, some jump, some fly. For trying out the server's checks. Pure. */
import { type Random, randomIndex } from "../../engine/base/random.js";
import type { Position } from "../position-history.js";

const KINDS = ["fast", "jump", "fly"] as const;
/** A bot's walk is slower than the limit; with this it is half as fast again as an avatar may be. */
const FACTOR = 2.25;
const JUMP_UNITS = 12;
const JUMP_INTERVAL_MS = 4_000;
const RISE_UNITS = 0.8;

export class CheatWalk {
  readonly kind: (typeof KINDS)[number];
  private readonly random: Random;
  private nextJumpMs = 0;

  constructor(random: Random) {
    this.random = random;
    this.kind = KINDS[randomIndex(random, KINDS.length)] ?? "fast";
  }

  /** How much time the walk is told has passed. */
  stretch(elapsedMs: number): number {
    return this.kind === "fast" ? elapsedMs * FACTOR : elapsedMs;
  }

  /** Changes the place that is reported. */
  bend(at: Position, nowMs: number): void {
    if (this.kind === "fly") at.y += RISE_UNITS;
    if (this.kind !== "jump" || nowMs < this.nextJumpMs) return;
    this.nextJumpMs = nowMs + JUMP_INTERVAL_MS;
    at.x += (this.random.next() < 0.5 ? -1 : 1) * JUMP_UNITS;
  }
}
