/**
 * Any number of cuts, changes and losses on the line, and switches between an encrypted WebSocket and another transport, with compression:
 * what a client sends arrives once and in order, what it is sent too, or a new session says that a full state takes its place.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteWriter } from "../../../engine/base/bytes.js";
import { SeededRandom } from "../../../engine/base/random.js";
import { UpstreamBody } from "../../../engine/protocol/client-link.js";
import { encodeMessage } from "../../../engine/protocol/message.js";
import { FAR, setUp } from "./gate-line.js";

const SEEDS = 10;
const STEPS = 60;
const KCP = "kcp://203.0.113.1:7711";
/** Bodies are texts of this length that begin with their number; they shrink well. */
const BODY_CHARS = 300;

function message(number: number): Uint8Array {
  const writer = new ByteWriter();
  encodeMessage(writer, UpstreamBody.entityMove, { moveNumber: number, placement: 0, x: 0, y: 0, z: 0, yaw: 0 });
  return writer.copy();
}

function bodyOf(number: number): number[] {
  return [...new TextEncoder().encode(String(number).padEnd(BODY_CHARS, "."))];
}

/** Longer than a session is kept. */
async function breakDown({ line, ends, until }: ReturnType<typeof setUp>): Promise<void> {
  line.isDown = true;
  ends.at(-1)?.close("cut");
  await until(() => false, 6_000);
  line.isDown = false;
}

async function play(seed: number) {
  const random = new SeededRandom(seed);
  const one = setUp({ compressionBytesMin: 64, resumeWindowMs: 4_000 }, {}, { urls: [FAR, KCP], seed });
  await one.online();
  const chance = (share: number) => random.next() < share;
  let sentUp = 0;
  let sentDown = 0;
  one.line.onUp = (frame) => {
    if (chance(0.02)) return [];
    if (chance(0.02)) return [frame, frame];
    return chance(0.02) ? [frame.map((byte) => byte ^ 1)] : [frame];
  };
  const handle = () => one.game.last("clientConnected").handle as number;
  for (let step = 0; step < STEPS; step++) {
    if (chance(0.7) && one.session.send(message(sentUp + 1))) sentUp++;
    if (chance(0.7)) one.game.frames(handle(), 1, bodyOf(++sentDown));
    if (chance(0.1)) {
      const end = one.ends.at(chance(0.5) ? -1 : -2);
      end?.close("cut");
    }
    if (chance(0.02)) await breakDown(one);
    await one.until(() => false, random.next() * 150);
  }
  one.line.onUp = (frame) => [frame];
  await one.until(() => false, 15_000);
  return { ...one, sentUp, sentDown };
}

const numbersUp = (payloads: readonly Uint8Array[]) =>
  payloads.map((payload) => new DataView(payload.buffer, payload.byteOffset).getUint32(1, true));

test(`transport switch: nothing is doubled, reordered or silently lost (${SEEDS} seeds)`, async () => {
  const schemes = new Set<string>();
  let resumed = 0;
  let deflated = 0;
  let began = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const one = await play(seed);
    for (const url of one.dialled) schemes.add(new URL(url).protocol);
    resumed += one.metrics.counter("gate_sessions_resumed_total").value;
    deflated += one.metrics.counter("gate_packets_deflated_total").value;
    began += one.newSessions.length;
    assert.equal(one.session.state, "online", `seed ${seed}`);
    const up = numbersUp(
      one.game.seen.filter(({ name }) => name === "clientMessage").map(({ value }) => value.payload as Uint8Array),
    );
    const down = one.bodies.join("").match(/\d+/g)?.map(Number) ?? [];
    for (const numbers of [up, down]) {
      for (let i = 1; i < numbers.length; i++) {
        assert.ok((numbers[i] as number) > (numbers[i - 1] as number), `seed ${seed}: ${numbers}`);
      }
    }
    // Within one session there is no gap; between two, a full state takes the place of what is missing.
    if (one.newSessions.length > 1) continue;
    const all = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
    assert.deepEqual([up, down], [all(one.sentUp), all(one.sentDown)], `seed ${seed}`);
  }
  assert.deepEqual([...schemes].sort(), ["kcp:", "ws:"]);
  assert.ok(resumed > SEEDS && deflated > SEEDS && began > SEEDS, `${resumed}, ${deflated}, ${began}`);
});
