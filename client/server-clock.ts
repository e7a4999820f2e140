/**
 * The server's clock as seen from here. Each heartbeat's reply bounds the offset (server − local) from both sides by its round trip,
 * each tick from below (it was sent before it arrived); the bounds are intersected and widen with age, since clocks drift.
 * What is read is monotone: a correction is worked in by running slower or faster, and only a large one forward is a jump.
 * Pure: local time is passed in. Times in ms.
 */

/** Two quartz clocks stay within 200 ppm of each other. */
const DRIFT_MS_PER_MS = 0.000_2;
/** A clock that reads ahead runs at this share of the true rate until it is right. */
const SLEW_RATE = 0.5;
/** Behind by more than this: jump. */
const JUMP_MS = 250;
/** Weight of a new round trip in the smoothed one (RFC 6298). */
const RTT_GAIN = 0.125;

export class ServerClock {
  /** Smoothed round trip; 0 before the first heartbeat's reply. */
  rttMs = 0;
  private offsetMin = Number.NEGATIVE_INFINITY;
  private offsetMax = Number.POSITIVE_INFINITY;
  private boundsAtMs = 0;
  private readLocalMs = Number.NEGATIVE_INFINITY;
  private readServerMs = Number.NEGATIVE_INFINITY;

  /** A reply to what was sent at `sentMs`, answered when the server's clock showed `serverMs`. */
  observeReply(sentMs: number, serverMs: number, nowMs: number): void {
    const rtt = Math.max(0, nowMs - sentMs);
    this.rttMs = this.rttMs === 0 ? rtt : this.rttMs + (rtt - this.rttMs) * RTT_GAIN;
    this.intersect(serverMs - nowMs, serverMs - sentMs, nowMs);
  }

  /** Something the server sent when its clock showed `serverMs` arrived. */
  observeSent(serverMs: number, nowMs: number): void {
    const offset = serverMs - nowMs;
    if (offset > this.boundMin(nowMs)) this.intersect(offset, Number.POSITIVE_INFINITY, nowMs);
  }

  /** Forgets the offset (another gate has another clock); what is read stays monotone. */
  restart(): void {
    this.offsetMin = Number.NEGATIVE_INFINITY;
    this.offsetMax = Number.POSITIVE_INFINITY;
    this.rttMs = 0;
  }

  get known(): boolean {
    return this.offsetMin !== Number.NEGATIVE_INFINITY;
  }

  /** How far `serverMs` may be off at most; Infinity while nothing is known. */
  errorMs(nowMs: number): number {
    if (!this.known) return Number.POSITIVE_INFINITY;
    return (this.boundMax(nowMs) - this.boundMin(nowMs)) / 2;
  }

  /** The server's time; `nowMs` itself while nothing is known. Never less than what an earlier read returned. */
  serverMs(nowMs: number): number {
    if (!this.known) return Math.max(nowMs, this.readServerMs);
    const estimate = nowMs + this.offset(nowMs);
    const elapsed = Math.max(0, nowMs - this.readLocalMs);
    const ahead = this.readServerMs - estimate;
    let read = estimate;
    if (ahead > -elapsed * SLEW_RATE) read = Math.max(estimate, this.readServerMs + elapsed * SLEW_RATE);
    else if (ahead > -JUMP_MS - elapsed) read = Math.min(estimate, this.readServerMs + elapsed * (1 + SLEW_RATE));
    this.readLocalMs = nowMs;
    this.readServerMs = read;
    return read;
  }

  private offset(nowMs: number): number {
    const max = this.boundMax(nowMs);
    const min = this.boundMin(nowMs);
    return max === Number.POSITIVE_INFINITY ? min : (min + max) / 2;
  }

  private boundMin(nowMs: number): number {
    return this.offsetMin - (nowMs - this.boundsAtMs) * DRIFT_MS_PER_MS;
  }

  private boundMax(nowMs: number): number {
    return this.offsetMax + (nowMs - this.boundsAtMs) * DRIFT_MS_PER_MS;
  }

  /** Bounds that contradict the older ones replace them: a clock was set. */
  private intersect(min: number, max: number, nowMs: number): void {
    const heldMin = this.known ? this.boundMin(nowMs) : min;
    const heldMax = this.boundMax(nowMs);
    this.boundsAtMs = nowMs;
    const contradicts = min > heldMax || max < heldMin;
    this.offsetMin = contradicts ? min : Math.max(min, heldMin);
    this.offsetMax = contradicts ? max : Math.min(max, heldMax);
  }
}
