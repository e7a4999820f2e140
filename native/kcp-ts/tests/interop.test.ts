/**
 * Ours at one end, the C code at the other: messages both ways at once over bad lines, every byte compared.
 * 100,000 of them take some 7 s; KCP_INTEROP_MESSAGES says another number.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Kcp, type KcpOptions } from "../src/index.js";
import { type LineQuality, LossyLine, lossPerWay } from "../testing/lossy-line.js";
import { loadNodeKcp, type NodeKcp, type Peer, peerOf } from "../testing/node-kcp.js";
import { below, seededRandom } from "../testing/random.js";

const Native = loadNodeKcp();
const skip = typeof Native === "string" ? Native : false;
const MESSAGES = Number(process.env.KCP_INTEROP_MESSAGES ?? 100_000);
const CONV = 0x80000001;
const LARGEST_BYTES = 65_536;
const WAITING_MAX = 300;
const RUN_MS_MAX = 24 * 3_600_000;
const OPTIONS: KcpOptions = {
  nodelay: 1,
  intervalMs: 10,
  fastResend: 2,
  congestionControl: false,
  sendWindow: 256,
  receiveWindow: 256,
};

/** Reordered by their delays, some of them twice. */
const quality = (loss: number): LineQuality => ({
  delayMinMs: 2,
  delayMaxMs: 20,
  loss: lossPerWay(loss),
  duplication: 0.05,
});

const CELLS: readonly { readonly name: string; readonly loss: number; readonly options?: KcpOptions }[] = [
  { name: "0 % loss", loss: 0 },
  { name: "5 % loss", loss: 0.05 },
  { name: "20 % loss", loss: 0.2 },
  { name: "20 % loss, redundancy 2 and other MTUs at our end", loss: 0.2, options: { redundancy: 2, mtuBytes: 700 } },
];

/** The messages of one direction: as many small ones as large ones by order of magnitude. */
class Messages {
  private readonly random: () => number;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  next(): Uint8Array {
    const length = Math.floor(LARGEST_BYTES ** this.random());
    const bytes = new Uint8Array(Math.max(1, length));
    let word = below(this.random, 2 ** 32) | 1;
    for (let i = 0; i < bytes.length; i++) {
      word = (Math.imul(word, 0x915f77f5) + 1) | 0;
      bytes[i] = word >>> 24;
    }
    return bytes;
  }
}

/** One direction: what is sent, and what is expected at the other end. */
class Direction {
  receivedCount = 0;
  private readonly sent: Messages;
  private readonly expected: Messages;
  private sentCount = 0;
  private readonly count: number;

  constructor(seed: number, count: number) {
    this.sent = new Messages(seed);
    this.expected = new Messages(seed);
    this.count = count;
  }

  get isDone(): boolean {
    return this.receivedCount === this.count;
  }

  sendSome(from: Peer): void {
    while (this.sentCount < this.count && from.waitingSegments < WAITING_MAX) {
      from.send(this.sent.next());
      this.sentCount++;
    }
  }

  takeAll(at: Peer): void {
    for (let message = at.receive(); message !== null; message = at.receive()) {
      assert.ok(Buffer.from(this.expected.next()).equals(message), `message ${this.receivedCount}`);
      this.receivedCount++;
    }
  }
}

function runCell(NodeKcp: NodeKcp, loss: number, options: KcpOptions, count: number): void {
  let nowMs = 0;
  const lines = [new LossyLine(quality(loss), 11), new LossyLine(quality(loss), 12)] as const;
  const ends: readonly [Peer, Peer] = [
    new Kcp(CONV, { ...OPTIONS, ...options }, (bytes) => lines[0].send(bytes, nowMs)),
    peerOf(NodeKcp, CONV, OPTIONS, (bytes) => lines[1].send(bytes, nowMs)),
  ];
  const directions = [new Direction(1, count), new Direction(2, count)] as const;
  for (; !directions.every(({ isDone }) => isDone); nowMs++) {
    assert.ok(nowMs < RUN_MS_MAX, "all messages have come within a day of virtual time");
    for (const end of [0, 1] as const) {
      const peer = ends[end];
      const line = lines[1 - end] as LossyLine;
      for (let bytes = line.receive(nowMs); bytes !== null; bytes = line.receive(nowMs)) peer.input(bytes);
      (directions[1 - end] as Direction).takeAll(peer);
      directions[end].sendSome(peer);
      peer.update(nowMs);
    }
  }
}

for (const { name, loss, options = {} } of CELLS) {
  test(`interop: every byte arrives, both ways, between ours and the C code (${name})`, { skip }, () => {
    runCell(Native as NodeKcp, loss, options, Math.ceil(MESSAGES / CELLS.length / 2));
  });
}
