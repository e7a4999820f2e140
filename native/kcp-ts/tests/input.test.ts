/** What a stranger can send: any bytes give a code, throw nothing, and cost no more memory than the window. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AT, COMMAND, HEADER_BYTES, writeHeader } from "../src/header.js";
import { KCP_CODE, Kcp, SegmentPool } from "../src/index.js";
import { below, seededRandom } from "../testing/random.js";
import { deliverToA, deliverToB, FAST, makePair, message, receiveAll, settle } from "./pair.js";

const FUZZ_COUNT = Number(process.env.KCP_FUZZ_DATAGRAMS ?? 20_000);
const CONV = 1;

interface Fields {
  readonly conv?: number;
  readonly command?: number;
  readonly fragment?: number;
  readonly window?: number;
  readonly time?: number;
  readonly number?: number;
  readonly una?: number;
  readonly length?: number;
}

/** One segment with `data` bytes behind its head. */
function segment(fields: Fields, data = 0): Uint8Array {
  const { conv = CONV, command = COMMAND.push, fragment = 0, window = 128, time = 0, number = 0, una = 0 } = fields;
  const bytes = new Uint8Array(HEADER_BYTES + data).fill(7, HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  writeHeader(view, 0, conv, command, fragment, window, time, number, una, fields.length ?? data);
  return bytes;
}

test("input: each kind of wrong datagram has its code", () => {
  const { a } = makePair();
  assert.equal(a.input(new Uint8Array(0)), KCP_CODE.notOurs);
  assert.equal(a.input(segment({}).subarray(1)), KCP_CODE.notOurs);
  assert.equal(a.input(segment({ conv: 2 })), KCP_CODE.notOurs);
  assert.equal(a.input(segment({ length: 1 })), KCP_CODE.badLength);
  assert.equal(a.input(segment({ length: -1 })), KCP_CODE.badLength);
  assert.equal(a.input(segment({ command: 80 })), KCP_CODE.badCommand);
  assert.equal(a.input(segment({ command: 85 })), KCP_CODE.badCommand);
  assert.equal(a.input(segment({ fragment: 128 }, 1)), KCP_CODE.tooLarge);
  assert.equal(a.input(segment({}, 1_500)), KCP_CODE.tooLarge);
  assert.ok(a.isIdle);
});

test("input: a part of an array is a datagram, and bytes behind the last head are ignored", () => {
  const { a } = makePair();
  const bytes = new Uint8Array(100).fill(0xff);
  bytes.set(segment({}, 5), 30);
  assert.equal(a.input(bytes, 30, 30 + HEADER_BYTES + 5 + 23), KCP_CODE.ok);
  assert.deepEqual(a.receive(), new Uint8Array(5).fill(7));
});

test("input: acknowledgements of what was never sent change nothing", () => {
  const pair = makePair();
  for (const number of [-1, 0, 5, 2 ** 31 - 1, -(2 ** 31)]) {
    assert.equal(pair.a.input(segment({ command: COMMAND.ack, number, una: number })), KCP_CODE.ok);
  }
  pair.a.send(message(10));
  settle(pair, 0);
  assert.deepEqual(receiveAll(pair.b), [message(10)]);
  assert.ok(pair.a.isIdle);
});

test("input: what is outside the window is neither kept nor acknowledged", () => {
  const { a, pool } = makePair();
  for (const number of [128, 129, 2 ** 31 - 1]) a.input(segment({ number }, 100));
  assert.ok(a.isIdle);
  assert.equal(pool.heldBytes, 0);
  assert.equal(a.counters.outOfWindow, 3);
});

test("input: what leaves a gap is held to receiveBytesMax, unacknowledged above it; the segment that fills the gap is taken", () => {
  const { a, pool } = makePair({ ...FAST, receiveBytesMax: 10_000 });
  for (let number = 1; number < 100; number++) assert.equal(a.input(segment({ number }, 1_400)), KCP_CODE.ok);
  assert.equal(pool.heldBytes, 7 * 1_536);
  assert.equal(a.counters.refused, 99 - 7);
  const ahead = Buffer.concat([segment({ number: 0 }, 100), segment({ number: 90 }, 1_000)]);
  assert.equal(a.input(ahead), KCP_CODE.ok);
  assert.equal(a.counters.refused, 99 - 6, "what stands behind it in its datagram is not");
  assert.equal(receiveAll(a).length, 8);
  assert.equal(pool.heldBytes, 0);
  a.receiveBytesMax = 2 ** 30;
  for (let number = 9; number < 100; number++) a.input(segment({ number }, 1_400));
  assert.equal(pool.heldBytes, 91 * 1_536);
});

test("input: bulk arrives with a receiveBytesMax far below the window (20 % lost)", () => {
  const random = seededRandom(3);
  const pair = makePair({ ...FAST, sendWindow: 128 }, { ...FAST, receiveBytesMax: 8_192 });
  pair.a.send(message(1));
  settle(pair, 0);
  assert.equal(receiveAll(pair.b).length, 1);
  settle(pair, 0);
  for (let i = 0; i < 200; i++) pair.a.send(message(1_200, i));
  const got: Uint8Array[] = [];
  for (let nowMs = 10; got.length < 200 && nowMs < 60_000; nowMs += 10) {
    pair.a.flush(nowMs);
    for (const bytes of pair.fromA.splice(0)) if (random() > 0.2) pair.b.input(bytes, 0, bytes.length, nowMs);
    got.push(...receiveAll(pair.b));
    pair.b.flush(nowMs);
    for (const bytes of pair.fromB.splice(0)) if (random() > 0.2) pair.a.input(bytes, 0, bytes.length, nowMs);
  }
  assert.deepEqual(
    got,
    Array.from({ length: 200 }, (_, i) => message(1_200, i)),
  );
  assert.ok(!pair.a.isDead);
  assert.equal(pair.b.counters.refused, 0, "the peer knew");
});

test("input: a flood of segments is bounded by the window, and of their acknowledgements by four per segment", () => {
  const pool = new SegmentPool();
  const kcp = new Kcp(CONV, { ...FAST, pool }, () => {});
  for (let round = 0; round < 20; round++) {
    for (let number = 127; number >= 1; number--) kcp.input(segment({ number }, 1_400));
  }
  assert.equal(pool.heldBytes, 127 * 1_536);
  assert.equal(kcp.droppedAcks, 20 * 127 - 4 * 128);
  kcp.flush(0);
  assert.ok(kcp.isIdle);
});

test("input: a datagram with one new segment among many old ones is kept once, and freed when that was read", () => {
  const { a, pool } = makePair();
  const parts = Array.from({ length: 10 }, (_, i) => segment({ number: i % 2 }, 100));
  assert.equal(a.input(Buffer.concat(parts)), KCP_CODE.ok);
  assert.equal(pool.heldBytes, 1_536);
  assert.equal(a.receive()?.length, 100);
  assert.equal(pool.heldBytes, 1_536);
  assert.equal(a.receive()?.length, 100);
  assert.equal(pool.heldBytes, 0);
});

test("input: fragment numbers that contradict each other end a message where the peer said so", () => {
  const { a } = makePair();
  for (const [number, fragment] of [2, 2, 2, 0].entries()) a.input(segment({ number, fragment }, 10));
  assert.equal(a.peekSize(), 40);
  assert.equal(a.receive()?.length, 40);
  assert.equal(a.receive(), null);
});

test("input: a wild round trip stays within the bounds of the time-out", () => {
  const pair = makePair();
  for (const time of [-(2 ** 31), 2 ** 31 - 1, 1, 0]) {
    for (let i = 0; i < 50; i++) {
      const bytes = segment({ command: COMMAND.ack, number: 0, time });
      pair.a.input(bytes, 0, bytes.length, 2 ** 31 - 2);
      assert.ok(pair.a.timeoutMs >= 30 && pair.a.timeoutMs <= 60_000);
    }
  }
});

/** A datagram of the pair's own with some of it changed, or nothing but noise. */
function mutate(original: Uint8Array, random: () => number): Uint8Array {
  const bytes = Uint8Array.from(original);
  const changes = 1 + below(random, 4);
  for (let i = 0; i < changes; i++) {
    const head = below(random, Math.max(1, bytes.length));
    const at = random() < 0.7 ? AT.command + below(random, HEADER_BYTES - AT.command) : head;
    if (at < bytes.length)
      bytes[at] = random() < 0.5 ? below(random, 256) : (bytes[at] as number) + below(random, 5) - 2;
  }
  if (random() < 0.1) return bytes.subarray(0, below(random, bytes.length + 1));
  if (random() < 0.1) return Buffer.concat([bytes, original]);
  return bytes;
}

test(`input: ${FUZZ_COUNT} mutated datagrams throw nothing and hold no more than the window`, () => {
  const random = seededRandom(99);
  const pool = new SegmentPool();
  let pair = makePair({ ...FAST, pool, redundancy: 1 });
  const boundBytes = 2 * 2 * 128 * 4_096;
  for (let i = 0; i < FUZZ_COUNT; i++) {
    if (i % 2_000 === 0) {
      pair.a.release();
      pair.b.release();
      assert.ok(pool.heldBytes <= 4_096, "all memory is given back");
      pair = makePair({ ...FAST, pool, redundancy: 1 });
    }
    pair.a.send(message(below(random, 300), i));
    if (random() < 0.3) pair.b.send(message(below(random, 3_000), i));
    pair.a.flush(i * 3);
    const last = pair.fromA.at(-1) ?? segment({}, 10);
    if (random() < 0.5) deliverToB(pair, i * 3);
    pair.fromA.length = Math.min(pair.fromA.length, 20);
    pair.b.input(mutate(last, random));
    pair.b.flush(i * 3);
    const answer = pair.fromB.at(-1);
    if (random() < 0.5) deliverToA(pair, i * 3);
    pair.fromB.length = Math.min(pair.fromB.length, 20);
    if (answer !== undefined) pair.a.input(mutate(answer, random));
    if (random() < 0.5) receiveAll(pair.b);
    if (random() < 0.5) receiveAll(pair.a);
    pair.a.check(i * 3);
    assert.ok(pool.heldBytes < boundBytes + 2 * 2_048 * 512);
  }
});

test("input: an honest session is as before among strangers' bytes (wrong conversation, noise)", () => {
  const random = seededRandom(7);
  const pair = makePair();
  for (let i = 0; i < 300; i++) {
    pair.b.input(Uint8Array.from({ length: below(random, 100) }, () => below(random, 256)));
    pair.b.input(segment({ conv: 3, number: i }, 10));
    pair.a.send(message(50, i));
    settle(pair, i);
    assert.deepEqual(receiveAll(pair.b), [message(50, i)]);
  }
});
