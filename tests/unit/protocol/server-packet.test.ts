import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ByteWriter } from "../../../engine/base/bytes.js";
import { GateToClient } from "../../../engine/protocol/client-link.js";
import { encodeMessage } from "../../../engine/protocol/message.js";
import { SERVER_PACKET_HEAD_BYTES_MAX, writeServerPacketHead } from "../../../engine/protocol/server-packet.js";

const uvar = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: 53 }).map((bits) => Math.min(2 ** bits, Number.MAX_SAFE_INTEGER)),
  fc.maxSafeNat(),
);

test("server packet: the head is what encodeMessage writes, right before the bodies (random numbers)", () => {
  fc.assert(
    fc.property(uvar, uvar, (sequence, ack) => {
      const bodies = Uint8Array.of(7, 8, 9);
      const writer = new ByteWriter();
      encodeMessage(writer, GateToClient.serverPacket, { sequence, ack, bodies });
      const bytes = new Uint8Array(SERVER_PACKET_HEAD_BYTES_MAX + bodies.length);
      bytes.set(bodies, SERVER_PACKET_HEAD_BYTES_MAX);
      const start = writeServerPacketHead(bytes, SERVER_PACKET_HEAD_BYTES_MAX, sequence, ack);
      assert.deepEqual(bytes.subarray(start), writer.copy());
    }),
    { numRuns: 500, seed: 3 },
  );
});
