import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { KEPT_OVERHEAD_BYTES, ReliableStream } from "../../../engine/net/reliable-stream.js";

const bytes = (value: number) => Uint8Array.of(value & 0xff, (value >> 8) & 0xff);
const numberIn = (message: Uint8Array) => (message[0] as number) | ((message[1] as number) << 8);

test("reliable stream: numbers from 1, keeps until confirmed, gives back what the other end lacks", () => {
  const stream = new ReliableStream({ queueBytesMax: 10_000, whenFull: "refuse" });
  for (let i = 1; i <= 5; i++) assert.equal(stream.push(bytes(i)), i);
  assert.ok(stream.ack(2));
  assert.deepEqual(stream.since(3)?.map(numberIn), [4, 5]);
  assert.deepEqual(stream.since(5), []);
  assert.equal(stream.since(1), null, "1 and 2 were confirmed and let go");
  assert.equal(stream.since(6), null, "6 was never sent");
  assert.equal(stream.ack(6), false, "6 was never sent");
  assert.equal(stream.ack(Number.NaN), false);
  assert.ok(stream.ack(1), "older news is ignored");
  assert.equal(stream.confirmed, 2);
});

test("reliable stream: refuses at its bound, and takes again once confirmed (whenFull refuse)", () => {
  const stream = new ReliableStream({ queueBytesMax: 3 * (2 + KEPT_OVERHEAD_BYTES), whenFull: "refuse" });
  assert.deepEqual(
    [1, 2, 3, 4].map((i) => stream.push(bytes(i))),
    [1, 2, 3, 0],
  );
  assert.ok(stream.ack(1));
  assert.equal(stream.push(bytes(4)), 4);
  assert.deepEqual(stream.since(1)?.map(numberIn), [2, 3, 4]);
});

test("reliable stream: drops the oldest at its bound, and says so to a resume that needs them (whenFull forget)", () => {
  const stream = new ReliableStream({ queueBytesMax: 3 * (2 + KEPT_OVERHEAD_BYTES), whenFull: "forget" });
  for (let i = 1; i <= 10; i++) assert.equal(stream.push(bytes(i)), i);
  assert.equal(stream.since(6), null);
  assert.deepEqual(stream.since(7)?.map(numberIn), [8, 9, 10]);
  assert.ok(stream.ack(8));
  assert.deepEqual(stream.since(8)?.map(numberIn), [9, 10]);
  assert.ok(stream.ack(10));
  assert.equal(stream.keptBytes, 0);
});

test("reliable stream: takes one message larger than the bound when nothing is kept", () => {
  const stream = new ReliableStream({ queueBytesMax: 100, whenFull: "refuse" });
  assert.equal(stream.push(new Uint8Array(1_000)), 1);
  assert.equal(stream.push(bytes(1)), 0);
});

test("reliable stream: judges arrivals", () => {
  const stream = new ReliableStream({ queueBytesMax: 100, whenFull: "refuse" });
  assert.equal(stream.accept(2), "gap");
  assert.equal(stream.accept(1), "new");
  assert.equal(stream.accept(1), "duplicate");
  assert.equal(stream.accept(0), "gap");
  assert.equal(stream.accept(Number.NaN), "gap");
  assert.equal(stream.accept(2), "new");
  assert.equal(stream.received, 2);
});

/** A program of sends, deliveries, cuts and acknowledgements between two ends. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.constant("push" as const) },
  { weight: 6, arbitrary: fc.constant("deliver" as const) },
  { weight: 2, arbitrary: fc.constant("ack" as const) },
  { weight: 1, arbitrary: fc.constant("cut" as const) },
);

test("reliable stream: every message arrives exactly once and in order over any number of cuts (random programs)", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (program) => {
      const sender = new ReliableStream({ queueBytesMax: 1_000_000, whenFull: "refuse" });
      const receiver = new ReliableStream({ queueBytesMax: 1_000_000, whenFull: "refuse" });
      const arrived: number[] = [];
      let wire: { sequence: number; message: Uint8Array }[] = [];
      const deliver = () => {
        const packet = wire.shift();
        if (packet === undefined) return;
        const arrival = receiver.accept(packet.sequence);
        assert.notEqual(arrival, "gap");
        if (arrival === "new") arrived.push(numberIn(packet.message));
      };
      const resume = () => {
        assert.ok(sender.ack(receiver.received));
        const missing = sender.since(receiver.received);
        assert.ok(missing !== null);
        wire = missing.map((message, i) => ({ sequence: receiver.received + 1 + i, message }));
      };
      for (const what of program) {
        if (what === "push") {
          const message = bytes(sender.sent + 1);
          wire.push({ sequence: sender.push(message), message });
        } else if (what === "deliver") deliver();
        else if (what === "ack") assert.ok(sender.ack(receiver.received));
        else resume();
        assert.equal(sender.keptBytes, sender.keptCount * (2 + KEPT_OVERHEAD_BYTES));
      }
      resume();
      while (wire.length > 0) deliver();
      assert.deepEqual(
        arrived,
        Array.from({ length: sender.sent }, (_, i) => i + 1),
      );
    }),
    { numRuns: 200, seed: 7 },
  );
});

test("reliable stream: lets go of each message exactly once (confirmed, forgotten, cleared), in order", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("refuse" as const, "forget" as const),
      fc.array(step, { maxLength: 200 }),
      (whenFull, program) => {
        const gone: number[] = [];
        const queueBytesMax = 20 * (2 + KEPT_OVERHEAD_BYTES);
        const stream = new ReliableStream({
          queueBytesMax,
          whenFull,
          onLetGo: (message) => gone.push(numberIn(message)),
        });
        for (const what of program) {
          if (what === "push" || what === "deliver") stream.push(bytes(stream.sent + 1));
          else if (what === "ack") stream.ack(stream.confirmed + Math.ceil((stream.sent - stream.confirmed) / 2));
          assert.equal(gone.length, stream.sent - stream.keptCount);
          const kept = stream.since(stream.sent - stream.keptCount)?.map(numberIn);
          assert.deepEqual(
            kept,
            Array.from({ length: stream.keptCount }, (_, i) => gone.length + 1 + i),
          );
        }
        const { sent } = stream;
        stream.clear();
        assert.equal(stream.keptBytes, 0);
        assert.equal(stream.sent, sent);
        assert.deepEqual(
          gone,
          Array.from({ length: sent }, (_, i) => i + 1),
        );
      },
    ),
    { numRuns: 200, seed: 9 },
  );
});
