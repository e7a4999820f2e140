/**
 * What one client may send: messages and bytes by token buckets, refused calls by the minute. Belongs to its session, so that
 * reconnecting does not refill it.
 */
import { AeonError } from "../engine/base/errors.js";
import { TokenBucket } from "../engine/base/token-bucket.js";
import type { AeonConfig } from "../engine/config/config.js";

const MINUTE_MS = 60_000;

export class ClientLimits {
  private readonly messages: TokenBucket;
  private readonly bytes: TokenBucket;
  private readonly refusalsPerMinuteMax: number;
  private refusals = 0;
  private minuteBeganMs: number;

  constructor(config: AeonConfig["gate"], nowMs: number) {
    this.messages = new TokenBucket(config.messagesPerSecondMax, config.rateWindowMs, nowMs);
    this.bytes = new TokenBucket(config.bytesPerSecondMax, config.rateWindowMs, nowMs);
    this.refusalsPerMinuteMax = config.refusalsPerMinuteMax;
    this.minuteBeganMs = nowMs;
  }

  /** Charges a packet before it is decoded. Throws CLIENT_RATE. */
  chargeBytes(count: number, nowMs: number): void {
    if (!this.bytes.take(count, nowMs)) throw new AeonError("CLIENT_RATE", "bytes per second");
  }

  /** Throws CLIENT_RATE. */
  chargeMessages(count: number, nowMs: number): void {
    if (!this.messages.take(count, nowMs)) throw new AeonError("CLIENT_RATE", "messages per second");
  }

  /** Counts a refused call; false when it is one too many for this minute. */
  allowsRefusal(nowMs: number): boolean {
    if (nowMs - this.minuteBeganMs >= MINUTE_MS) {
      this.minuteBeganMs = nowMs;
      this.refusals = 0;
    }
    this.refusals++;
    return this.refusals <= this.refusalsPerMinuteMax;
  }
}
