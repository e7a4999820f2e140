import assert from "node:assert/strict";
import { test } from "node:test";
import { CellOrder } from "../../../engine/aoi/cell-order.js";
import { Grid } from "../../../engine/aoi/grid.js";
import { SeededRandom } from "../../../engine/base/random.js";

function query(source: Grid | CellOrder, x: number, z: number, radius: number): string[] {
  if (source instanceof CellOrder)
    return ring(source, x, z, 0, radius)
      .map(([slot, distance]) => `${slot} at ${distance}`)
      .sort();
  const out = new Int32Array(2_000);
  const distances = new Float64Array(2_000);
  const count = source.queryRange(x, z, radius, out, distances);
  return Array.from({ length: count }, (_, i) => `${out[i]} at ${distances[i]}`).sort();
}

function ring(
  order: CellOrder,
  x: number,
  z: number,
  innerRadius: number,
  radius: number,
): [slot: number, distance: number][] {
  const out = new Float64Array(4_000);
  const count = order.queryRing(x, z, innerRadius, radius, out);
  return Array.from({ length: count }, (_, i) => [out[i * 2] as number, out[i * 2 + 1] as number]);
}

for (const shape of ["circle", "box"] as const) {
  test(`cell order: finds what its grid finds, each once, with its distance (${shape}; dense, sparse and far worlds)`, () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = new SeededRandom(seed);
      const grid = new Grid(1 + random.next() * 30, shape);
      const order = new CellOrder(grid);
      const side = [20, 200, 100_000][seed % 3] as number;
      const place = () => (random.next() - 0.5) * side;
      for (let slot = 0; slot < 600; slot++) if (random.next() < 0.8) grid.insert(slot, place(), place());
      order.sort();
      for (let i = 0; i < 40; i++) {
        // Some wider than all cells that are told apart.
        const [x, z, radius] = [place(), place(), random.next() * (i % 8 === 0 ? side : 60)];
        assert.deepEqual(query(order, x, z, radius), query(grid, x, z, radius), `seed ${seed}`);
      }
    }
  });

  test(`cell order: in a ring is everybody who is no nearer than its inner radius (${shape})`, () => {
    const random = new SeededRandom(4);
    const grid = new Grid(7, shape);
    const order = new CellOrder(grid);
    for (let slot = 0; slot < 800; slot++) grid.insert(slot, random.next() * 150, random.next() * 150);
    order.sort();
    for (let i = 0; i < 100; i++) {
      const [x, z, inner] = [random.next() * 150, random.next() * 150, random.next() * 40];
      const radius = inner + random.next() * 30;
      const found = ring(order, x, z, inner, radius).filter(([, distance]) => distance >= inner * inner);
      const expected = ring(order, x, z, 0, radius).filter(([, distance]) => distance >= inner * inner);
      assert.deepEqual(found.sort(), expected.sort());
    }
  });
}

test("cell order: says when those found do not fit", () => {
  const grid = new Grid(10);
  for (let slot = 0; slot < 50; slot++) grid.insert(slot, slot / 10, 0);
  const order = new CellOrder(grid);
  order.sort();
  assert.equal(order.queryRing(0, 0, 0, 100, new Float64Array(8)), -1);
});

test("cell order: leaves out who is nearer than the inner radius", () => {
  const grid = new Grid(10);
  for (let slot = 0; slot < 50; slot++) grid.insert(slot, slot, 0);
  const order = new CellOrder(grid);
  order.sort();
  const found = ring(order, 0, 0, 10, 20).map(([slot]) => slot);
  assert.deepEqual(found.sort(), [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
});
