/** How long an answer takes, and after what time to send again: RFC 6298's smoothing in whole milliseconds, with KCP's bounds. */

const RTO_START_MS = 200;
const RTO_MAX_MS = 60_000;

export class RoundTrip {
  /** Smoothed round trip, ms; 0 before the first. */
  smoothedMs = 0;
  /** Smoothed deviation, ms. */
  deviationMs = 0;
  /** After this many ms without an acknowledgement a segment is sent again. */
  timeoutMs = RTO_START_MS;
  minTimeoutMs: number;

  constructor(minTimeoutMs: number) {
    this.minTimeoutMs = minTimeoutMs;
  }

  /** `intervalMs`: the peer may keep an acknowledgement that long. */
  handleSample(rttMs: number, intervalMs: number): void {
    if (this.smoothedMs === 0) {
      this.smoothedMs = rttMs;
      this.deviationMs = rttMs >> 1;
    } else {
      const delta = Math.abs(rttMs - this.smoothedMs);
      this.deviationMs = Math.floor((3 * this.deviationMs + delta) / 4);
      this.smoothedMs = Math.max(1, Math.floor((7 * this.smoothedMs + rttMs) / 8));
    }
    const timeoutMs = this.smoothedMs + Math.max(intervalMs, 4 * this.deviationMs);
    this.timeoutMs = Math.min(Math.max(this.minTimeoutMs, timeoutMs), RTO_MAX_MS);
  }
}
