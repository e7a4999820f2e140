import assert from "node:assert/strict";
import { test } from "node:test";
import { Grid } from "../../../engine/aoi/grid.js";
import { SeededRandom } from "../../../engine/base/random.js";

function query(grid: Grid, x: number, z: number, radius: number): number[] {
  const out = new Int32Array(4096);
  const count = grid.queryRange(x, z, radius, out);
  return [...out.subarray(0, count)].sort((a, b) => a - b);
}

test("grid: a circle holds what stands within it, its edge included", () => {
  const grid = new Grid(10);
  grid.insert(3, 0, 0);
  grid.insert(4, 5, 0);
  grid.insert(5, 0, -5.001);
  grid.insert(6, 100, 100);
  assert.deepEqual(query(grid, 0, 0, 5), [3, 4]);
  grid.move(5, 0, -5);
  assert.deepEqual(query(grid, 0, 0, 5), [3, 4, 5]);
  grid.remove(3);
  grid.remove(3);
  assert.deepEqual(query(grid, 0, 0, 5), [4, 5]);
  assert.equal(grid.count, 3);
  assert.equal(grid.has(3), false);
});

test("grid: the world has no edge (coordinates far beyond any table)", () => {
  const grid = new Grid(1);
  for (const [slot, x] of [-(2 ** 41), -(2 ** 31), -1, 1, 2 ** 31, 2 ** 41].entries()) grid.insert(slot, x, -x);
  grid.insert(100, 2 ** 41, 2 ** 41);
  assert.deepEqual(query(grid, 2 ** 41, -(2 ** 41), 10), [5]);
  assert.deepEqual(query(grid, 2 ** 31, -(2 ** 31), 1), [4]);
  assert.deepEqual(query(grid, 0, 0, 2), [2, 3]);
  assert.deepEqual(query(grid, 0, 0, Number.POSITIVE_INFINITY), [0, 1, 2, 3, 4, 5, 100]);
});

test("grid: a query that does not fit says how many there are and writes no further", () => {
  const grid = new Grid(10);
  for (let slot = 0; slot < 40; slot++) grid.insert(slot, slot / 100, 0);
  const out = new Int32Array(8);
  assert.equal(grid.queryRange(0, 0, 5, out), 40);
  assert.equal(new Set(out).size, 8);
});

test("grid: random worlds agree with comparing everything (100 seeds of inserts, moves, removes)", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = new SeededRandom(seed);
    const size = 20 * 2 ** (seed % 8);
    const grid = new Grid(1 + random.next() * 20);
    const truth = new Map<number, { x: number; z: number }>();
    const coordinate = () => Math.fround((random.next() - 0.5) * size);
    for (let step = 0; step < 400; step++) {
      const slot = random.u32() % 150;
      const x = coordinate();
      const z = coordinate();
      if (random.next() < 0.25) {
        grid.remove(slot);
        truth.delete(slot);
      } else {
        grid.insert(slot, x, z);
        truth.set(slot, { x, z });
      }
      if (step % 20 > 0) continue;
      const radius = random.next() * size * 0.4;
      const expected = [...truth.entries()]
        .filter(([, at]) => (at.x - x) ** 2 + (at.z - z) ** 2 <= radius * radius)
        .map(([index]) => index)
        .sort((a, b) => a - b);
      assert.deepEqual(query(grid, x, z, radius), expected, `seed ${seed} step ${step}`);
      assert.equal(grid.count, truth.size);
    }
  }
});
