/** The cases of property sync with small sizes: they run, and what clients see is always the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BenchRun, type Measurement } from "../../../bench/harness.js";
import { inlineConsumer } from "../../../bench/sync/consumer.js";
import { Crowd } from "../../../bench/sync/crowd.js";
import { Ring } from "../../../bench/sync/ring.js";
import { CASE } from "../../../bench/sync/sizes.js";
import { bench } from "../../../bench/sync.bench.js";

async function smallRun(): Promise<Measurement[]> {
  const lines: Measurement[] = [];
  await bench(new BenchRun({ small: true }, (line) => lines.push(line)));
  return lines;
}

test("sync bench: every case reports, and two runs have the same results (small sizes)", async () => {
  const [first, second] = [await smallRun(), await smallRun()];
  const cases = first.map((line) => line.case);
  for (const name of Object.values(CASE))
    assert.ok(
      cases.some((one) => one.startsWith(name)),
      name,
    );
  assert.equal(new Set(cases).size, cases.length);
  for (const { case: name, value } of first) assert.ok(Number.isFinite(value) && value >= 0, name);
  const hashes = (lines: Measurement[]) =>
    lines.filter(({ hash }) => hash !== "").map((line) => [line.case, line.hash]);
  assert.deepEqual(hashes(first), hashes(second));
  assert.ok(hashes(first).length >= Object.keys(CASE).length);
});

test("sync bench: walking together changes no view, walking against each other one pair of each (crowd of 60)", async () => {
  const plan = { players: 60, clientStride: 1, visible: 10 };
  for (const isAgainst of [false, true]) {
    const crowd = await Crowd.make(plan, inlineConsumer);
    const seenBefore = crowd.watchers.seenBy(0);
    assert.equal(seenBefore.length, plan.visible);
    await crowd.verify((tick) => crowd.moveTransforms(isAgainst ? crowd.against : crowd.together, tick));
    const seen = crowd.watchers.seenBy(0);
    assert.equal(seen.length, plan.visible);
    const gone = seenBefore.filter((id) => !seen.includes(id));
    // Four of the ten walk along; of the six others one is new in each of the seven ticks that moved.
    assert.equal(gone.length, isAgainst ? 6 : 0, JSON.stringify(gone));
  }
});

test("ring: neighbours are one unit apart, and nobody shares a place", () => {
  const ring = new Ring(100);
  for (let i = 0; i < ring.count; i++) {
    const next = (i + 1) % ring.count;
    const distance = Math.hypot(ring.x(next) - ring.x(i), ring.z(next) - ring.z(i));
    assert.ok(Math.abs(distance - 1) < 0.03, `${i}: ${distance}`);
    assert.equal(ring.x(i) * 64, Math.round(ring.x(i) * 64));
  }
  for (const tick of [0, 1, 7]) {
    const places = Array.from({ length: ring.count }, (_, player) => ring.against(player, tick));
    assert.equal(new Set(places).size, ring.count);
  }
});
