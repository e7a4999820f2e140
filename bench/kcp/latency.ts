/**
 * How long an echo takes over a bad line, in virtual time: a message of 100 bytes every 20 ms, sent back at once by the other end. The
 * line delays each datagram by 30–60 ms each way and loses some; the same seed is the same line for whoever sends the same datagrams.
 */
import { Kcp } from "../../native/kcp-ts/src/index.js";
import { LossyLine, lossPerWay } from "../../native/kcp-ts/testing/lossy-line.js";
import { type NodeKcp, peerOf } from "../../native/kcp-ts/testing/node-kcp.js";
import { ResultHash } from "../harness.js";
import { FAST } from "./in-memory.js";

export interface LatencyResult {
  /** Sorted, ms, one per message. */
  readonly rttMs: readonly number[];
  readonly datagramsPerMessage: number;
  readonly bytesPerMessage: number;
  readonly hash: string;
}

/** One end as the driver needs it; `tick` comes each ms after what arrived was handed in. */
interface End {
  send(bytes: Uint8Array): void;
  receive(): Uint8Array | null;
  input(bytes: Uint8Array, nowMs: number): void;
  tick(nowMs: number): void;
}

export type MakeEnd = (output: (bytes: Uint8Array) => void) => End;

const CONV = 7;
const SEND_EVERY_MS = 20;
const MESSAGE_BYTES = 100;
/** No more than the interval, which the peer allows for in its time-outs. */
const ACK_WAIT_MS = 10;
const GIVE_UP_MS = 60_000;

/** As the reference is driven: by `update`, each ms. */
export const oursByInterval: MakeEnd = (output) => {
  const kcp = new Kcp(CONV, FAST, output);
  return {
    send: (bytes) => void kcp.send(bytes),
    receive: () => kcp.receive(),
    input: (bytes) => void kcp.input(bytes),
    tick: (nowMs) => kcp.update(nowMs),
  };
};

export function nativeByInterval(Native: NodeKcp): MakeEnd {
  return (output) => {
    const peer = peerOf(Native, CONV, FAST, output);
    return {
      send: (bytes) => peer.send(bytes),
      receive: () => peer.receive(),
      input: (bytes) => void peer.input(bytes),
      tick: (nowMs) => peer.update(nowMs),
    };
  };
}

/** As a gate drives it: what a turn sent is flushed at its end, and what is due by time when it is; acknowledgements wait for company. */
export function oursByTurn(redundancy: number): MakeEnd {
  return (output) => {
    const kcp = new Kcp(CONV, { ...FAST, redundancy }, output);
    let acksDueMs = Number.POSITIVE_INFINITY;
    return {
      send: (bytes) => void kcp.send(bytes),
      receive: () => kcp.receive(),
      input: (bytes, nowMs) => void kcp.input(bytes, 0, bytes.length, nowMs),
      tick: (nowMs) => {
        if (kcp.dueInMs(nowMs) <= 0) acksDueMs = Math.min(acksDueMs, nowMs + ACK_WAIT_MS);
        if (kcp.dueInMs(nowMs, false) > 0 && nowMs < acksDueMs) return;
        kcp.flush(nowMs);
        acksDueMs = Number.POSITIVE_INFINITY;
      },
    };
  };
}

/** `loss`: of a round trip, 0–1. */
export function runLatency(makeEnd: MakeEnd, loss: number, seed: number, count: number): LatencyResult {
  const quality = { delayMinMs: 30, delayMaxMs: 60, loss: lossPerWay(loss) };
  const there = new LossyLine(quality, 2 * seed);
  const back = new LossyLine(quality, 2 * seed + 1);
  let nowMs = 0;
  const client = makeEnd((bytes) => there.send(bytes, nowMs));
  const server = makeEnd((bytes) => back.send(bytes, nowMs));
  const rttMs: number[] = [];
  let sent = 0;
  for (; rttMs.length < count && nowMs < count * SEND_EVERY_MS + GIVE_UP_MS; nowMs++) {
    if (nowMs % SEND_EVERY_MS === 0 && sent < count) client.send(messageOf(sent++, nowMs));
    takeAll(there, server, nowMs);
    for (let message = server.receive(); message !== null; message = server.receive()) server.send(message);
    takeAll(back, client, nowMs);
    for (let message = client.receive(); message !== null; message = client.receive()) {
      rttMs.push(nowMs - checkedTime(message, rttMs.length));
    }
    client.tick(nowMs);
    server.tick(nowMs);
  }
  if (rttMs.length < count) throw new Error(`only ${rttMs.length} of ${count} echoes came`);
  const hash = rttMs.reduce((sum, ms) => sum.add(ms), new ResultHash()).text;
  return {
    rttMs: rttMs.sort((a, b) => a - b),
    datagramsPerMessage: (there.sentCount + back.sentCount) / count,
    bytesPerMessage: (there.sentBytes + back.sentBytes) / count,
    hash,
  };
}

function takeAll(line: LossyLine, end: End, nowMs: number): void {
  for (let bytes = line.receive(nowMs); bytes !== null; bytes = line.receive(nowMs)) end.input(bytes, nowMs);
}

function messageOf(number: number, nowMs: number): Uint8Array {
  const bytes = new Uint8Array(MESSAGE_BYTES).fill(number);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, number);
  view.setUint32(4, nowMs);
  return bytes;
}

/** When the message was sent; throws if it is not the one whose turn it is. */
function checkedTime(message: Uint8Array, number: number): number {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  if (view.getUint32(0) !== number) throw new Error(`echo ${view.getUint32(0)} instead of ${number}`);
  return view.getUint32(4);
}

/** Of sorted values; `share` 0–1. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
