import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import { AeonError } from "../../../engine/base/errors.js";
import { ClientToGate } from "../../../engine/protocol/client-link.js";
import { ClientPacketReader, writeClientMessage } from "../../../engine/protocol/client-packet.js";
import { GateToGame } from "../../../engine/protocol/game-link.js";
import { CLIENT_CALL_BYTES_MAX } from "../../../engine/protocol/limits.js";
import { dispatcher, encodeMessage, type MessageValue } from "../../../engine/protocol/message.js";

type ClientPacket = MessageValue<typeof ClientToGate.clientPacket>;

/** As the drawing says: the packet, or the code of what is wrong. */
function readByDrawing(bytes: Uint8Array): ClientPacket | string {
  const read: ClientPacket[] = [];
  const { clientPacket } = ClientToGate;
  const dispatch = dispatcher({ clientPacket }, { clientPacket: (packet) => read.push(packet) });
  return codeOf(() => dispatch(new ByteReader(bytes))) ?? (read[0] as ClientPacket);
}

function readByHand(bytes: Uint8Array): ClientPacket | string {
  const reader = new ClientPacketReader();
  const code = codeOf(() => reader.read(bytes));
  if (code !== null) return code;
  const { sequence, ack, count } = reader;
  return { sequence, ack, messages: Array.from({ length: count }, (_, i) => reader.message(i)) };
}

function codeOf(run: () => void): string | null {
  try {
    run();
    return null;
  } catch (error) {
    assert.ok(error instanceof AeonError);
    return error.code;
  }
}

function encode(packet: ClientPacket): Uint8Array {
  const writer = new ByteWriter();
  encodeMessage(writer, ClientToGate.clientPacket, packet);
  return writer.copy();
}

const uvar = fc.oneof(fc.nat(300), fc.maxSafeNat());
const packet = fc
  .tuple(uvar, uvar, fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }))
  .map(([sequence, ack, messages]): ClientPacket => ({ sequence, ack, messages }));

test("client packet: read by hand as by its drawing (random packets)", () => {
  fc.assert(
    fc.property(packet, (value) => {
      const bytes = encode(value);
      assert.deepEqual(readByHand(bytes), value);
      assert.deepEqual(readByDrawing(bytes), value);
    }),
    { numRuns: 300, seed: 1 },
  );
});

test("client packet: what does not fit is refused with the code of its drawing (random damage)", () => {
  // Two checks of the drawing look at all that is left at once; either code says that the bytes are no packet.
  const alike = new Set(["BYTES_TRUNCATED", "BYTES_MALFORMED"]);
  const damage = fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(packet, damage, fc.nat(), fc.uint8Array({ maxLength: 3 }), (value, changes, cut, tail) => {
      const whole = encode(value);
      const bytes = Uint8Array.from([...whole.subarray(0, 1 + (cut % whole.length)), ...tail]);
      for (const { at, byte } of changes) if (bytes.length > 1) bytes[1 + (at % (bytes.length - 1))] = byte;
      const [byHand, byDrawing] = [readByHand(bytes), readByDrawing(bytes)];
      if (typeof byHand === "string" && alike.has(byHand)) assert.ok(alike.has(String(byDrawing)), String(byDrawing));
      else assert.deepEqual(byHand, byDrawing);
    }),
    { numRuns: 2_000, seed: 2 },
  );
});

test("client packet: bounds of count and sizes", () => {
  const many = (count: number) => encode({ sequence: 1, ack: 0, messages: new Array(count).fill(new Uint8Array(1)) });
  assert.equal((readByHand(many(256)) as ClientPacket).messages.length, 256);
  assert.equal(readByHand(many(257)), "BYTES_MALFORMED");
  const large = (bytes: number) => encode({ sequence: 1, ack: 0, messages: [new Uint8Array(bytes)] });
  assert.equal((readByHand(large(CLIENT_CALL_BYTES_MAX)) as ClientPacket).messages.length, 1);
  assert.equal(readByHand(large(CLIENT_CALL_BYTES_MAX + 1)), "BYTES_MALFORMED");
  assert.equal(readByHand(new Uint8Array(1_000_000)), "MESSAGE_OVERSIZED");
  assert.equal(readByHand(Uint8Array.of(2)), "BYTES_TRUNCATED");
  assert.equal(readByHand(Uint8Array.of(2, ...new Array(9).fill(0xff), 0)), "BYTES_MALFORMED");
});

test("client message: written by hand as by its drawing", () => {
  const [drawn, byHand] = [new ByteWriter(), new ByteWriter()];
  const value = { handle: 2 ** 31, bindNumber: 3, arrivedMs: 2 ** 32 - 1, payload: Uint8Array.of(1, 2, 3) };
  encodeMessage(drawn, GateToGame.clientMessage, value);
  writeClientMessage(byHand, value.handle, value.bindNumber, value.arrivedMs, value.payload);
  assert.deepEqual(byHand.copy(), drawn.copy());
});
