import assert from "node:assert/strict";
import { test } from "node:test";
import { CellOrder } from "../../../engine/aoi/cell-order.js";
import { Grid } from "../../../engine/aoi/grid.js";
import { SeededRandom } from "../../../engine/base/random.js";

function query(source: Grid | CellOrder, x: number, z: number, radius: number): string[] {
  const out = new Int32Array(2_000);
  const distances = new Float64Array(2_000);
  const count =
    source instanceof Grid
      ? source.queryRange(x, z, radius, out, distances)
      : source.queryRing(x, z, 0, radius, out, distances);
  return Array.from({ length: count }, (_, i) => `${out[i]} at ${distances[i]}`).sort();
}

test("cell order: finds what its grid finds, each once, with its distance (dense, sparse and far worlds)", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = new SeededRandom(seed);
    const grid = new Grid(1 + random.next() * 30);
    const order = new CellOrder();
    const side = [20, 200, 100_000][seed % 3] as number;
    const place = () => (random.next() - 0.5) * side;
    for (let slot = 0; slot < 600; slot++) if (random.next() < 0.8) grid.insert(slot, place(), place());
    order.sort(grid);
    for (let i = 0; i < 40; i++) {
      const [x, z, radius] = [place(), place(), random.next() * 60];
      assert.deepEqual(query(order, x, z, radius), query(grid, x, z, radius), `seed ${seed}`);
    }
  }
});

test("cell order: says how many there are when they do not fit, and writes no more than fit", () => {
  const grid = new Grid(10);
  for (let slot = 0; slot < 50; slot++) grid.insert(slot, slot / 10, 0);
  const order = new CellOrder();
  order.sort(grid);
  const out = new Int32Array(8);
  assert.equal(order.queryRing(0, 0, 0, 100, out, new Float64Array(8)), 50);
});

test("cell order: leaves out who is nearer than the inner radius", () => {
  const grid = new Grid(10);
  for (let slot = 0; slot < 50; slot++) grid.insert(slot, slot, 0);
  const order = new CellOrder();
  order.sort(grid);
  const out = new Int32Array(64);
  const count = order.queryRing(0, 0, 10, 20, out, new Float64Array(64));
  assert.deepEqual([...out.subarray(0, count)].sort(), [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
});
