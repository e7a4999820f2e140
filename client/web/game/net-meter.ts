/** Bytes per second from counters that only grow, smoothed over about a second. */
const SMOOTHING_SECONDS = 1.2;

export class NetMeter {
  inPerSecond = 0;
  outPerSecond = 0;
  private lastIn = -1;
  private lastOut = 0;

  update(bytesIn: number, bytesOut: number, seconds: number): void {
    const isFirst = this.lastIn < 0 || bytesIn < this.lastIn;
    const share = 1 - Math.exp(-seconds / SMOOTHING_SECONDS);
    if (!isFirst && seconds > 0) {
      this.inPerSecond += ((bytesIn - this.lastIn) / seconds - this.inPerSecond) * share;
      this.outPerSecond += ((bytesOut - this.lastOut) / seconds - this.outPerSecond) * share;
    }
    this.lastIn = bytesIn;
    this.lastOut = bytesOut;
  }
}
