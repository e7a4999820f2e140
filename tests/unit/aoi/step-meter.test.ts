import assert from "node:assert/strict";
import { test } from "node:test";
import { Grid } from "../../../engine/aoi/grid.js";
import { StepMeter } from "../../../engine/aoi/step-meter.js";

/** Moves subject i by `steps[i]` along x, and measures. */
function walk(grid: Grid, meter: StepMeter, steps: readonly number[], jumpedMax: number): number[] {
  for (const [subject, step] of steps.entries()) {
    if (!grid.has(subject)) grid.insert(subject, 0, subject);
    const x = grid.xOf(subject);
    meter.leave(subject, x, subject);
    grid.move(subject, x + step, subject);
  }
  meter.measure(grid, jumpedMax);
  return Array.from({ length: meter.jumped.length }, (_, i) => meter.jumped.at(i));
}

test("step meter: adds the longest step of those that go with the rest, lists who went farther", () => {
  const [grid, meter] = [new Grid(10), new StepMeter()];
  const steps = Array.from({ length: 100 }, (_, i) => (i === 40 ? 500 : 0.25 + (i % 3) / 4));
  assert.deepEqual(walk(grid, meter, steps, 5), [40]);
  assert.equal(meter.travelled, 0.75);
  steps[40] = 0.25;
  assert.deepEqual(walk(grid, meter, steps, 5), []);
  assert.equal(meter.travelled, 1.5);
});

test("step meter: few that move among many are all listed, and nobody has gone anywhere", () => {
  const [grid, meter] = [new Grid(10), new StepMeter()];
  assert.deepEqual(walk(grid, meter, [1, 2, 3], 8), [0, 1, 2]);
  assert.equal(meter.travelled, 0);
});

test("step meter: when too many go far, they are the rest", () => {
  const [grid, meter] = [new Grid(10), new StepMeter()];
  const steps = Array.from({ length: 100 }, (_, i) => (i < 20 ? 64 : 0.5));
  assert.deepEqual(walk(grid, meter, steps, 10), []);
  assert.equal(meter.travelled, 64);
});

test("step meter: of several moves between two measures, the way from first to last counts", () => {
  const [grid, meter] = [new Grid(10), new StepMeter()];
  grid.insert(0, 0, 0);
  for (const x of [5, -3, 2]) {
    meter.leave(0, grid.xOf(0), 0);
    grid.move(0, x, 0);
  }
  meter.measure(grid, 0);
  assert.equal(meter.travelled, 2);
});
