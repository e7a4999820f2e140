import assert from "node:assert/strict";
import { test } from "node:test";
import { Prediction } from "../../../../../client/web/game/prediction.js";
import { collisionOf } from "../../../../../entities/map-collision.js";
import { MEADOW, WALK_SPEED_UNITS_PER_SECOND, WALKER_RADIUS } from "../../../../../entities/world-map.js";

const FRAME_S = 1 / 60;

function atSpawn(): Prediction {
  const prediction = new Prediction(MEADOW);
  prediction.place(MEADOW.spawn.x, MEADOW.spawn.z, true);
  return prediction;
}

function run(prediction: Prediction, seconds: number): number {
  let reports = 0;
  for (let at = 0; at < seconds; at += FRAME_S) {
    prediction.step(FRAME_S);
    if (prediction.takeReport() !== null) reports++;
  }
  return reports;
}

test("prediction: it walks at the walking speed (held direction)", () => {
  const prediction = atSpawn();
  prediction.steer(0.6, 0.8);
  run(prediction, 0.5);
  const walked = Math.hypot(prediction.x - MEADOW.spawn.x, prediction.z - MEADOW.spawn.z);
  assert.ok(Math.abs(walked - WALK_SPEED_UNITS_PER_SECOND * 0.5) < 0.15, `${walked}`);
});

test("prediction: it reports 10 to 20 times a second while it moves and not at all while it stands", () => {
  const prediction = atSpawn();
  assert.equal(run(prediction, 1), 0);
  prediction.steer(1, 0);
  const reports = run(prediction, 1);
  assert.ok(reports >= 10 && reports <= 20, `${reports}`);
  prediction.steer(0, 0);
  assert.ok(run(prediction, 1) <= 1, "the place where it stopped, once");
});

test("prediction: the last report is the place where it stopped", () => {
  const prediction = atSpawn();
  prediction.steer(1, 0);
  run(prediction, 0.31);
  prediction.steer(0, 0);
  let last = { x: Number.NaN, z: Number.NaN };
  prediction.steer(1, 0);
  for (let i = 0; i < 40; i++) {
    if (i === 17) prediction.steer(0, 0);
    prediction.step(FRAME_S);
    last = prediction.takeReport() ?? last;
  }
  assert.ok(Math.abs(last.x - prediction.x) < 0.011 && Math.abs(last.z - prediction.z) < 0.011);
});

test("prediction: a walk to a target ends there, and nearer than that when told", () => {
  const prediction = atSpawn();
  prediction.walkTo(103, 102);
  run(prediction, 2);
  assert.ok(Math.hypot(prediction.x - 103, prediction.z - 102) < 0.15);
  assert.equal(prediction.isWalkingToTarget, false);
  prediction.walkTo(99, 102, 2);
  run(prediction, 2);
  const away = Math.hypot(prediction.x - 99, prediction.z - 102);
  assert.ok(away > 1.8 && away < 2.1, `${away}`);
});

test("prediction: a walk that cannot arrive is given up (target in a pond)", () => {
  const prediction = atSpawn();
  prediction.walkTo(117, 89);
  run(prediction, 8);
  assert.equal(prediction.isWalkingToTarget, false);
  assert.ok(collisionOf("Meadow").isFree(prediction.x, prediction.z, WALKER_RADIUS * 0.85));
});

test("prediction: a held direction ends a walk to a target", () => {
  const prediction = atSpawn();
  prediction.walkTo(90, 100);
  prediction.steer(0, 1);
  assert.equal(prediction.isWalkingToTarget, false);
});

test("prediction: a small correction moves the avatar at once and the picture over a while", () => {
  const prediction = atSpawn();
  prediction.place(MEADOW.spawn.x + 1, MEADOW.spawn.z, false);
  assert.equal(prediction.x, MEADOW.spawn.x + 1);
  assert.equal(prediction.shownX, MEADOW.spawn.x);
  prediction.step(FRAME_S);
  assert.ok(prediction.shownX > MEADOW.spawn.x && prediction.shownX < prediction.x);
  run(prediction, 1);
  assert.ok(Math.abs(prediction.shownX - prediction.x) < 0.01);
});

test("prediction: a large correction and a teleport are not smoothed and not reported back", () => {
  const prediction = atSpawn();
  prediction.place(60, 60, false);
  assert.equal(prediction.shownX, 60);
  assert.equal(run(prediction, 0.5), 0);
  prediction.place(61, 60, true);
  assert.equal(prediction.shownX, 61);
});
