/**
 * Both directions of a stream that survives its connections: what is sent is numbered from 1 and kept until the other end confirms it;
 * what arrives is taken once and in order. No clock, no socket, no Node: the links use it and so do client sessions at both ends.
 *
 * What a number stands for is the user's choice (a message, a packet of messages). Invariants: numbers `confirmed + 1 … sent` were
 * pushed and not confirmed; of them `sent - keptCount + 1 … sent` are kept; `received` never falls.
 */

/** Counted for each kept message on top of its bytes, so that empty messages are bounded too. */
export const KEPT_OVERHEAD_BYTES = 32;
/** A power of two, as whatever it grows to. */
const RING_SLOTS = 8;

export interface ReliableStreamOptions<M = Uint8Array> {
  /** Bound of what is kept, KEPT_OVERHEAD_BYTES a message included. One message is always taken when nothing is kept. */
  readonly queueBytesMax: number;
  /**
   * At the bound. `refuse`: push returns 0 and the stream has ended for its user. `forget`: the oldest are dropped; the stream goes on,
   * and only a resume that needs them fails (`since` is null).
   */
  readonly whenFull: "refuse" | "forget";
  /** Gets each message that is no longer kept: confirmed, forgotten or cleared. */
  readonly onLetGo?: (message: M) => void;
}

/** What can be numbered: bytes, or a packet that holds them. */
export interface Sized {
  /** Bytes. */
  readonly length: number;
}

export type Arrival = "new" | "duplicate" | "gap";

export class ReliableStream<M extends Sized = Uint8Array> {
  private readonly options: ReliableStreamOptions<M>;
  /** A ring: message n stands at `n & (kept.length - 1)`; what is not kept is null. */
  private kept: (M | null)[] = new Array<M | null>(RING_SLOTS).fill(null);
  private count = 0;
  private bytes = 0;
  private lastSent = 0;
  private lastConfirmed = 0;
  private lastReceived = 0;

  constructor(options: ReliableStreamOptions<M>) {
    this.options = options;
  }

  /** Number of the last message pushed; 0 none. */
  get sent(): number {
    return this.lastSent;
  }

  /** The other end has everything up to this number. */
  get confirmed(): number {
    return this.lastConfirmed;
  }

  /** Number of the last message taken: what to send as acknowledgement. */
  get received(): number {
    return this.lastReceived;
  }

  get keptCount(): number {
    return this.count;
  }

  /** Bytes kept, overhead included. */
  get keptBytes(): number {
    return this.bytes;
  }

  /** Numbers and keeps a message, whose bytes the stream owns from here on. Returns its number, or 0: full, not taken. */
  push(message: M): number {
    const cost = message.length + KEPT_OVERHEAD_BYTES;
    if (!this.makeRoom(cost)) return 0;
    if (this.count === this.kept.length) this.growRing();
    this.lastSent++;
    this.kept[this.lastSent & (this.kept.length - 1)] = message;
    this.count++;
    this.bytes += cost;
    return this.lastSent;
  }

  /** The other end has everything up to `sequence`; older news is ignored. False: it confirms what was never sent. */
  ack(sequence: number): boolean {
    if (!(sequence <= this.lastSent)) return false;
    if (sequence <= this.lastConfirmed) return true;
    for (let dropped = this.lastSent - this.keptCount; dropped < sequence; dropped++) this.dropOldest();
    this.lastConfirmed = sequence;
    return true;
  }

  /**
   * What must be sent again to an end that has everything up to `sequence`, oldest first: numbers `sequence + 1 … sent`. Views, still
   * kept. Null: they are not all here (forgotten, confirmed before, or never sent).
   */
  since(sequence: number): readonly M[] | null {
    if (!this.hasSince(sequence)) return null;
    const missing: M[] = [];
    for (let number = sequence + 1; number <= this.lastSent; number++) missing.push(this.at(number));
    return missing;
  }

  /** Whether `since` has an answer. */
  hasSince(sequence: number): boolean {
    const missingCount = this.lastSent - sequence;
    return missingCount >= 0 && missingCount <= this.keptCount;
  }

  /** Lets go of everything that is kept; the numbers go on. */
  clear(): void {
    while (this.keptCount > 0) this.dropOldest();
  }

  /** Judges an arrival. `new`: the next in order, and now taken. `duplicate`: drop it. `gap`: something before it is missing; not taken. */
  accept(sequence: number): Arrival {
    if (sequence === this.lastReceived + 1) {
      this.lastReceived = sequence;
      return "new";
    }
    return sequence >= 1 && sequence <= this.lastReceived ? "duplicate" : "gap";
  }

  private makeRoom(cost: number): boolean {
    const { queueBytesMax, whenFull } = this.options;
    if (this.bytes + cost <= queueBytesMax || this.keptCount === 0) return true;
    if (whenFull === "refuse") return false;
    while (this.keptCount > 0 && this.bytes + cost > queueBytesMax) this.dropOldest();
    return true;
  }

  private at(number: number): M {
    return this.kept[number & (this.kept.length - 1)] as M;
  }

  private dropOldest(): void {
    const number = this.lastSent - this.count + 1;
    const message = this.at(number);
    this.kept[number & (this.kept.length - 1)] = null;
    this.count--;
    this.bytes -= message.length + KEPT_OVERHEAD_BYTES;
    this.options.onLetGo?.(message);
  }

  private growRing(): void {
    const larger = new Array<M | null>(this.kept.length * 2).fill(null);
    for (let number = this.lastSent - this.count + 1; number <= this.lastSent; number++) {
      larger[number & (larger.length - 1)] = this.at(number);
    }
    this.kept = larger;
  }
}
