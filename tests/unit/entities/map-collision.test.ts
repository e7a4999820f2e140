import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../../engine/base/random.js";
import { MapCollision } from "../../../entities/map-collision.js";
import { distanceToLine, isInside, MEADOW, type SpaceMap, WALKER_RADIUS } from "../../../entities/world-map.js";

const bare: SpaceMap = {
  ...MEADOW,
  border: [0, 0, 50, 0, 50, 50, 0, 50],
  ponds: [[10, 10, 20, 10, 20, 20, 10, 20]],
  obstacles: [{ kind: "oak", x: 30, z: 30, radius: 1, size: 1, variant: 0 }],
  walls: [{ x: 40, z: 20, halfX: 3, halfZ: 0.5 }],
};

test("map collision: a free step is taken as it is", () => {
  const collision = new MapCollision(bare);
  assert.deepEqual(collision.slide({ x: 40, z: 40 }, 40.1, 40.2, 0.4), { x: 40.1, z: 40.2 });
});

test("map collision: a walker slides round a tree (walks into it off centre)", () => {
  const collision = new MapCollision(bare);
  let at = { x: 27, z: 30.3 };
  for (let i = 0; i < 100; i++) {
    at = collision.slide(at, at.x + 0.1, at.z, 0.4);
    assert.ok(Math.hypot(at.x - 30, at.z - 30) >= 1.39, "inside the trunk");
  }
  assert.ok(at.x > 33, `stuck at ${at.x}`);
});

test("map collision: a walker is stopped by a wall, slides along it and round its corner", () => {
  const collision = new MapCollision(bare);
  assert.deepEqual(collision.slide({ x: 39, z: 19 }, 39.2, 19.3, 0.4), { x: 39.2, z: 19.1 });
  assert.deepEqual(collision.slide({ x: 39, z: 21.5 }, 39.2, 20.6, 0.4), { x: 39.2, z: 20.9 });
  const { x, z } = collision.slide({ x: 43.3, z: 20.9 }, 43.2, 20.7, 0.4);
  assert.ok(Math.abs(Math.hypot(x - 43, z - 20.5) - 0.4) < 0.01, `(${x}, ${z})`);
  assert.equal(collision.isFree(40, 20, 0.1), false);
  assert.equal(collision.isFree(43.5, 20, 0.4), true);
});

test("map collision: a walker slides along a shore and does not enter", () => {
  const collision = new MapCollision(bare);
  let at = { x: 12, z: 9 };
  for (let i = 0; i < 60; i++) at = collision.slide(at, at.x + 0.1, at.z + 0.1, 0.4);
  assert.ok(Math.abs(at.z - 9.6) < 0.01, `z ${at.z}`);
  assert.ok(at.x > 17.9);
});

test("map collision: a walker stays inside the border (pushed far out)", () => {
  const collision = new MapCollision(bare);
  const at = collision.slide({ x: 49, z: 25 }, 54, 25, 0.4);
  assert.ok(Math.abs(at.x - 49.6) < 0.01 && at.z === 25);
});

test("map collision: who stands on a corner of the shore is put beside it", () => {
  const collision = new MapCollision(bare);
  const at = collision.slide({ x: 9, z: 9 }, 10, 10, 0.4);
  assert.ok(collision.isFree(at.x, at.z, 0.39));
});

test("map collision: 20,000 random steps on the meadow never end in a trunk, in water or outside", () => {
  const collision = new MapCollision(MEADOW);
  const random = new SeededRandom(7);
  let at = { x: MEADOW.spawn.x, z: MEADOW.spawn.z };
  let travelled = 0;
  let heading = 0;
  for (let i = 0; i < 20_000; i++) {
    if (i % 40 === 0) heading = random.next() * Math.PI * 2;
    const next = collision.slide(at, at.x + Math.cos(heading) * 0.12, at.z + Math.sin(heading) * 0.12, WALKER_RADIUS);
    travelled += Math.hypot(next.x - at.x, next.z - at.z);
    at = next;
    assert.ok(isInside(MEADOW.border, at.x, at.z), "outside");
    for (const pond of MEADOW.ponds) {
      assert.ok(!isInside(pond, at.x, at.z), "in water");
      assert.ok(distanceToLine(pond, at.x, at.z, true) > WALKER_RADIUS * 0.85);
    }
  }
  assert.ok(travelled > 1_000, `only ${travelled} units travelled`);
});
