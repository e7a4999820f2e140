import assert from "node:assert/strict";
import { test } from "node:test";
import { randomIndex, SeededRandom } from "../../../engine/base/random.js";
import { OpLog } from "../../../engine/property/op-log.js";
import { OpLogReader } from "../../../engine/property/op-log-reader.js";
import type { RingBuffer } from "../../../engine/property/op-log-ring.js";
import { Scope } from "../../../engine/property/op-sink.js";
import { type RecordedCall, recordingSink } from "./property-sink.js";

const S = Scope.ALL_CLIENTS;
const KIB = 1024;

function valuesOf(calls: readonly RecordedCall[]): unknown[] {
  return calls.filter(({ op }) => op === "fieldSet").map(({ args }) => args[4]);
}

/** A log whose rings reach a reader as on another thread. */
function split(bytesMax: number): { log: OpLog; reader: OpLogReader; calls: RecordedCall[] } {
  const log = new OpLog({ bytes: 4 * KIB, bytesMax, shared: true });
  const rings: RingBuffer[] = [];
  log.onRing = (ring) => rings.push(ring);
  return { log, reader: new OpLogReader(log.buffer, () => rings.shift()), calls: [] };
}

test("op log growth: when the ring is full a larger one follows, and nothing is lost or out of order", () => {
  const { log, reader, calls } = split(1024 * KIB);
  for (let i = 0; i < 2_000; i++) log.fieldSet(1, 0, 1, S, i);
  log.flush();
  assert.ok(log.growths >= 2);
  reader.drain(recordingSink(calls));
  assert.deepEqual(
    valuesOf(calls),
    Array.from({ length: 2_000 }, (_, i) => i),
  );
  assert.ok(reader.isAtFlush);
});

test("op log growth: a reader sees whole callbacks only (full in the middle of one)", () => {
  const { log, reader, calls } = split(1024 * KIB);
  log.fieldSet(1, 0, 1, S, "first");
  log.flush();
  for (let i = 0; i < 2_000; i++) log.fieldSet(1, 0, 1, S, i);
  assert.ok(log.growths >= 2);
  reader.drain(recordingSink(calls));
  assert.deepEqual(valuesOf(calls), ["first"]);
  log.flush();
  reader.drain(recordingSink(calls));
  assert.equal(valuesOf(calls).length, 2_001);
});

test("op log growth: rings that are read are let go and make room for others", () => {
  const { log, reader, calls } = split(64 * KIB);
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 1_500; i++) log.fieldSet(1, 0, 1, S, i);
    log.flush();
    reader.drain(recordingSink(calls));
    assert.ok(log.bytesHeld <= 64 * KIB);
  }
  assert.equal(valuesOf(calls).length, 75_000);
  assert.equal(log.bytesUsed, 0);
});

test("op log growth: at the bound the owner is told, and OP_LOG_FULL is thrown", () => {
  const { log } = split(16 * KIB);
  let told = "";
  log.onOverflow = (error) => {
    told = error.code;
  };
  const fill = () => {
    for (let i = 0; i < 10_000; i++) log.fieldSet(1, 0, 1, S, i);
  };
  assert.throws(fill, { code: "OP_LOG_FULL" });
  assert.equal(told, "OP_LOG_FULL");
  assert.ok(log.bytesHeld <= 16 * KIB);
});

test("op log growth: the reader of the same thread finds the rings by itself", () => {
  const log = new OpLog({ bytes: 4 * KIB, bytesMax: 1024 * KIB });
  const calls: RecordedCall[] = [];
  for (let i = 0; i < 3_000; i++) log.fieldSet(1, 0, 1, S, i);
  log.flush();
  log.drain(recordingSink(calls));
  assert.equal(valuesOf(calls).length, 3_000);
  assert.ok(log.isAtFlush);
});

test("op log growth: ops of every size stay whole and in order, whenever it is read (40 seeds)", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = new SeededRandom(seed);
    const { log, reader, calls } = split(4096 * KIB);
    const written: unknown[] = [];
    for (let i = 0; i < 600; i++) {
      const value = randomIndex(random, 3) === 0 ? i / 3 : "v".repeat(randomIndex(random, 3_000));
      written.push(value);
      log.fieldSet(1, 0, 1, S, value);
      if (randomIndex(random, 10) === 0) log.flush();
      if (randomIndex(random, 25) === 0) reader.drain(recordingSink(calls));
    }
    log.flush();
    reader.drain(recordingSink(calls));
    assert.deepEqual(valuesOf(calls), written, `seed ${seed}`);
    assert.equal(log.bytesUsed, 0, `seed ${seed}`);
  }
});
