import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WebSocketIntake } from "../../../engine/net/websocket-intake.js";

const PAYLOAD_BYTES_MAX = 70_000;
const BINARY = 0x2;
const CONTINUATION = 0x0;
const PING = 0x9;

interface Frame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly payload: Uint8Array;
}

/** As a client writes it. */
function encode({ fin, opcode, payload }: Frame, mask: readonly number[]): Buffer {
  const { length } = payload;
  const short = length < 126 ? length : length <= 0xffff ? 126 : 127;
  const extended = Buffer.alloc(short === 126 ? 2 : short === 127 ? 8 : 0);
  if (short === 126) extended.writeUInt16BE(length);
  if (short === 127) extended.writeBigUInt64BE(BigInt(length));
  const head = Buffer.from([(fin ? 0x80 : 0) | opcode, 0x80 | short]);
  const masked = payload.map((byte, i) => byte ^ (mask[i & 3] as number));
  return Buffer.concat([head, extended, Buffer.from(mask), masked]);
}

/** Whole frames at the front of `bytes`; returns what is left. */
function decode(bytes: Buffer, onFrame: (frame: Frame) => void): Buffer {
  if (bytes.length < 2) return bytes;
  const short = (bytes[1] as number) & 0x7f;
  const maskAt = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < maskAt + 4) return bytes;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  const start = maskAt + 4;
  if (bytes.length < start + length) return bytes;
  const payload = Uint8Array.from(
    bytes.subarray(start, start + length),
    (byte, i) => byte ^ (bytes[maskAt + (i & 3)] as number),
  );
  onFrame({ fin: (bytes[0] as number) >= 0x80, opcode: (bytes[0] as number) & 0x0f, payload });
  return decode(bytes.subarray(start + length), onFrame);
}

/** Feeds chunks; returns every frame in the order in which it came out, by either way, and how many were taken right away. */
function feed(chunks: readonly Buffer[]): { frames: Frame[]; taken: number } {
  const frames: Frame[] = [];
  let taken = 0;
  let rest: Buffer = Buffer.alloc(0);
  const intake = new WebSocketIntake(PAYLOAD_BYTES_MAX, {
    onMessage: (payload) => {
      assert.equal(rest.length, 0, "ws is between frames");
      assert.equal(payload.constructor, Uint8Array);
      frames.push({ fin: true, opcode: BINARY, payload: payload.slice() });
      taken++;
    },
    passOn: (chunk) => {
      rest = decode(Buffer.concat([rest, chunk]), (frame) => frames.push(frame));
    },
  });
  for (const chunk of chunks) intake.push(Buffer.from(chunk));
  return { frames, taken };
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...places.map((place) => place % (bytes.length + 1)), 0, bytes.length].sort((a, b) => a - b);
  return sorted.slice(1).map((end, i) => bytes.subarray(sorted[i], end));
}

const payload = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  { weight: 2, arbitrary: fc.integer({ min: 100, max: 400 }).map((length) => new Uint8Array(length).fill(length)) },
  { weight: 1, arbitrary: fc.constantFrom(65_535, 65_536, 70_001).map((length) => new Uint8Array(length).fill(5)) },
);
const whole = payload.map((bytes): Frame[] => [{ fin: true, opcode: BINARY, payload: bytes }]);
const ping = fc.uint8Array({ maxLength: 125 }).map((bytes): Frame[] => [{ fin: true, opcode: PING, payload: bytes }]);
const fragmented = fc
  .tuple(payload, ping, payload)
  .map(([first, between, last]): Frame[] => [
    { fin: false, opcode: BINARY, payload: first },
    ...between,
    { fin: true, opcode: CONTINUATION, payload: last },
  ]);
const program = fc.array(
  fc.oneof({ weight: 6, arbitrary: whole }, { weight: 1, arbitrary: ping }, { weight: 1, arbitrary: fragmented }),
  { maxLength: 12 },
);

test("websocket intake: every frame comes out once, whole and in order, however the bytes are cut (random programs)", () => {
  fc.assert(
    fc.property(program, fc.array(fc.nat(), { maxLength: 20 }), fc.nat(0xffffffff), (groups, places, maskWord) => {
      const frames = groups.flat();
      const mask = [maskWord & 0xff, (maskWord >>> 8) & 0xff, (maskWord >>> 16) & 0xff, maskWord >>> 24];
      const bytes = Buffer.concat(frames.map((frame) => encode(frame, mask)));
      assert.deepEqual(feed(cut(bytes, places)).frames, frames);
    }),
    { numRuns: 300, seed: 11 },
  );
});

test("websocket intake: whole messages are taken; larger ones, unmasked ones and parts are left to ws", () => {
  const mask = [1, 2, 3, 4];
  const message: Frame = { fin: true, opcode: BINARY, payload: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  const bytes = encode(message, mask);
  assert.equal(feed([Buffer.concat([bytes, bytes, bytes])]).taken, 3);
  assert.equal(feed([bytes.subarray(0, 1), bytes.subarray(1)]).taken, 1, "only the head was cut");
  assert.equal(feed([bytes.subarray(0, 8), bytes.subarray(8)]).taken, 0);
  const large = encode({ ...message, payload: new Uint8Array(PAYLOAD_BYTES_MAX + 1) }, mask);
  assert.equal(feed([large]).taken, 0);
  const passed: Buffer[] = [];
  const intake = new WebSocketIntake(PAYLOAD_BYTES_MAX, {
    onMessage: () => assert.fail("not masked"),
    passOn: (chunk) => passed.push(Buffer.from(chunk)),
  });
  intake.push(Buffer.from([0x82, 2, 7, 7]));
  assert.deepEqual(passed, [Buffer.from([0x82, 2, 7, 7])]);
});
