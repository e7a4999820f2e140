/**
 * Finds out that this process did not run for a while: it was stopped, the machine slept, or a handler took that long. Asked first thing
 * in every timer and socket event; since a heartbeat runs all the time, a gap is a pause and not idleness.
 */
export class PauseWatch {
  private lastRanMs: number;

  constructor(nowMs: number) {
    this.lastRanMs = nowMs;
  }

  /** Milliseconds since the last call. */
  note(nowMs: number): number {
    const gapMs = nowMs - this.lastRanMs;
    this.lastRanMs = nowMs;
    return gapMs;
  }
}
