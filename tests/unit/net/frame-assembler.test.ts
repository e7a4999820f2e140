import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FRAME_HEAD_BYTES, FrameAssembler } from "../../../engine/net/frame-assembler.js";

function framed(frames: readonly Uint8Array[]): Uint8Array {
  const size = frames.reduce((sum, frame) => sum + FRAME_HEAD_BYTES + frame.length, 0);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const frame of frames) {
    new DataView(bytes.buffer).setUint32(at, frame.length, true);
    bytes.set(frame, at + FRAME_HEAD_BYTES);
    at += FRAME_HEAD_BYTES + frame.length;
  }
  return bytes;
}

test("frame assembler: gives back the frames whatever the chunks (random cuts, empty frames)", () => {
  const frames = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 12 });
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 40 })), (sent, cuts) => {
      const bytes = framed(sent);
      const assembler = new FrameAssembler();
      const got: Uint8Array[] = [];
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        const chunk = bytes.slice(at, at + cut);
        assert.ok(
          assembler.push(
            chunk,
            () => 60,
            (frame) => got.push(frame.slice()) > 0,
          ),
        );
        at += chunk.length;
      }
      while (at < bytes.length) {
        assert.ok(
          assembler.push(
            bytes.slice(at, at + 7),
            () => 60,
            (frame) => got.push(frame.slice()) > 0,
          ),
        );
        at += 7;
      }
      assert.deepEqual(got, sent);
    }),
    { seed: 3 },
  );
});

test("frame assembler: refuses a frame by its length alone", () => {
  const assembler = new FrameAssembler();
  const head = Uint8Array.of(0xff, 0xff, 0xff, 0xff);
  assert.equal(
    assembler.push(
      head,
      () => 1_000,
      () => assert.fail("no frame came"),
    ),
    false,
  );
});

test("frame assembler: the bound is asked for anew at each frame", () => {
  const assembler = new FrameAssembler();
  let bytesMax = 1;
  const got: number[] = [];
  const bytes = framed([Uint8Array.of(1), Uint8Array.of(1, 2, 3)]);
  const isReadable = assembler.push(
    bytes,
    () => bytesMax,
    (frame) => {
      got.push(frame.length);
      bytesMax = 3;
      return true;
    },
  );
  assert.ok(isReadable);
  assert.deepEqual(got, [1, 3]);
});

test("frame assembler: stops when its receiver says so", () => {
  const assembler = new FrameAssembler();
  let count = 0;
  assembler.push(
    framed([Uint8Array.of(1), Uint8Array.of(2)]),
    () => 9,
    () => {
      count++;
      return false;
    },
  );
  assert.equal(count, 1);
});
