/**
 * One direction of a bad line in virtual time: datagrams are lost, delayed each for itself (so they overtake each other), and come twice.
 * All by a seed: the same datagrams at the same times meet the same fate, whoever made them.
 */
import { seededRandom } from "./random.js";

export interface LineQuality {
  /** ms each way; each datagram has its own delay in [least, most). */
  readonly delayMinMs: number;
  readonly delayMaxMs: number;
  /** Share of datagrams that are lost on this way, 0–1. A round trip with loss L has 1 − √(1 − L) each way. */
  readonly loss: number;
  /** Share that comes a second time, with a delay of its own, 0–1. */
  readonly duplication?: number;
}

interface OnTheWay {
  readonly atMs: number;
  readonly order: number;
  readonly bytes: Uint8Array;
}

export class LossyLine {
  /** Datagrams handed to it, lost ones included. */
  sentCount = 0;
  sentBytes = 0;
  private readonly quality: LineQuality;
  private readonly random: () => number;
  private order = 0;
  /** A heap by time, then by order of sending. */
  private readonly heap: OnTheWay[] = [];

  constructor(quality: LineQuality, seed: number) {
    this.quality = quality;
    this.random = seededRandom(seed);
  }

  /** Copies `bytes`. */
  send(bytes: Uint8Array, nowMs: number): void {
    this.sentCount++;
    this.sentBytes += bytes.length;
    const isLost = this.random() < this.quality.loss;
    const delayMs = this.drawDelay();
    const isTwice = this.random() < (this.quality.duplication ?? 0);
    const secondDelayMs = this.drawDelay();
    if (isLost) return;
    const copy = Uint8Array.from(bytes);
    this.push({ atMs: nowMs + delayMs, order: this.order++, bytes: copy });
    if (isTwice) this.push({ atMs: nowMs + secondDelayMs, order: this.order++, bytes: copy });
  }

  private drawDelay(): number {
    const { delayMinMs, delayMaxMs } = this.quality;
    return delayMinMs + Math.floor(this.random() * (delayMaxMs - delayMinMs));
  }

  /** The next datagram that has arrived by now; null: there is none. */
  receive(nowMs: number): Uint8Array | null {
    const first = this.heap[0];
    if (first === undefined || first.atMs > nowMs) return null;
    this.pop();
    return first.bytes;
  }

  private push(entry: OnTheWay): void {
    const { heap } = this;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent] as OnTheWay)) break;
      heap[at] = heap[parent] as OnTheWay;
      at = parent;
    }
    heap[at] = entry;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop() as OnTheWay;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as OnTheWay, heap[child] as OnTheWay)) child++;
      if (!isBefore(heap[child] as OnTheWay, last)) break;
      heap[at] = heap[child] as OnTheWay;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: OnTheWay, b: OnTheWay): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** The loss of each way of a round trip that loses `share` of what is answered. */
export function lossPerWay(share: number): number {
  return 1 - Math.sqrt(1 - share);
}
