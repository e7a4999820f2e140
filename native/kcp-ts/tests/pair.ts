/** Two sessions of ours in virtual time for tests: what one puts out waits in a list until the test hands it over, or not. */
import { Kcp, type KcpOptions, SegmentPool } from "../src/index.js";

export const FAST: KcpOptions = { nodelay: 1, intervalMs: 10, fastResend: 2, congestionControl: false };

export interface TestPair {
  readonly a: Kcp;
  readonly b: Kcp;
  readonly pool: SegmentPool;
  /** Copies of what each has put out and nobody took. */
  readonly fromA: Uint8Array[];
  readonly fromB: Uint8Array[];
}

export function makePair(options: KcpOptions = FAST, optionsOfB: KcpOptions = options): TestPair {
  const pool = options.pool ?? new SegmentPool();
  const fromA: Uint8Array[] = [];
  const fromB: Uint8Array[] = [];
  const a = new Kcp(1, { ...options, pool }, (bytes) => void fromA.push(Uint8Array.from(bytes)));
  const b = new Kcp(1, { ...optionsOfB, pool }, (bytes) => void fromB.push(Uint8Array.from(bytes)));
  return { a, b, pool, fromA, fromB };
}

/** Hands all over that A has put out. */
export function deliverToB({ b, fromA }: TestPair, nowMs: number): void {
  for (const bytes of fromA.splice(0)) b.input(bytes, 0, bytes.length, nowMs);
}

export function deliverToA({ a, fromB }: TestPair, nowMs: number): void {
  for (const bytes of fromB.splice(0)) a.input(bytes, 0, bytes.length, nowMs);
}

/** Flushes and delivers to and fro until nothing is left to do now. */
export function settle(pair: TestPair, nowMs: number): void {
  do {
    pair.a.flush(nowMs);
    deliverToB(pair, nowMs);
    pair.b.flush(nowMs);
    deliverToA(pair, nowMs);
  } while (pair.a.dueInMs(nowMs) === 0 || pair.b.dueInMs(nowMs) === 0);
}

/** `length` bytes that tell messages apart. */
export function message(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + seed * 31 + (i >> 8)) & 0xff);
}

export function receiveAll(kcp: Kcp): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let one = kcp.receive(); one !== null; one = kcp.receive()) messages.push(one);
  return messages;
}

/** Sets both ends' sequence numbers, as if 2³² segments had passed before: no test lives that long. */
export function startAt({ a, b }: TestPair, number: number): void {
  for (const kcp of [a, b]) {
    Object.assign(kcp, { sendUna: number | 0, sendNext: number | 0, sendEnd: number | 0 });
    Object.assign((kcp as unknown as { received: object }).received, { readNext: number | 0, next: number | 0 });
  }
}
