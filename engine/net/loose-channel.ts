/**
 * A pipe's frames that may be lost (channel 1 of engine/protocol/datagram.ts): those that wait for the end of the turn, the last few sent
 * ones that ride again, and the sequence below which nothing is taken. Called by kcp-pipe.ts.
 *
 * Invariant: what is written and what is handed on rises in sequence, so that a frame arrives at most once and never behind a newer one,
 * however often it was sent. In a datagram repeats stand before what is new, which would put them off otherwise.
 */
import { Channel, LOOSE_HEAD_BYTES, readI32, writeU32 } from "../protocol/datagram.js";
import type { PipeCounters } from "./pipe-host.js";

/** Frames of one turn; more replace the oldest. */
const FRAMES_MAX = 16;
const LENGTH_AT = 5;

/** A frame that was sent and rides again. */
interface Repeat {
  readonly sequence: number;
  readonly frame: Uint8Array;
  readonly sentAtMs: number;
  /** Datagrams that it may still go with. */
  left: number;
}

export class LooseChannel {
  private readonly counters: PipeCounters;
  private readonly redundancy: number;
  private frames: Uint8Array[] = [];
  /** Oldest first, `redundancy` at most. */
  private repeats: Repeat[] = [];
  private sent = 0;
  private received = 0;
  private hasReceived = false;

  /** `redundancy`: in how many later datagrams each of the last so many frames goes again, 0–2. */
  constructor(redundancy: number, counters: PipeCounters) {
    this.redundancy = redundancy;
    this.counters = counters;
  }

  /** Nothing new waits; repeats alone are no reason for a datagram. */
  get isEmpty(): boolean {
    return this.frames.length === 0;
  }

  /** `frame` is copied. */
  push(frame: Uint8Array): void {
    if (this.frames.length === FRAMES_MAX) {
      this.frames.shift();
      this.counters.looseDropped.add();
    }
    this.frames.push(frame.slice());
  }

  clear(): void {
    this.frames = [];
    this.repeats = [];
  }

  /**
   * Writes as many frames as fit into `room` bytes from `start`, oldest first, and in what is left of it the latest of those that went
   * out at an earlier time. Returns where they end.
   */
  write(bytes: Uint8Array, start: number, room: number, nowMs: number): number {
    let count = 0;
    let spare = room;
    for (; count < this.frames.length; count++) {
      const need = LOOSE_HEAD_BYTES + (this.frames[count] as Uint8Array).length;
      if (need > spare) break;
      spare -= need;
    }
    let at = this.repeats.length === 0 ? start : this.writeRepeats(bytes, start, spare, nowMs);
    for (const frame of this.frames.splice(0, count)) {
      this.sent = (this.sent + 1) >>> 0;
      at = writeFrame(bytes, at, this.sent, frame);
      if (this.redundancy > 0) this.remember(this.sent, frame, nowMs);
    }
    return at;
  }

  /** Of a datagram, the frame whose head stands at `at`: whether it is newer than all before. */
  take(bytes: Uint8Array, at: number): boolean {
    const sequence = readI32(bytes, at + 1);
    if (this.hasReceived && ((sequence - this.received) | 0) <= 0) {
      this.counters.looseLate.add();
      return false;
    }
    this.hasReceived = true;
    this.received = sequence;
    return true;
  }

  private remember(sequence: number, frame: Uint8Array, sentAtMs: number): void {
    if (this.repeats.length === this.redundancy) this.repeats.shift();
    this.repeats.push({ sequence, frame, sentAtMs, left: this.redundancy });
  }

  /** Not what went out in this same flush: what loses one of its datagrams may lose all. */
  private writeRepeats(bytes: Uint8Array, start: number, room: number, nowMs: number): number {
    const { repeats } = this;
    let until = repeats.length;
    while (until > 0 && (repeats[until - 1] as Repeat).sentAtMs === nowMs) until--;
    let from = until;
    for (let spare = room; from > 0; from--) {
      spare -= LOOSE_HEAD_BYTES + (repeats[from - 1] as Repeat).frame.length;
      if (spare < 0) break;
    }
    let at = start;
    for (let i = from; i < until; i++) {
      const repeat = repeats[i] as Repeat;
      at = writeFrame(bytes, at, repeat.sequence, repeat.frame);
      repeat.left--;
      this.counters.looseRepeated.add();
    }
    if (from < until) this.repeats = repeats.filter(({ left }) => left > 0);
    return at;
  }
}

function writeFrame(bytes: Uint8Array, at: number, sequence: number, frame: Uint8Array): number {
  bytes[at] = Channel.loose;
  writeU32(bytes, at + 1, sequence);
  bytes[at + LENGTH_AT] = frame.length;
  bytes[at + LENGTH_AT + 1] = frame.length >>> 8;
  bytes.set(frame, at + LOOSE_HEAD_BYTES);
  return at + LOOSE_HEAD_BYTES + frame.length;
}

/** Where the frame whose head stands at `at` ends; -1: past `end`, the datagram's. */
export function looseEnd(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < LOOSE_HEAD_BYTES) return -1;
  const length = (bytes[at + LENGTH_AT] as number) | ((bytes[at + LENGTH_AT + 1] as number) << 8);
  const frameEnd = at + LOOSE_HEAD_BYTES + length;
  return frameEnd <= end ? frameEnd : -1;
}
