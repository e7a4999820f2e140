import assert from "node:assert/strict";
import { test } from "node:test";
import { type Random, randomIndex, SeededRandom, systemRandom } from "../../../engine/base/random.js";

test("random: a seed gives the same numbers for ever (golden)", () => {
  const random = new SeededRandom(1);
  assert.deepEqual(
    [random.u32(), random.u32(), random.u32(), random.u32()],
    [2442144158, 3238099751, 3819917871, 2104621829],
  );
});

test("random: is xoshiro128** (its published numbers for the state 1, 2, 3, 4)", () => {
  const random = new SeededRandom(1);
  (random as unknown as { state: Uint32Array }).state.set([1, 2, 3, 4]);
  assert.deepEqual([random.u32(), random.u32(), random.u32(), random.u32()], [11_520, 0, 5_927_040, 70_819_200]);
});

test("random: other seeds give other numbers, also neighbours and 0", () => {
  const firsts = [0, 1, 2, 3, -1, 2 ** 32 - 2].map((seed) => new SeededRandom(seed).u32());
  assert.equal(new Set(firsts).size, 6);
});

for (const [name, random] of [
  ["seeded", new SeededRandom(5)],
  ["system", systemRandom],
] as [string, Random][]) {
  test(`random: floats lie in [0, 1), evenly (${name})`, () => {
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 20_000; i++) {
      const value = random.next();
      assert.ok(value >= 0 && value < 1);
      const bucket = Math.floor(value * 10);
      counts[bucket] = (counts[bucket] as number) + 1;
    }
    for (const count of counts) assert.ok(count > 1_600 && count < 2_400, String(counts));
  });

  test(`random: bytes come in the number asked for, and all values occur (${name})`, () => {
    assert.equal(random.bytes(0).length, 0);
    assert.equal(new Set(random.bytes(10_000)).size, 256);
  });

  test(`random: an index reaches both ends and never the count (${name})`, () => {
    const seen = new Set(Array.from({ length: 500 }, () => randomIndex(random, 3)));
    assert.deepEqual([...seen].sort(), [0, 1, 2]);
  });
}
