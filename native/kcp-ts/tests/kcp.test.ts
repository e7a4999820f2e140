/** The session's behaviour by itself: messages, codes, windows, idleness, memory, repeats. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { convOf, KCP_CODE, Kcp, SegmentPool } from "../src/index.js";
import { seededRandom } from "../testing/random.js";
import { deliverToA, deliverToB, FAST, makePair, message, receiveAll, settle, startAt } from "./pair.js";

test("kcp: messages of all lengths arrive as they were sent (1 byte to the longest)", () => {
  const pair = makePair({ ...FAST, sendWindow: 128 });
  const lengths = [1, 2, 3, 23, 24, 25, 128, 129, 1_375, 1_376, 1_377, 10_000, pair.a.messageBytesMax];
  for (const [i, length] of lengths.entries()) {
    assert.equal(pair.a.send(message(length, i)), KCP_CODE.ok);
    settle(pair, i);
    assert.equal(pair.b.peekSize(), length);
    assert.deepEqual(receiveAll(pair.b), [message(length, i)]);
  }
  assert.equal(pair.a.send(message(pair.a.messageBytesMax + 1)), KCP_CODE.messageTooLong);
});

test("kcp: an empty message is a message, and a part of an array can be sent", () => {
  const pair = makePair();
  pair.a.send(message(0));
  pair.a.send(message(100), 10, 20);
  settle(pair, 0);
  assert.deepEqual(receiveAll(pair.b), [message(0), message(100).slice(10, 20)]);
});

test("kcp: what receive returned stays as it is when much comes after it", () => {
  const pair = makePair();
  const kept: Uint8Array[] = [];
  for (let i = 0; i < 500; i++) {
    pair.a.send(message(1 + ((i * 37) % 3_000), i));
    settle(pair, i);
    kept.push(...receiveAll(pair.b));
  }
  for (const [i, one] of kept.entries()) assert.deepEqual(one, message(1 + ((i * 37) % 3_000), i));
});

test("kcp: receiveInto writes where it is told, and a message that does not fit stays", () => {
  const pair = makePair();
  for (const length of [10, 100, 120, 3_000]) {
    for (let repeat = 0; repeat < 3; repeat++) {
      pair.a.send(message(length, repeat));
      settle(pair, 0);
      const target = new Uint8Array(length + 20).fill(0xee);
      assert.equal(pair.b.receiveInto(target.subarray(0, length - 1)), -2);
      assert.equal(pair.b.receiveInto(target, 7), length);
      assert.deepEqual(target.slice(7, 7 + length), message(length, repeat));
      assert.ok(target.every((byte, i) => (i >= 7 && i < 7 + length) || byte === 0xee));
      assert.equal(pair.b.receiveInto(target), -1);
    }
  }
});

test("kcp: receiveInto may use the same array each time, and another in between", () => {
  const pair = makePair();
  const [one, other] = [new Uint8Array(200), new Uint8Array(new ArrayBuffer(300), 50, 200)];
  for (let i = 0; i < 12; i++) {
    const target = i % 4 === 3 ? other : one;
    pair.a.send(message(99 + i, i));
    settle(pair, 0);
    assert.equal(pair.b.receiveInto(target, 3), 99 + i);
    assert.deepEqual(target.slice(3, 102 + i), message(99 + i, i));
  }
});

test("kcp: receiveView shows messages of one segment and of several", () => {
  const pair = makePair();
  pair.a.send(message(100));
  pair.a.send(message(5_000));
  settle(pair, 0);
  assert.deepEqual(pair.b.receiveView(), message(100));
  assert.deepEqual(pair.b.receiveView(), message(5_000));
  assert.equal(pair.b.receiveView(), null);
});

test("kcp: stream mode keeps the bytes and their order, not the borders", () => {
  const pair = makePair({ ...FAST, stream: true });
  const random = seededRandom(1);
  const sent: number[] = [];
  const received: Uint8Array[] = [];
  for (let i = 0; i < 300; i++) {
    const bytes = message(Math.floor(random() * 1_500), i);
    sent.push(...bytes);
    assert.equal(pair.a.send(bytes), KCP_CODE.ok);
    if (random() > 0.1) continue;
    settle(pair, i);
    received.push(...receiveAll(pair.b));
  }
  settle(pair, 300);
  received.push(...receiveAll(pair.b));
  assert.deepEqual(Buffer.concat(received), Buffer.from(sent));
  assert.ok(received.length < 260, `${received.length} segments for 300 sends`);
});

test("kcp: the queue is bounded, and a refused message leaves nothing behind", () => {
  const { a, pool } = makePair({ ...FAST, queueSegmentsMax: 10 });
  for (let i = 0; i < 10; i++) assert.equal(a.send(message(10)), KCP_CODE.ok);
  assert.equal(a.send(message(10)), KCP_CODE.queueFull);
  const { heldBytes } = pool;
  assert.equal(a.send(message(5_000)), KCP_CODE.queueFull);
  assert.equal(a.waitingSegments, 10);
  assert.equal(pool.heldBytes, heldBytes);
});

test("kcp: a pool at its bound refuses, and serves again when memory is given back", () => {
  const pool = new SegmentPool(65_536);
  const pair = makePair({ ...FAST, pool, queueSegmentsMax: 10_000 });
  let sent = 0;
  while (pair.a.send(message(3_000)) === KCP_CODE.ok) sent++;
  assert.ok(sent > 10 && sent < 22, `${sent}`);
  assert.equal(pair.a.send(message(3_000)), KCP_CODE.poolFull);
  const before = pool.heldBytes;
  assert.equal(pair.a.send(message(60_000)), KCP_CODE.poolFull);
  assert.equal(pool.heldBytes, before);
  pair.a.release();
  assert.equal(pool.heldBytes, 0);
  const other = makePair({ ...FAST, pool });
  assert.equal(other.a.send(message(3_000)), KCP_CODE.ok);
});

test("kcp: with the pool full, acknowledgements still free memory", () => {
  const pool = new SegmentPool(65_536);
  const pair = makePair({ ...FAST, pool, sendWindow: 64 }, { ...FAST, pool: new SegmentPool() });
  const other = new Kcp(
    1,
    { ...FAST, pool: new SegmentPool() },
    (bytes) => void pair.fromB.push(Uint8Array.from(bytes)),
  );
  pair.a.flush(0);
  for (let i = 0; i < 20; i++) pair.a.send(message(1_200, i));
  pair.a.flush(0);
  while (pool.take(1_500) >= 0);
  for (const bytes of pair.fromA.splice(0)) other.input(bytes);
  assert.equal(receiveAll(other).length, 20);
  other.flush(0);
  const before = pool.heldBytes;
  deliverToA(pair, 5);
  assert.ok(pool.heldBytes < before);
  assert.equal(pair.a.waitingSegments, 0);
});

test("kcp: what finds the pool full is not acknowledged, and arrives when it is sent again", () => {
  const pool = new SegmentPool(65_536);
  const pair = makePair({ ...FAST, pool: new SegmentPool(), sendWindow: 64 });
  const b = new Kcp(1, { ...FAST, pool }, (bytes) => void pair.fromB.push(Uint8Array.from(bytes)));
  const taken: number[] = [];
  b.flush(0);
  for (const size of [1_500, 100]) for (let slot = pool.take(size); slot >= 0; slot = pool.take(size)) taken.push(slot);
  pair.a.send(message(1_000));
  pair.a.flush(0);
  for (const bytes of pair.fromA.splice(0)) assert.equal(b.input(bytes, 0, bytes.length, 0), KCP_CODE.poolFull);
  assert.ok(b.isIdle, "there is nothing to acknowledge");
  for (const slot of taken) pool.release(slot);
  pair.a.flush(1_000);
  for (const bytes of pair.fromA.splice(0)) assert.equal(b.input(bytes, 0, bytes.length, 1_000), KCP_CODE.ok);
  assert.deepEqual(receiveAll(b), [message(1_000)]);
});

test("kcp: a pool at its bound gives a larger slot where there is no small one, and takes it back as what it is", () => {
  const pool = new SegmentPool(65_536);
  const slots: number[] = [];
  for (let slot = pool.take(1_500); slot >= 0; slot = pool.take(1_500)) slots.push(slot);
  while (pool.take(100) >= 0);
  const { heldBytes } = pool;
  assert.equal(pool.take(100), -1);
  pool.release(slots.pop() as number);
  const small = pool.take(100);
  assert.ok(small >= 0);
  assert.equal(pool.heldBytes, heldBytes);
  assert.equal(pool.release(small), 1_536);
  assert.ok(pool.take(1_400) >= 0);
});

test("kcp: a pool that was full of small slots serves large ones, and the other way round (against a list of what is held)", () => {
  const random = seededRandom(11);
  const pool = new SegmentPool(262_144);
  const held = new Map<number, { size: number; name: number }>();
  for (let round = 0; round < 40; round++) {
    const largest = [100, 1_500, 300, 4_000, 60_000][round % 5] as number;
    let count = 0;
    for (let size = 1; ; count++, size = 1 + Math.floor(random() * largest)) {
      const slot = pool.take(size);
      if (slot < 0) break;
      assert.ok(!held.has(slot) && pool.sizeOf(slot) >= size);
      held.set(slot, { size, name: count & 0xff });
      pool.bytes.fill(count & 0xff, slot, slot + size);
    }
    assert.ok(pool.heldBytes > 150_000, `${count} slots of up to ${largest} bytes, ${pool.heldBytes} in all`);
    const keptFrom = random() * 236_000;
    for (const [slot, { size, name }] of held) {
      assert.ok(pool.bytes[slot] === name && pool.bytes[slot + size - 1] === name, "nobody else wrote there");
      // A run of slots stays.
      if (slot >= keptFrom && slot < keptFrom + 26_000) continue;
      held.delete(slot);
      pool.release(slot);
    }
    if (round % 4 !== 3) continue;
    for (const slot of held.keys()) pool.release(slot);
    held.clear();
    assert.equal(pool.heldBytes, 0);
  }
});

test("kcp: a session knows what it keeps of the pool (any traffic over a bad line, messages and stream)", () => {
  for (const stream of [false, true]) {
    const random = seededRandom(5);
    const pools = [new SegmentPool(), new SegmentPool()] as const;
    const pair = makePair({ ...FAST, stream, pool: pools[0], redundancy: 1 }, { ...FAST, stream });
    const fromB = (bytes: Uint8Array) => void pair.fromB.push(Uint8Array.from(bytes));
    const b = new Kcp(1, { ...FAST, stream, pool: pools[1] }, fromB);
    pair.a.flush(0);
    b.flush(0);
    for (let round = 0; round < 2_000; round++) {
      const nowMs = round * 10;
      if (random() < 0.4) pair.a.send(message(Math.floor(random() * 4_000)));
      if (random() < 0.4) b.send(message(Math.floor(random() * 300)));
      for (const kcp of [pair.a, b]) kcp.flush(nowMs);
      for (const bytes of pair.fromA.splice(0)) if (random() < 0.7) b.input(bytes, 0, bytes.length, nowMs);
      for (const bytes of pair.fromB.splice(0)) if (random() < 0.7) pair.a.input(bytes, 0, bytes.length, nowMs);
      if (random() < 0.5) for (const kcp of [pair.a, b]) receiveAll(kcp);
      for (const [i, kcp] of [pair.a, b].entries()) {
        const scratchBytes = (pools[i] as SegmentPool).heldBytes - kcp.heldBytes;
        assert.ok(scratchBytes === 0 || scratchBytes === 1_536, `${scratchBytes} in round ${round}`);
      }
    }
    for (const kcp of [pair.a, b]) kcp.release();
    assert.deepEqual([pair.a.heldBytes, b.heldBytes], [0, 0]);
  }
});

test("kcp: a session holds no memory when all has arrived", () => {
  const pair = makePair({ ...FAST, sendWindow: 256, receiveWindow: 256 });
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 50; i++) pair.a.send(message(i * 40, i));
    settle(pair, round);
    assert.equal(receiveAll(pair.b).length, 50);
    settle(pair, round);
  }
  const scratchBytes = 1_536;
  assert.equal(pair.pool.heldBytes, scratchBytes);
  assert.ok(pair.a.isIdle && pair.b.isIdle);
});

test("kcp: sequence numbers pass 2³¹ and 2³²", () => {
  for (const start of [2 ** 31 - 40, 2 ** 32 - 40]) {
    const pair = makePair({ ...FAST, sendWindow: 16 });
    startAt(pair, start);
    const random = seededRandom(start);
    const expected: Uint8Array[] = [];
    const received: Uint8Array[] = [];
    for (let nowMs = 0; nowMs < 3_000; nowMs += 5) {
      if (expected.length < 120) {
        expected.push(message(1 + Math.floor(random() * 3_000), expected.length));
        pair.a.send(expected.at(-1) as Uint8Array);
      }
      pair.a.flush(nowMs);
      for (const bytes of pair.fromA.splice(0).reverse())
        if (random() < 0.8) pair.b.input(bytes, 0, bytes.length, nowMs);
      received.push(...receiveAll(pair.b));
      pair.b.flush(nowMs);
      for (const bytes of pair.fromB.splice(0)) if (random() < 0.8) pair.a.input(bytes, 0, bytes.length, nowMs);
    }
    assert.deepEqual(received, expected);
  }
});

test("kcp: an idle session has nothing due until something is sent or comes", () => {
  const pair = makePair();
  assert.ok(pair.a.isIdle);
  assert.equal(pair.a.dueInMs(0), Number.POSITIVE_INFINITY);
  pair.a.send(message(10));
  assert.equal(pair.a.dueInMs(0), 0);
  pair.a.flush(0);
  assert.equal(pair.a.dueInMs(0), 200, "the first time-out, before a round trip is known");
  assert.equal(pair.a.dueInMs(150), 50);
  deliverToB(pair, 30);
  assert.equal(pair.b.dueInMs(30), 0, "to acknowledge");
  assert.equal(pair.b.dueInMs(30, false), Number.POSITIVE_INFINITY, "acknowledgements may wait");
  pair.b.flush(30);
  assert.ok(pair.b.isIdle);
  deliverToA(pair, 60);
  assert.ok(pair.a.isIdle);
  assert.equal(pair.a.roundTripMs, 60);
  pair.a.flush(100_000);
  pair.a.update(100_010);
  assert.equal(pair.fromA.length, 0);
});

test("kcp: flushing when something is due is enough (20 % loss, no update)", () => {
  const pair = makePair();
  const random = seededRandom(5);
  let received = 0;
  for (let nowMs = 0; nowMs < 20_000 && received < 200; nowMs++) {
    if (nowMs % 20 === 0 && nowMs < 4_000) pair.a.send(message(100, nowMs / 20));
    for (const kcp of [pair.a, pair.b]) if (kcp.dueInMs(nowMs) === 0) kcp.flush(nowMs);
    if (nowMs % 10 !== 0) continue;
    for (const bytes of pair.fromA.splice(0)) if (random() > 0.2) pair.b.input(bytes, 0, bytes.length, nowMs);
    for (const bytes of pair.fromB.splice(0)) if (random() > 0.2) pair.a.input(bytes, 0, bytes.length, nowMs);
    for (const one of receiveAll(pair.b)) assert.deepEqual(one, message(100, received++));
  }
  assert.equal(received, 200);
});

test("kcp: a reader that does not read closes the window, and opens it again", () => {
  const pair = makePair({ ...FAST, sendWindow: 256, receiveWindow: 128 });
  for (let i = 0; i < 300; i++) pair.a.send(message(10, i));
  let nowMs = 0;
  for (; nowMs < 2_000; nowMs += 10) {
    pair.a.flush(nowMs);
    deliverToB(pair, nowMs);
    pair.b.flush(nowMs);
    deliverToA(pair, nowMs);
  }
  assert.equal(pair.b.unreadSegments, 128);
  assert.ok(!pair.a.isIdle);
  const received = receiveAll(pair.b);
  for (; received.length < 300 && nowMs < 4_000; nowMs += 10) {
    pair.b.flush(nowMs);
    deliverToA(pair, nowMs);
    pair.a.flush(nowMs);
    deliverToB(pair, nowMs);
    received.push(...receiveAll(pair.b));
  }
  assert.deepEqual(
    received,
    Array.from({ length: 300 }, (_, i) => message(10, i)),
  );
});

test("kcp: a closed window is asked for, when what opened it was lost", () => {
  const pair = makePair({ ...FAST, receiveWindow: 128, sendWindow: 128 });
  for (let i = 0; i < 200; i++) pair.a.send(message(10, i));
  settle(pair, 0);
  assert.equal(pair.b.unreadSegments, 128);
  assert.equal(receiveAll(pair.b).length, 128);
  pair.b.flush(1);
  assert.equal(pair.fromB.splice(0).length, 1, "the news of the open window, lost");
  const waitMs = pair.a.dueInMs(1);
  assert.ok(waitMs > 6_000 && waitMs <= 7_000, `${waitMs}`);
  pair.a.flush(waitMs);
  pair.a.flush(1 + waitMs);
  deliverToB(pair, 1 + waitMs);
  settle(pair, 1 + waitMs);
  assert.equal(receiveAll(pair.b).length, 72);
});

test("kcp: with congestion control, too, a window that closed and opened goes on by what is due", () => {
  const pair = makePair({ ...FAST, congestionControl: true, sendWindow: 256 });
  for (let i = 0; i < 400; i++) pair.a.send(message(10, i));
  const received: Uint8Array[] = [];
  for (let nowMs = 0; nowMs < 10_000 && received.length < 400; nowMs++) {
    if (nowMs % 500 === 499) received.push(...receiveAll(pair.b));
    for (const kcp of [pair.a, pair.b]) if (kcp.dueInMs(nowMs) === 0) kcp.flush(nowMs);
    deliverToA(pair, nowMs);
    deliverToB(pair, nowMs);
  }
  assert.deepEqual(
    received,
    Array.from({ length: 400 }, (_, i) => message(10, i)),
  );
});

test("kcp: a line on which nothing arrives is dead in the end", () => {
  const { a } = makePair({ ...FAST, deadLink: 5 });
  a.send(message(10));
  let nowMs = 0;
  for (; !a.isDead && nowMs < 60_000; nowMs += 10) a.update(nowMs);
  assert.ok(a.isDead);
  assert.ok(nowMs > 500 && nowMs < 5_000, `${nowMs}`);
  assert.equal(a.counters.resentByTime, 4);
});

test("kcp: segments are cut for the MTU of their time, and none is lost when it changes", () => {
  const pair = makePair();
  pair.a.send(message(5_000, 1));
  pair.a.setMtu(300);
  pair.a.send(message(5_000, 2));
  pair.a.flush(0);
  assert.deepEqual(
    pair.fromA.map(({ length }) => length).filter((length) => length > 300).length,
    4,
    "those that were cut before",
  );
  settle(pair, 0);
  pair.a.setMtu(1_500);
  pair.a.send(message(5_000, 3));
  settle(pair, 10);
  assert.deepEqual(receiveAll(pair.b), [message(5_000, 1), message(5_000, 2), message(5_000, 3)]);
});

test("kcp: the time-out is never below minRtoMs", () => {
  const pair = makePair({ ...FAST, minRtoMs: 77 });
  for (let nowMs = 0; nowMs < 1_000; nowMs += 10) {
    pair.a.send(message(10));
    settle(pair, nowMs);
  }
  assert.equal(pair.a.timeoutMs, 77);
});

test("kcp: an option out of its range throws", () => {
  const make = (options: object) => () => new Kcp(1, options, () => {});
  assert.throws(make({ mtuBytes: 49 }), /mtuBytes is 49/);
  assert.throws(make({ receiveWindow: 127 }), RangeError);
  assert.throws(make({ intervalMs: 10.5 }), RangeError);
  assert.throws(make({ redundancy: 3 }), RangeError);
  assert.throws(() => new SegmentPool(1), RangeError);
  assert.throws(() => new Kcp(1, {}, () => {}).setWindow(0, 128), RangeError);
});

test("kcp: an output that calls back into its own session is told so, and the session goes on", () => {
  const kcp: Kcp = new Kcp(1, FAST, () => void kcp.send(message(1)));
  kcp.send(message(10));
  assert.throws(() => kcp.flush(0), /called back/);
  assert.throws(() => kcp.flush(1_000), /called back/);
  assert.equal(kcp.waitingSegments, 1);
});

test("kcp: an output may make another session flush, and its bytes stay as they are", () => {
  const pool = new SegmentPool();
  const seen: number[] = [];
  const inner: Kcp = new Kcp(2, { ...FAST, pool }, (bytes) => void seen.push(convOf(bytes)));
  const outer: Kcp = new Kcp(1, { ...FAST, pool }, (bytes) => {
    inner.send(message(50_000));
    inner.flush(0);
    seen.push(convOf(bytes), bytes.length);
  });
  outer.send(message(10));
  outer.flush(0);
  assert.deepEqual(seen.slice(-2), [1, 34]);
  assert.ok(seen.length > 20);
});

test("kcp: redundancy mends a lost datagram by the next one, without a datagram more", () => {
  for (const redundancy of [0, 1, 2]) {
    const pair = makePair({ ...FAST, redundancy });
    const arrivedMs: number[] = [];
    for (let nowMs = 0; nowMs < 400; nowMs += 20) {
      pair.a.send(message(100, nowMs));
      pair.a.flush(nowMs);
      assert.equal(pair.fromA.length, 1);
      if (nowMs === 200) pair.fromA.pop();
      deliverToB(pair, nowMs + 10);
      for (const one of receiveAll(pair.b)) {
        assert.deepEqual(one, message(100, arrivedMs.length * 20));
        arrivedMs.push(nowMs);
      }
      pair.b.flush(nowMs + 10);
      if (nowMs > 300) deliverToA(pair, nowMs + 19);
    }
    assert.equal(arrivedMs[10] === 220, redundancy > 0, "the one sent at 200 comes with that of 220");
    assert.equal(pair.a.counters.repeated > 0, redundancy > 0);
  }
});

test("kcp: repeats stop when a segment is acknowledged, and after as many as were asked for", () => {
  const pair = makePair({ ...FAST, redundancy: 2 });
  for (let nowMs = 0; nowMs < 100; nowMs += 10) {
    pair.a.send(message(50));
    pair.a.flush(nowMs);
  }
  const countIn = (bytes: Uint8Array) => bytes.length / (24 + 50);
  assert.deepEqual(pair.fromA.map(countIn), [1, 2, 3, 3, 3, 3, 3, 3, 3, 3]);
  settle(pair, 100);
  pair.a.send(message(50));
  pair.a.flush(110);
  assert.deepEqual(pair.fromA.map(countIn), [1]);
});

test("kcp: nothing is repeated where there is no room, or where only acknowledgements go", () => {
  const pair = makePair({ ...FAST, redundancy: 2, mtuBytes: 200 });
  pair.a.send(message(100));
  pair.a.flush(0);
  pair.a.send(message(100));
  pair.a.flush(10);
  assert.deepEqual(
    pair.fromA.map(({ length }) => length),
    [124, 124],
  );
  pair.b.send(message(10));
  pair.b.flush(20);
  deliverToA(pair, 20);
  pair.a.flush(20);
  assert.equal(pair.fromA.at(-1)?.length, 24);
});
