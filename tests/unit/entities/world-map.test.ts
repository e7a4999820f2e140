import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { MapCollision } from "../../../entities/map-collision.js";
import {
  CAVE,
  distanceToLine,
  isInside,
  MEADOW,
  mapOf,
  type SpaceMap,
  WALKER_RADIUS,
} from "../../../entities/world-map.js";

const MAPS: readonly SpaceMap[] = [MEADOW, CAVE];

test("world map: it is the same in every process (generated from fixed seeds)", () => {
  const hash = createHash("sha256").update(JSON.stringify(MAPS)).digest("hex").slice(0, 16);
  assert.equal(hash, "7379a41f53e2caee");
});

test("world map: the meadow is 200 by 200 units with a few hundred trees and water", () => {
  assert.equal(MEADOW.width, 200);
  assert.equal(MEADOW.depth, 200);
  assert.ok(MEADOW.obstacles.length > 300 && MEADOW.obstacles.length < 900, String(MEADOW.obstacles.length));
  assert.ok(MEADOW.ponds.length >= 2);
});

for (const map of MAPS) {
  test(`world map: spawn, portals and their exits can be stood on (${map.name})`, () => {
    const collision = new MapCollision(map);
    const { spawn } = map;
    for (let i = 0; i < 16; i++) {
      const angle = (i / 16) * Math.PI * 2;
      const x = spawn.x + Math.cos(angle) * spawn.radius;
      assert.ok(collision.isFree(x, spawn.z + Math.sin(angle) * spawn.radius, WALKER_RADIUS), `spawn ${i}`);
    }
    for (const portal of map.portals) {
      assert.ok(collision.isFree(portal.x, portal.z, WALKER_RADIUS));
      const other = mapOf(portal.to);
      assert.ok(new MapCollision(other).isFree(portal.toX, portal.toZ, WALKER_RADIUS));
      for (const back of other.portals) {
        assert.ok(Math.hypot(portal.toX - back.x, portal.toZ - back.z) > back.radius + 1, "exit lies in a portal");
      }
    }
  });

  test(`world map: obstacles stand inside the border, out of water and apart (${map.name})`, () => {
    map.obstacles.forEach((obstacle, i) => {
      assert.ok(isInside(map.border, obstacle.x, obstacle.z));
      for (const pond of map.ponds) assert.ok(!isInside(pond, obstacle.x, obstacle.z));
      for (const other of map.obstacles.slice(i + 1)) {
        assert.ok(Math.hypot(obstacle.x - other.x, obstacle.z - other.z) > 1.2);
      }
    });
  });

  test(`world map: monster grounds have room (${map.name})`, () => {
    const collision = new MapCollision(map);
    for (const ground of map.monsterGrounds) {
      let free = 0;
      for (let i = 0; i < 100; i++) {
        const distance = Math.sqrt(i / 100) * ground.radius;
        if (collision.isFree(ground.x + Math.cos(i * 2.4) * distance, ground.z + Math.sin(i * 2.4) * distance, 0.6))
          free++;
      }
      assert.ok(free > 40, `${ground.kind} at ${ground.x},${ground.z}: ${free} of 100`);
    }
  });
}

test("world map: distance to a line counts its ends and closes when told", () => {
  assert.equal(distanceToLine([0, 0, 10, 0], 5, 3, false), 3);
  assert.equal(distanceToLine([0, 0, 10, 0], 14, 3, false), 5);
  assert.equal(distanceToLine([0, 0, 10, 0, 10, 10], 0, 10, false), 10);
  assert.ok(distanceToLine([0, 0, 10, 0, 10, 10], 5, 5, true) < 0.001);
});
