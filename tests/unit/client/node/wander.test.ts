import assert from "node:assert/strict";
import { test } from "node:test";
import { Wander } from "../../../../client/node/wander.js";
import { SeededRandom } from "../../../../engine/base/random.js";

test("wander: it walks at a walker's speed, stays near its home and gets about", () => {
  const walk = new Wander({ x: 100, y: 0, z: 50, yaw: 0 }, new SeededRandom(3));
  let farthest = 0;
  for (let i = 0; i < 5_000; i++) {
    const { x, z } = walk.at;
    walk.step(100);
    assert.ok(Math.hypot(walk.at.x - x, walk.at.z - z) <= 0.4 + 1e-9);
    farthest = Math.max(farthest, Math.hypot(walk.at.x - 100, walk.at.z - 50));
  }
  assert.ok(farthest > 20 && farthest < 60);
});

test("wander: a correction is where it goes on from", () => {
  const walk = new Wander({ x: 0, y: 0, z: 0, yaw: 0 }, new SeededRandom(3));
  walk.correct({ x: 10, y: 0, z: 10, yaw: 0 });
  walk.step(100);
  assert.ok(Math.hypot(walk.at.x - 10, walk.at.z - 10) <= 0.4 + 1e-9);
});

test("wander: in front of a wall it turns round, and in the end leaves it alone (a wall 5 units away)", () => {
  const walk = new Wander({ x: 0, y: 0, z: 0, yaw: 0 }, new SeededRandom(3));
  const refused = [0, 0];
  for (let i = 0; i < 20_000; i++) {
    const before = { ...walk.at };
    walk.step(100);
    if (walk.at.x < 5) continue;
    const half = i < 10_000 ? 0 : 1;
    refused[half] = (refused[half] as number) + 1;
    walk.correct(before);
  }
  const [early = 0, late = 0] = refused;
  assert.ok(early > 0 && late < 200, `${refused}`);
});
