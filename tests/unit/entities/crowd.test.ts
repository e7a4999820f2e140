import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../../engine/base/random.js";
import type { AreaEntity, Point } from "../../../engine/index.js";
import { isRoomy, roomyPlace, SEEN_MAX, SIGHT_MIN, type Surroundings, sightIn } from "../../../entities/crowd.js";
import { collisionOf } from "../../../entities/map-collision.js";
import { MEADOW, WALKER_RADIUS } from "../../../entities/world-map.js";

const USUAL = 40;

class Crowd implements Surroundings {
  readonly places: Point[] = [];

  queryRange(centre: Point, radius: number): readonly AreaEntity[] {
    const near = this.places.filter(({ x, z }) => Math.hypot(x - centre.x, z - centre.z) <= radius);
    return near as unknown as AreaEntity[];
  }
}

/** So many, evenly, in a circle about the origin. */
function crowd(count: number, radius: number): Crowd {
  const random = new SeededRandom(5);
  const all = new Crowd();
  for (let i = 0; i < count; i++) {
    const [angle, away] = [random.next() * Math.PI * 2, Math.sqrt(random.next()) * radius];
    all.places.push({ x: Math.cos(angle) * away, z: Math.sin(angle) * away });
  }
  return all;
}

const MIDDLE = { x: 0, z: 0 };

test("crowd: who is among few sees as far as usual", () => {
  assert.equal(sightIn(crowd(SEEN_MAX, 30), MIDDLE, USUAL, USUAL), USUAL);
});

test("crowd: among many one sees less far, and no more than the bound", () => {
  const many = crowd(2_000, 100);
  const sight = sightIn(many, MIDDLE, USUAL, USUAL);
  assert.ok(sight < USUAL && sight > SIGHT_MIN, `${sight}`);
  assert.ok(many.queryRange(MIDDLE, sight).length <= SEEN_MAX);
  assert.equal(sightIn(many, MIDDLE, USUAL, sight), sight, "it stays so");
});

test("crowd: nobody is blind (2,000 on one spot), and who sees less than that anyway goes on so", () => {
  assert.equal(sightIn(crowd(2_000, 2), MIDDLE, USUAL, USUAL), SIGHT_MIN);
  assert.equal(sightIn(crowd(2_000, 2), MIDDLE, 5, 5), 5);
});

test("crowd: when it is gone one sees as far as usual again, step by step", () => {
  let sight = SIGHT_MIN;
  for (let i = 0; i < 8; i++) {
    const wider = sightIn(crowd(3, 10), MIDDLE, USUAL, sight);
    assert.ok(wider <= sight * 1.5 && (wider > sight || sight === USUAL));
    sight = wider;
  }
  assert.equal(sight, USUAL);
});

test("crowd: 2,000 who come one by one to the meadow's spawn find room, nearly all", () => {
  const random = new SeededRandom(11);
  const all = new Crowd();
  const collision = collisionOf("Meadow");
  let roomy = 0;
  for (let i = 0; i < 2_000; i++) {
    const place = roomyPlace(all, collision, MEADOW.spawn, () => random.next());
    assert.ok(place !== null && collision.isFree(place.x, place.z, WALKER_RADIUS));
    if (isRoomy(all, place)) roomy++;
    all.places.push(place);
  }
  assert.ok(roomy > 1_950, `${roomy}`);
  const first = all.places.slice(0, 5);
  for (const { x, z } of first)
    assert.ok(Math.hypot(x - MEADOW.spawn.x, z - MEADOW.spawn.z) <= MEADOW.spawn.radius * 2);
});
