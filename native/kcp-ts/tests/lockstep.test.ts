/**
 * Ours against the C code, step by step: two pairs, one of each kind, live through the same sends, the same line and the same times.
 * Every datagram has to be the same, byte by byte, and so has every message, answer and count.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Kcp, type KcpOptions } from "../src/index.js";
import { describeDatagram } from "../testing/describe.js";
import { type LineQuality, LossyLine } from "../testing/lossy-line.js";
import { loadNodeKcp, type Peer, peerOf } from "../testing/node-kcp.js";
import { below, seededRandom } from "../testing/random.js";

const Native = loadNodeKcp();
const skip = typeof Native === "string" ? Native : false;
const CONV = 0xfedcba98;

type MakePeer = (options: KcpOptions, output: (bytes: Uint8Array) => void) => Peer;

/** Two ends and the lines between them, and a text of all that happened. */
class Pair {
  readonly ends: readonly [Peer, Peer];
  readonly lines: readonly [LossyLine, LossyLine];
  readonly events: string[] = [];
  private nowMs = 0;
  private readonly isStream: boolean;

  constructor(make: MakePeer, options: KcpOptions, quality: LineQuality, seed: number) {
    this.isStream = options.stream ?? false;
    this.lines = [new LossyLine(quality, seed), new LossyLine(quality, seed + 1)];
    this.ends = [this.makeEnd(make, options, 0), this.makeEnd(make, options, 1)];
  }

  private makeEnd(make: MakePeer, options: KcpOptions, end: 0 | 1): Peer {
    return make(options, (bytes) => {
      this.events.push(`${this.nowMs} ${end} out ${describeDatagram(bytes)}`);
      this.lines[end].send(bytes, this.nowMs);
    });
  }

  /** One ms; `reads`: whether the ends take their messages. */
  step(nowMs: number, reads: readonly [boolean, boolean]): void {
    this.nowMs = nowMs;
    for (const end of [0, 1] as const) {
      const peer = this.ends[end];
      const line = this.lines[1 - end] as LossyLine;
      for (let bytes = line.receive(nowMs); bytes !== null; bytes = line.receive(nowMs)) {
        this.events.push(`${nowMs} ${end} in ${peer.input(bytes)}`);
      }
      if (reads[end]) this.readAll(end);
      const wait = peer.check(nowMs);
      if (wait === 0) peer.update(nowMs);
      this.events.push(`${nowMs} ${end} check ${wait} waiting ${peer.waitingSegments}`);
    }
  }

  /** In stream mode the binding gives all that there is at once. */
  private readAll(end: 0 | 1): void {
    const peer = this.ends[end];
    const messages: string[] = [];
    for (let message = peer.receive(); message !== null; message = peer.receive()) {
      messages.push(Buffer.from(message).toString("hex"));
    }
    if (messages.length > 0) this.events.push(`${this.nowMs} ${end} got ${messages.join(this.isStream ? "" : ",")}`);
  }
}

const ours: MakePeer = (options, output) => new Kcp(CONV, options, output);
const theirs: MakePeer = (options, output) => peerOf(Native as Exclude<typeof Native, string>, CONV, options, output);

interface Scenario {
  readonly name: string;
  readonly options: KcpOptions;
  readonly quality: LineQuality;
  readonly messageBytesMax: number;
  /** Chance per ms and end that something is sent. */
  readonly sends: number;
  /** Chance per second that an end stops or starts reading. */
  readonly pauses?: number;
  readonly startMs?: number;
}

