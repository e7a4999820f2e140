/**
 * A rate with room for bursts: so many a second on average, at most what a window lets through at once. Full at the start. Pure: the caller
 * says what time it is. Whoever bounds what others may send holds one each.
 */
const SECOND_MS = 1_000;

export class TokenBucket {
  private readonly perMs: number;
  private readonly capacity: number;
  private tokens: number;
  private filledMs: number;

  constructor(perSecond: number, windowMs: number, nowMs: number) {
    this.perMs = perSecond / SECOND_MS;
    this.capacity = Math.max(1, this.perMs * windowMs);
    this.tokens = this.capacity;
    this.filledMs = nowMs;
  }

  /** False when fewer than `count` are there; then none is taken. */
  take(count: number, nowMs: number): boolean {
    if (!this.has(count, nowMs)) return false;
    this.tokens -= count;
    return true;
  }

  /** Whether `take` would succeed. */
  has(count: number, nowMs: number): boolean {
    this.tokens = Math.min(this.capacity, this.tokens + (nowMs - this.filledMs) * this.perMs);
    this.filledMs = nowMs;
    return count <= this.tokens;
  }

  /** Nothing was taken for so long that it is as if it were new. */
  isFull(nowMs: number): boolean {
    return this.has(this.capacity, nowMs);
  }
}
