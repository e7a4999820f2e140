/**
 * What is sent for a client under a bind number that it does not have yet: its game has moved it to another stream, which was faster than
 * the last word of the present one. Waits here until that has come; in order for each number. Whoever adds keeps `bytes` within a bound.
 */
export interface EarlyMessage {
  readonly bindNumber: number;
  /** Which stream sent it. */
  readonly stream: number;
  readonly bytes: number;
  deliver(): void;
}

export class EarlyMessages {
  bytes = 0;
  private waiting: EarlyMessage[] = [];

  add(message: EarlyMessage): void {
    this.waiting.push(message);
    this.bytes += message.bytes;
  }

  /** The first that waits for this number and comes from this stream. */
  take(bindNumber: number, stream: number): EarlyMessage | undefined {
    if (this.waiting.length === 0) return undefined;
    const index = this.waiting.findIndex((message) => message.bindNumber === bindNumber && message.stream === stream);
    const [message] = index < 0 ? [] : this.waiting.splice(index, 1);
    if (message !== undefined) this.bytes -= message.bytes;
    return message;
  }

  clear(): void {
    this.waiting = [];
    this.bytes = 0;
  }
}
