import assert from "node:assert/strict";
import { test } from "node:test";
import { PACKET_HEADROOM_BYTES, PacketPool } from "../../../engine/net/packet-buffer.js";

test("packet pool: a buffer has the room that was asked for, and at most a quarter more (all sizes to 200 KB)", () => {
  const pool = new PacketPool();
  for (let bytes = 256; bytes < 200_000; bytes += 17) {
    const buffer = pool.take(bytes);
    const capacity = buffer.bytes.length;
    assert.ok(capacity >= bytes && capacity <= bytes * 1.25, `${capacity} for ${bytes}`);
    buffer.release();
  }
});

test("packet pool: what nobody holds is given out again, empty; what somebody holds never is", () => {
  const pool = new PacketPool();
  const first = pool.take(300);
  first.start = 20;
  first.end = 200;
  first.hold();
  first.release();
  assert.notEqual(pool.take(300), first, "held by one still");
  first.letGo();
  assert.equal(first.isHeld, false);
  const again = pool.take(310);
  assert.equal(again, first, "of the same class of size");
  assert.equal(again.start, PACKET_HEADROOM_BYTES);
  assert.equal(again.length, 0);
});

test("packet pool: letting go once too often is refused (INTERNAL)", () => {
  const buffer = new PacketPool().take(1);
  buffer.release();
  assert.throws(() => buffer.release(), { code: "INTERNAL" });
});

test("packet pool: idle memory is bounded, and what is very large is not kept", () => {
  const pool = new PacketPool(1_000);
  const taken = Array.from({ length: 10 }, () => pool.take(256));
  for (const buffer of taken) buffer.release();
  assert.equal(pool.idleBytes, 768);
  const roomy = new PacketPool();
  roomy.take(10_000_000).release();
  assert.equal(roomy.idleBytes, 0);
});
