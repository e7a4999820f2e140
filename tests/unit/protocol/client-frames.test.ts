import assert from "node:assert/strict";
import { test } from "node:test";
import { AeonError } from "../../../engine/base/errors.js";
import { randomIndex, SeededRandom } from "../../../engine/base/random.js";
import { ClientFramesReader, ClientFramesWriter } from "../../../engine/protocol/client-frames.js";

interface Got {
  readonly handle: number;
  readonly bindNumber: number;
  readonly bytes: number[];
}

function readAll(reader: ClientFramesReader, payload: Uint8Array): Got[] {
  const got: Got[] = [];
  reader.begin(payload);
  while (reader.next()) {
    const target = new Uint8Array(reader.bodyBytes);
    reader.copyBodies(target, 0);
    got.push({ handle: reader.handle, bindNumber: reader.bindNumber, bytes: [...target] });
  }
  reader.release();
  return got;
}

test("client frames: golden bytes", () => {
  const writer = new ClientFramesWriter();
  const first = writer.addBody(Uint8Array.from([7, 1, 9]));
  const second = writer.addBody(Uint8Array.from([8, 0]));
  writer.addClient(5, 1, [first, second]);
  writer.addClient(6, 300, [second]);
  assert.deepEqual(
    [...writer.payload()],
    [2, 3, 7, 1, 9, 2, 8, 0, 0, 2, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 6, 0, 0, 0, 44, 1, 0, 0, 1, 1],
  );
});

test("client frames: what is written is read, with writer and reader used again (random programs)", () => {
  const random = new SeededRandom(11);
  const writer = new ClientFramesWriter();
  const reader = new ClientFramesReader();
  for (let round = 0; round < 60; round++) {
    writer.reset();
    const bodies: Uint8Array[] = [];
    for (let i = randomIndex(random, 700); i > 0; i--) bodies.push(random.bytes(randomIndex(random, 120)));
    for (const body of bodies) writer.addBody(body);
    const expected: Got[] = [];
    for (let i = randomIndex(random, 20); i > 0; i--) {
      const count = bodies.length === 0 ? 0 : randomIndex(random, 300);
      const indices = Int32Array.from({ length: 300 }, () => randomIndex(random, bodies.length));
      const handle = random.u32();
      const bindNumber = random.u32();
      writer.addClient(handle, bindNumber, indices, count);
      const bytes = [...indices.subarray(0, count)].flatMap((index) => [...(bodies[index] as Uint8Array)]);
      expected.push({ handle, bindNumber, bytes });
    }
    assert.equal(writer.isEmpty, expected.length === 0);
    assert.deepEqual(readAll(reader, writer.payload()), expected);
  }
});

test("client frames: a body that is not there is malformed", () => {
  const writer = new ClientFramesWriter();
  writer.addBody(Uint8Array.from([1]));
  writer.addClient(1, 1, [1]);
  assert.throws(() => readAll(new ClientFramesReader(), writer.payload()), { code: "BYTES_MALFORMED" });
});

test("client frames: counts larger than the payload are refused before anything is allocated", () => {
  const huge = Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2]);
  assert.throws(() => readAll(new ClientFramesReader(), huge), { code: "BYTES_TRUNCATED" });
});

test("client frames: mutated payloads raise AeonError and nothing else (2,000, seed 3)", () => {
  const random = new SeededRandom(3);
  const reader = new ClientFramesReader();
  let refused = 0;
  for (let i = 0; i < 2_000; i++) {
    const writer = new ClientFramesWriter();
    for (let body = 0; body < 5; body++) writer.addBody(random.bytes(randomIndex(random, 20)));
    writer.addClient(random.u32(), 1, [0, 1, 4, 4]);
    writer.addClient(random.u32(), 2, [3]);
    const payload = writer.payload().slice();
    payload[randomIndex(random, payload.length)] = randomIndex(random, 256);
    try {
      readAll(reader, payload.subarray(0, random.next() < 0.3 ? randomIndex(random, payload.length) : payload.length));
    } catch (error) {
      assert.ok(error instanceof AeonError, String(error));
      refused++;
    }
  }
  assert.ok(refused > 500);
});