const FAST: KcpOptions = { nodelay: 1, intervalMs: 10, fastResend: 2, congestionControl: false };
const LINE = { delayMinMs: 30, delayMaxMs: 60 };
const SCENARIOS: readonly Scenario[] = [
  { name: "fast, no loss", options: FAST, quality: { ...LINE, loss: 0 }, messageBytesMax: 400, sends: 0.1 },
  { name: "fast, 20 % loss", options: FAST, quality: { ...LINE, loss: 0.2 }, messageBytesMax: 400, sends: 0.1 },
  {
    name: "fast, 20 % loss and 20 % duplication, large messages",
    options: { ...FAST, sendWindow: 256, receiveWindow: 256 },
    quality: { ...LINE, loss: 0.2, duplication: 0.2 },
    messageBytesMax: 20_000,
    sends: 0.02,
  },
  {
    name: "nodelay 2, mtu 576",
    options: { ...FAST, nodelay: 2, mtuBytes: 576, fastResend: 1 },
    quality: { ...LINE, loss: 0.1 },
    messageBytesMax: 3_000,
    sends: 0.05,
  },
  { name: "defaults", options: {}, quality: { ...LINE, loss: 0.05 }, messageBytesMax: 3_000, sends: 0.03 },
  {
    name: "congestion control, fast resend",
    options: { ...FAST, congestionControl: true, sendWindow: 128 },
    quality: { ...LINE, loss: 0.05 },
    messageBytesMax: 3_000,
    sends: 0.05,
  },
  {
    name: "stream, small and large",
    options: { ...FAST, stream: true },
    quality: { ...LINE, loss: 0.1 },
    messageBytesMax: 3_000,
    sends: 0.1,
  },
  {
    name: "readers that pause, so that the window closes and is probed",
    options: { ...FAST, sendWindow: 256 },
    quality: { ...LINE, loss: 0.3 },
    messageBytesMax: 500,
    sends: 0.2,
    pauses: 0.1,
  },
  {
    name: "the clock passes 2³²",
    options: FAST,
    quality: { ...LINE, loss: 0.1 },
    messageBytesMax: 400,
    sends: 0.1,
    startMs: 2 ** 32 - 3_000,
  },
  {
    name: "the clock passes 2³¹",
    options: {},
    quality: { ...LINE, loss: 0.1 },
    messageBytesMax: 400,
    sends: 0.1,
    startMs: 2 ** 31 - 3_000,
  },
];
const RUN_MS = 5_000;
const SHOWN_LENGTH = 1_500;

function runScenario(scenario: Scenario, seed: number): void {
  const random = seededRandom(seed);
  const { options, quality, messageBytesMax, sends, pauses = 0, startMs = 1_000 } = scenario;
  const pairs = [new Pair(ours, options, quality, seed), new Pair(theirs, options, quality, seed)] as const;
  const reads: [boolean, boolean] = [true, true];
  for (let ms = 0; ms < RUN_MS * (pauses > 0 ? 8 : 1); ms++) {
    for (const end of [0, 1] as const) {
      if (random() < pauses / 1_000) reads[end] = !reads[end];
      if (random() >= sends || pairs[0].ends[end].waitingSegments > 300) continue;
      const message = new Uint8Array(1 + below(random, messageBytesMax)).map(() => below(random, 256));
      for (const pair of pairs) pair.ends[end].send(message);
    }
    for (const pair of pairs) pair.step(startMs + ms, reads);
    compare(pairs, `${scenario.name}, seed ${seed}`);
  }
}

/** Takes the events away, so that a long run does not keep them. */
function compare(pairs: readonly [Pair, Pair], what: string): void {
  const [a, b] = [pairs[0].events.splice(0), pairs[1].events.splice(0)];
  if (a.length === b.length && a.every((event, i) => event === b[i])) return;
  const at = a.findIndex((event, i) => event !== b[i]);
  const shown = (events: string[]) => events.slice(at, at + 3).map((event) => `\n  ${event.slice(0, SHOWN_LENGTH)}`);
  assert.fail(`${what}\nours${shown(a)}\ntheirs${shown(b)}`);
}

for (const scenario of SCENARIOS) {
  test(`lockstep: every datagram is the C code's (${scenario.name})`, { skip }, () => {
    for (const seed of [1, 2]) runScenario(scenario, seed);
  });
}
