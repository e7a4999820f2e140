import assert from "node:assert/strict";
import { test } from "node:test";
import { type Position, PositionHistory } from "../../../client/position-history.js";

const at = (x: number, z = 0, yaw = 0): Position => ({ x, y: 0, z, yaw });

function read(history: PositionHistory, serverMs: number): Position {
  const out = at(Number.NaN);
  assert.equal(history.read(serverMs, out), true);
  return out;
}

test("position history: between two samples the position lies between them", () => {
  const history = new PositionHistory();
  history.add(1_000, at(0, 4));
  history.add(1_100, at(1, 2));
  assert.equal(read(history, 1_025).x, 0.25);
  assert.equal(read(history, 1_050).z, 3);
});

test("position history: outside the samples it is the nearest one (nothing is extrapolated)", () => {
  const history = new PositionHistory();
  history.add(1_000, at(1));
  history.add(1_100, at(2));
  assert.equal(read(history, 900).x, 1);
  assert.equal(read(history, 5_000).x, 2);
});

test("position history: a teleport is not smoothed", () => {
  const history = new PositionHistory();
  history.add(1_000, at(0));
  history.add(1_100, at(50));
  assert.equal(read(history, 1_099).x, 0);
  assert.equal(read(history, 1_100).x, 50);
});

test("position history: an entity that stood still does not creep (5 s between two samples)", () => {
  const history = new PositionHistory();
  history.add(1_000, at(0));
  history.add(6_000, at(0.5));
  assert.equal(read(history, 5_000).x, 0);
  assert.equal(read(history, 5_950).x, 0.25);
});

test("position history: yaw turns the short way", () => {
  const history = new PositionHistory();
  history.add(1_000, at(0, 0, Math.PI - 0.1));
  history.add(1_100, at(0, 0, -Math.PI + 0.1));
  assert.ok(Math.abs(read(history, 1_050).yaw - Math.PI) < 1e-6);
});

test("position history: only the last samples are kept, in order (100 added)", () => {
  const history = new PositionHistory();
  for (let i = 0; i < 100; i++) history.add(i * 50, at(i * 0.25));
  assert.equal(read(history, 4_925).x, 24.625);
  assert.ok(read(history, 0).x > 20, "the oldest are gone");
});

test("position history: nothing to read (cleared)", () => {
  const history = new PositionHistory();
  history.add(1, at(1));
  history.clear();
  assert.equal(history.read(1, at(0)), false);
});
