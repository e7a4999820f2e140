/** Frames that may be lost: what rides again, what arrives of it over a bad line, and that nothing comes twice or backwards. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Metrics } from "../../../engine/base/metrics.js";
import { LooseChannel, looseEnd } from "../../../engine/net/loose-channel.js";
import { pipeCounters } from "../../../engine/net/pipe-host.js";
import type { DatagramWeather } from "../../../engine/net/simulated-datagrams.js";
import { LOOSE_HEAD_BYTES } from "../../../engine/protocol/datagram.js";
import { patternBytes, UdpRig } from "./udp-rig.js";

const counters = pipeCounters(new Metrics());

/** The first byte of each frame in the next datagram with `room`. */
function next(channel: LooseChannel, room: number, nowMs: number): number[] {
  const bytes = new Uint8Array(room);
  const end = channel.write(bytes, 0, room, nowMs);
  const names: number[] = [];
  for (let at = 0; at < end; at = looseEnd(bytes, at, end)) names.push(bytes[at + LOOSE_HEAD_BYTES] as number);
  return names;
}

function push(channel: LooseChannel, ...names: number[]): void {
  for (const name of names) channel.push(new Uint8Array(10).fill(name));
}

test("loose channel: the last n frames ride in the next n datagrams, before what is newer", () => {
  const channel = new LooseChannel(2, counters);
  push(channel, 1);
  assert.deepEqual(next(channel, 1_000, 0), [1]);
  push(channel, 2);
  assert.deepEqual(next(channel, 1_000, 10), [1, 2]);
  assert.deepEqual(next(channel, 1_000, 20), [1, 2], "with segments alone");
  push(channel, 3, 4, 5);
  assert.deepEqual(next(channel, 1_000, 30), [2, 3, 4, 5]);
  assert.deepEqual(next(channel, 1_000, 40), [4, 5]);
  assert.deepEqual(next(channel, 1_000, 50), [4, 5]);
  assert.deepEqual(next(channel, 1_000, 60), []);
  assert.ok(channel.isEmpty);
});

test("loose channel: what is new goes first into the room, then the latest of what rides again; nothing of the same flush", () => {
  const channel = new LooseChannel(2, counters);
  const frameBytes = LOOSE_HEAD_BYTES + 10;
  push(channel, 1, 2);
  next(channel, 1_000, 0);
  push(channel, 3);
  assert.deepEqual(next(channel, 2 * frameBytes, 10), [2, 3]);
  assert.deepEqual(next(channel, 1_000, 10), [2], "3 went out in this flush");
  push(channel, 4);
  assert.deepEqual(next(channel, frameBytes - 1, 20), []);
  assert.deepEqual(next(channel, frameBytes, 20), [4]);
});

test("loose channel: nothing rides again without redundancy, and 16 frames wait at most", () => {
  const channel = new LooseChannel(0, counters);
  push(channel, ...Array.from({ length: 20 }, (_, i) => i));
  assert.deepEqual(next(channel, 2_000, 0), [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  assert.deepEqual(next(channel, 2_000, 10), []);
});

test("loose channel: any loss, order and copies: each frame at most once, and never behind a newer one", () => {
  const step = fc.record({ frames: fc.integer({ min: 0, max: 3 }), room: fc.integer({ min: 0, max: 120 }) });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 }),
      fc.array(step, { maxLength: 60 }),
      fc.array(fc.nat(), { maxLength: 120 }),
      (redundancy, steps, arrivals) => {
        const sender = new LooseChannel(redundancy, counters);
        let name = 0;
        const sent = steps.map(({ frames, room }, i) => {
          for (let k = 0; k < frames; k++) push(sender, ++name);
          const bytes = new Uint8Array(room);
          return bytes.subarray(0, sender.write(bytes, 0, room, i));
        });
        const receiver = new LooseChannel(0, counters);
        let last = 0;
        for (const arrival of arrivals) {
          const bytes = sent[arrival % Math.max(1, sent.length)] ?? new Uint8Array(0);
          for (let at = 0; at < bytes.length; at = looseEnd(bytes, at, bytes.length)) {
            if (!receiver.take(bytes, at)) continue;
            const taken = bytes[at + LOOSE_HEAD_BYTES] as number;
            assert.ok(taken > last, `${taken} after ${last}`);
            last = taken;
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

const FRAME_COUNT = 3_000;

/** Numbers of the frames that arrived, one sent each 20 ms, and every third time an ordered one beside it. */
async function arrived(looseRedundancy: number, weather: Partial<DatagramWeather>) {
  const rig = new UdpRig({ weather, tuning: { looseRedundancy } });
  const { client, pipe } = await rig.connected();
  const numbers: number[] = [];
  const ordered: number[] = [];
  client.connection.onFrame = (frame) => {
    const number = (frame[0] as number) + 256 * (frame[1] as number);
    (frame.length === 40 ? numbers : ordered).push(number);
  };
  const before = rig.gateSocket.sentCount;
  for (let i = 1; i <= FRAME_COUNT; i++) {
    const frame = patternBytes(i, i % 3 === 0 ? 41 : 40);
    frame.set([i & 0xff, i >> 8]);
    pipe.sendLoose(frame.subarray(0, 40));
    if (i % 3 === 0) pipe.send(frame);
    await rig.pass(20);
  }
  await rig.pass(3_000);
  assert.equal(ordered.length, FRAME_COUNT / 3);
  return { numbers, datagrams: rig.gateSocket.sentCount - before };
}

test("udp: with 20 % loss four of five loose frames arrive, 96 % when each rides once more, 99 % when twice; no datagram more", async () => {
  const datagrams: number[] = [];
  for (const [redundancy, least, most] of [
    [0, 0.78, 0.82],
    [1, 0.95, 0.97],
    [2, 0.985, 0.997],
  ] as const) {
    const { numbers, ...rest } = await arrived(redundancy, { lost: 0.2, latencyMinMs: 15, latencyMaxMs: 15 });
    const share = numbers.length / FRAME_COUNT;
    assert.ok(share > least && share < most, `${share} of them with redundancy ${redundancy}`);
    assert.ok(numbers.every((number, i) => i === 0 || number > (numbers[i - 1] as number)));
    datagrams.push(rest.datagrams);
  }
  assert.ok(Math.max(...datagrams) < 1.05 * Math.min(...datagrams), datagrams.join(" "));
});

test("udp: loose frames that ride again come once and in order (20 % lost, 10 % doubled, out of order)", async () => {
  const weather = { lost: 0.2, doubled: 0.1, latencyMinMs: 5, latencyMaxMs: 80 };
  const [without, with2] = [await arrived(0, weather), await arrived(2, weather)];
  for (const { numbers } of [without, with2]) {
    assert.ok(numbers.every((number, i) => i === 0 || number > (numbers[i - 1] as number)));
  }
  assert.ok(with2.numbers.length > 1.2 * without.numbers.length, `${with2.numbers.length} ${without.numbers.length}`);
});
