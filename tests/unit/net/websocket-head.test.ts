import assert from "node:assert/strict";
import { test } from "node:test";
import { WEBSOCKET_HEAD_BYTES_MAX, writeWebSocketHead } from "../../../engine/net/websocket-head.js";

const headOf = (payloadBytes: number) => {
  const bytes = new Uint8Array(WEBSOCKET_HEAD_BYTES_MAX + 1).fill(0xee);
  const start = writeWebSocketHead(bytes, WEBSOCKET_HEAD_BYTES_MAX, payloadBytes);
  assert.equal(bytes.at(-1), 0xee, "the payload is left alone");
  assert.ok(bytes.subarray(0, start).every((byte) => byte === 0xee));
  return [...bytes.subarray(start, -1)];
};

test("websocket head: golden bytes of the three lengths", () => {
  assert.deepEqual(headOf(0), [0x82, 0]);
  assert.deepEqual(headOf(125), [0x82, 125]);
  assert.deepEqual(headOf(126), [0x82, 126, 0, 126]);
  assert.deepEqual(headOf(0xffff), [0x82, 126, 0xff, 0xff]);
  assert.deepEqual(headOf(0x10000), [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
  assert.deepEqual(headOf(0x1_0203_0405), [0x82, 127, 0, 0, 0, 1, 2, 3, 4, 5]);
});
