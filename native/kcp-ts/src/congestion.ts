/** The congestion window: slow start up to a threshold, then a segment more per round trip; less after a loss. As the reference counts it. */

const THRESHOLD_MIN = 2;

export class Congestion {
  /** Segments that may be in flight; 0 before the first flush. */
  window = 0;
  private threshold = THRESHOLD_MIN;
  /** The window in bytes, which grows by less than a segment. */
  private bytes = 0;

  /** Something new was acknowledged. */
  handleProgress(remoteWindow: number, mss: number): void {
    if (this.window >= remoteWindow) return;
    if (this.window < this.threshold) {
      this.window++;
      this.bytes += mss;
    } else {
      if (this.bytes < mss) this.bytes = mss;
      this.bytes += Math.floor((mss * mss) / this.bytes) + (mss >> 4);
      if ((this.window + 1) * mss <= this.bytes) this.window = Math.floor((this.bytes + mss - 1) / mss);
    }
    if (this.window > remoteWindow) {
      this.window = remoteWindow;
      this.bytes = remoteWindow * mss;
    }
  }

  /** Later segments arrived before one that is in flight, so `inFlight` was a little too much. */
  handleFastResend(inFlight: number, fastResend: number, mss: number): void {
    this.threshold = Math.max(inFlight >> 1, THRESHOLD_MIN);
    this.window = this.threshold + fastResend;
    this.bytes = this.window * mss;
  }

  /** Nothing came back for a whole time-out. */
  handleTimeout(window: number, mss: number): void {
    this.threshold = Math.max(window >> 1, THRESHOLD_MIN);
    this.window = 1;
    this.bytes = mss;
  }

  /** One segment may always be in flight. */
  openAtLeastOne(mss: number): void {
    if (this.window >= 1) return;
    this.window = 1;
    this.bytes = mss;
  }
}
