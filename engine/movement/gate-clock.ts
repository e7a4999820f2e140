/** A gate's monotonic clock as a game sees it, by the stamps on what clients sent: 32 bits that wrap are a time that goes on. */
export class GateClock {
  private lastStamp = 0;
  private streamMs = 0;
  private seenMs = 0;
  private hasBegun = false;

  /** The stream's time of a message that is handled at `nowMs` of the game; never before that of an earlier one. */
  note(stamp: number, nowMs: number): number {
    const passedMs = (stamp - this.lastStamp) | 0;
    if (!this.hasBegun) {
      this.hasBegun = true;
      this.streamMs = stamp;
      this.lastStamp = stamp;
    } else if (passedMs > 0) {
      this.streamMs += passedMs;
      this.lastStamp = stamp;
    }
    this.seenMs = nowMs;
    return this.streamMs;
  }

  /** The stream's time at `nowMs` of the game, as far as it is known; 0: not at all. */
  at(nowMs: number): number {
    if (!this.hasBegun) return 0;
    return this.streamMs + Math.max(0, nowMs - this.seenMs);
  }
}
