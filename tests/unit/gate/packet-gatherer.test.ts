import assert from "node:assert/strict";
import { test } from "node:test";
import { type PacketBuffer, PacketPool } from "../../../engine/net/packet-buffer.js";
import { PacketGatherer } from "../../../gate/packet-gatherer.js";

function packetOf(taken: PacketBuffer | null): number[] {
  assert.ok(taken);
  return [...taken.written()];
}

test("packet gatherer: bodies follow the head in order, however it grew", () => {
  const gatherer = new PacketGatherer(new PacketPool());
  const expected: number[] = [];
  for (let i = 0; i < 200; i++) {
    const body = Uint8Array.from({ length: (i * 7) % 50 }, () => i);
    gatherer.addBody(body);
    expected.push(...body);
  }
  assert.equal(gatherer.bodyBytes, expected.length);
  const packet = packetOf(gatherer.take(1, 2));
  assert.deepEqual(packet.slice(0, 3), [2, 1, 2]);
  assert.deepEqual(packet.slice(3), expected);
  assert.ok(gatherer.isEmpty);
  assert.equal(gatherer.take(2, 2), null);
});

test("packet gatherer: a packet that was taken is not written to again while it is held", () => {
  const gatherer = new PacketGatherer(new PacketPool());
  gatherer.addBody(Uint8Array.from([1]));
  const first = gatherer.take(2 ** 40, 2 ** 50);
  gatherer.addBody(Uint8Array.from([2]));
  const second = gatherer.take(2, 0);
  assert.equal(packetOf(first).at(-1), 1);
  assert.deepEqual(packetOf(second), [2, 2, 0, 2]);
});

test("packet gatherer: what it outgrows and what is cleared goes back to the pool", () => {
  const pool = new PacketPool();
  const gatherer = new PacketGatherer(pool);
  gatherer.addBody(new Uint8Array(100));
  gatherer.addBody(new Uint8Array(1_000));
  const outgrown = pool.idleBytes;
  assert.ok(outgrown >= 100);
  gatherer.clear();
  assert.ok(pool.idleBytes >= outgrown + 1_000);
  assert.ok(gatherer.isEmpty);
});
