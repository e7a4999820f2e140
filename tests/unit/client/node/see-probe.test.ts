import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientEntity } from "../../../../client/client-entity.js";
import { Histogram } from "../../../../client/node/histogram.js";
import { MoveTrail, SeeProbe } from "../../../../client/node/see-probe.js";
import { STEPS_PER_UNIT } from "../../../../engine/protocol/short-transforms.js";

const seen = (id: string, x: number) => ({ id, position: { x, y: 0, z: 0, yaw: 0 } }) as unknown as ClientEntity;

test("see probe: the delay is from the move with this x until it is seen", () => {
  const delays = new Histogram();
  let nowMs = 0;
  const probe = new SeeProbe(delays, () => nowMs);
  const trail = probe.trailOf("a");
  const first = trail.note(1, 0);
  trail.note(2, 100);
  nowMs = 130;
  probe.observe(seen("a", first));
  assert.equal(delays.count, 1);
  assert.ok(Math.abs(delays.percentile(0.5) - 130) <= 0.2);
});

test("see probe: equal places get different x, all whole steps of a position on the wire", () => {
  const trail = new MoveTrail();
  const xs = Array.from({ length: 20 }, (_, i) => trail.note(123.456, i));
  assert.equal(new Set(xs).size, 20);
  assert.ok(xs.every((x) => Number.isInteger(x * STEPS_PER_UNIT) && Math.abs(x - 123.456) <= 20 / STEPS_PER_UNIT));
  xs.forEach((x, i) => {
    assert.equal(trail.sentAtMs(x), i);
  });
});

test("see probe: what nobody sent is not counted (an unknown entity, a place forgotten)", () => {
  const delays = new Histogram();
  const probe = new SeeProbe(delays, () => 0);
  probe.observe(seen("stranger", 1));
  probe.trailOf("a").note(1, 0);
  probe.observe(seen("a", 2));
  assert.equal(delays.count, 0);
});

test("histogram: percentiles lie within one bin of the exact ones, and the longest stay in", () => {
  const histogram = new Histogram();
  for (let i = 1; i <= 1_000; i++) histogram.add(i);
  assert.ok(Math.abs(histogram.percentile(0.5) - 500) <= 0.1 + 1e-9);
  assert.ok(Math.abs(histogram.percentile(0.99) - 990) <= 0.1 + 1e-9);
  histogram.add(1e9);
  assert.equal(histogram.percentile(1), 10_000);
  histogram.clear();
  assert.equal(histogram.percentile(0.99), 0);
});
