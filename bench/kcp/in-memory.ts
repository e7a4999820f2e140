/** What KCP itself costs: two sessions in one thread, each datagram handed over as it is made. Time is virtual, 10 ms a round. */
import { Kcp, type KcpOptions } from "../../native/kcp-ts/src/index.js";
import { makeNative, type NodeKcp } from "../../native/kcp-ts/testing/node-kcp.js";
import { allocatedBytes, medians, ResultHash, timed } from "../harness.js";

export const FAST: KcpOptions = { nodelay: 1, intervalMs: 10, fastResend: 2, congestionControl: false };
const WIDE: KcpOptions = { ...FAST, sendWindow: 256, receiveWindow: 256 };
const MESSAGE_BYTES = 100;
const BULK_COUNT = 64;
const ROUND_MS = 10;
const CONV = 7;

/** Where messages are copied to; one for all sessions, as a host has one. */
const target = new Uint8Array(2_048);
const echoed = target.subarray(0, MESSAGE_BYTES);

/** One end. `drain` takes all messages that are there and returns their number; with `echo` it sends each back. */
export interface End {
  send(): void;
  drain(echo: boolean): number;
  update(nowMs: number): void;
}

export type MakePair = () => readonly [End, End];

/** How the messages are taken from a session of ours. */
type Taking = "receiveInto" | "receive" | "receiveView";

export function ourPair(taking: Taking = "receiveInto"): readonly [End, End] {
  const a: Kcp = new Kcp(CONV, WIDE, (bytes) => void b.input(bytes));
  const b: Kcp = new Kcp(CONV, WIDE, (bytes) => void a.input(bytes));
  return [ourEnd(a, taking), ourEnd(b, taking)];
}

function ourEnd(kcp: Kcp, taking: Taking): End {
  const message = new Uint8Array(MESSAGE_BYTES).fill(1);
  const take = {
    receiveInto: () => kcp.receiveInto(target),
    receive: () => kcp.receive()?.length ?? -1,
    receiveView: () => kcp.receiveView()?.length ?? -1,
  }[taking];
  return {
    send: () => void kcp.send(message),
    drain: (echo) => {
      let count = 0;
      for (let length = take(); length >= 0; length = take()) {
        count++;
        if (echo) kcp.send(echoed);
      }
      return count;
    },
    update: (nowMs) => kcp.update(nowMs),
  };
}

export function nativePair(Native: NodeKcp): readonly [End, End] {
  const a = makeNative(Native, CONV, WIDE, (bytes) => void b.input(bytes as Buffer));
  const b = makeNative(Native, CONV, WIDE, (bytes) => void a.input(bytes as Buffer));
  return [nativeEnd(a), nativeEnd(b)];
}

function nativeEnd(kcp: ReturnType<typeof makeNative>): End {
  const message = Buffer.alloc(MESSAGE_BYTES, 1);
  return {
    send: () => void kcp.send(message),
    drain: (echo) => {
      let count = 0;
      for (let bytes = kcp.recv(); bytes !== undefined; bytes = kcp.recv()) {
        count++;
        if (echo) kcp.send(bytes);
      }
      return count;
    },
    update: (nowMs) => kcp.update(nowMs),
  };
}

/** One way, `count` messages a round, and their acknowledgements back. */
function oneWayRound([a, b]: readonly [End, End], count: number, nowMs: number): number {
  for (let i = 0; i < count; i++) a.send();
  a.update(nowMs);
  const taken = b.drain(false);
  b.update(nowMs);
  return taken;
}

function echoRound([a, b]: readonly [End, End], _count: number, nowMs: number): number {
  a.send();
  a.update(nowMs);
  b.drain(true);
  b.update(nowMs);
  return a.drain(false);
}

export const IN_MEMORY_CASES = [
  { name: "bulk 100 B messages", round: oneWayRound, count: BULK_COUNT, targetNs: 250 },
  { name: "one message per datagram with its ack", round: oneWayRound, count: 1, targetNs: 600 },
  { name: "echo", round: echoRound, count: 1, targetNs: 1_000 },
] as const;

export type InMemoryCase = (typeof IN_MEMORY_CASES)[number];

/** ns a message, for each kind of pair; they take turns, so that what the machine does meanwhile happens to all. */
export async function measureInMemory(one: InMemoryCase, kinds: readonly MakePair[], isSmall: boolean) {
  const rounds = Math.ceil((isSmall ? 64 : 100_000) / one.count);
  const pairs = kinds.map((make) => ({ ends: make(), nowMs: 0, taken: 0 }));
  const times = await medians({ warmUp: isSmall ? 0 : 3, repeats: isSmall ? 1 : 3 }, () =>
    pairs.map((pair) =>
      timed(() => {
        for (let i = 0; i < rounds; i++) {
          pair.nowMs += ROUND_MS;
          pair.taken += one.round(pair.ends, one.count, pair.nowMs);
        }
      }),
    ),
  );
  const hashes = pairs.map(({ taken }) => new ResultHash().add(taken).text);
  return { nsPerMessage: times.map((ms) => (ms * 1e6) / (rounds * one.count)), hashes };
}

/** Bytes of heap a message that our pair allocates, by `receiveInto`: a view of what is copied, and nothing else. */
export function measureAllocation(one: InMemoryCase, isSmall: boolean): number {
  const rounds = Math.ceil((isSmall ? 64 : 10_000) / one.count);
  const ends = ourPair();
  let nowMs = 0;
  const run = () => {
    for (let i = 0; i < rounds; i++) {
      nowMs += ROUND_MS;
      one.round(ends, one.count, nowMs);
    }
  };
  run();
  return allocatedBytes(isSmall ? 1 : 9, run) / (rounds * one.count);
}
