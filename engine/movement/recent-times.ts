/** How often something happened lately: a ring of times, bounded by what makes a difference. */
/** Before every time. Finite, so that it can stand in JSON. */
export const NEVER_MS = -Number.MAX_SAFE_INTEGER;

export class RecentTimes {
  private readonly times: Float64Array;
  private next = 0;

  /** `countMax`: more than so many are as good as so many. At least 1. */
  constructor(countMax: number) {
    this.times = new Float64Array(Math.max(1, countMax)).fill(NEVER_MS);
  }

  /** The oldest first. */
  list(): number[] {
    const { times, next } = this;
    return [...times.slice(next), ...times.slice(0, next)].filter((time) => time !== NEVER_MS);
  }

  /** Forgets all, then holds these. */
  set(times: readonly number[]): void {
    this.times.fill(NEVER_MS);
    this.next = 0;
    for (const time of times.slice(-this.times.length)) {
      this.times[this.next] = time;
      this.next = (this.next + 1) % this.times.length;
    }
  }

  /** Notes one now; how many there were within `windowMs`, this one included. */
  note(nowMs: number, windowMs: number): number {
    const { times } = this;
    times[this.next] = nowMs;
    this.next = (this.next + 1) % times.length;
    let count = 0;
    for (const time of times) if (nowMs - time <= windowMs) count++;
    return count;
  }
}
