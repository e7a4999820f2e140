import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { randomIndex, SeededRandom } from "../../../engine/base/random.js";
import type { Space } from "../../../engine/index.js";
import { cast, type Hero, note, notes, play, rehearse, type Stone } from "./cast.js";
import { TestCluster } from "./rig.js";

beforeEach(rehearse);

const at = (x: number, z: number) => ({ x, y: 0, z, yaw: 0 });

function setUp() {
  const cluster = new TestCluster(cast);
  const game = cluster.game(1);
  const { host } = game;
  const open = (name: string) => host.spawn("Room", { values: { spaceName: name } }) as Space;
  const hero = host.spawn("Hero", {}) as Hero;
  const stone = (space: Space, x: number, z: number) => {
    const made = host.spawn("Stone", {}) as Stone;
    made.enterSpace(space, at(x, z));
    return made;
  };
  return { cluster, game, host, open, hero, stone };
}

test("enter: the entity is in the space at once; then the space hears of it, then the entity", () => {
  const { game, hero, open } = setUp();
  const den = open("den");
  play.entityEnter = (_, id) => note(`den: ${id === hero.id}`);
  hero.enterSpace(den, { x: 1, y: 2, z: 3, yaw: 0.5 });
  assert.deepEqual(notes, ["den: true", "enter den"]);
  assert.deepEqual([hero.space, den.members.has(hero)], [den, true]);
  assert.deepEqual(hero.position, { x: 1, y: 2, z: 3, yaw: 0.5 });
  assert.deepEqual(game.ops.named("spaceEnter").length, 1);
});

test("enter: from one space into another leaves the first, and only then", () => {
  const { hero, open } = setUp();
  const [den, cave] = [open("den"), open("cave")];
  hero.enterSpace(den, at(1, 1));
  hero.enterSpace(cave, at(2, 2));
  assert.deepEqual(notes, ["enter den", "leave den", "enter cave"]);
  assert.deepEqual([den.members.size, cave.members.size, hero.space], [0, 1, cave]);
  assert.deepEqual([den.queryRange({ x: 1, z: 1 }, 5), cave.queryRange({ x: 2, z: 2 }, 5)], [[], [hero]]);
});

test("enter: where it cannot go, it stays where it is (coordinates, a closed space, a space of another game)", async () => {
  const { cluster, hero, open } = setUp();
  const [den, closed] = [open("den"), open("closed")];
  hero.enterSpace(den, at(1, 1));
  void closed.destroy();
  const other = cluster.game(2).host.spawn("Room", { values: { spaceName: "far" } }) as Space;
  assert.throws(() => hero.enterSpace(den, at(Number.NaN, 0)), { code: "PROPERTY_VALUE" });
  assert.throws(() => hero.enterSpace(den, at(1e7, 0)), { code: "PROPERTY_VALUE" });
  assert.throws(() => hero.enterSpace(closed, at(0, 0)), /SPACE_/);
  assert.throws(() => hero.enterSpace(other, at(0, 0)), { code: "SPACE_ELSEWHERE" });
  assert.deepEqual([hero.space, hero.position.x], [den, 1]);
});

test("hooks of a space: what onEntityEnter and onEntityLeave throw is the space's, now or later", async () => {
  const { cluster, game, hero, open, stone } = setUp();
  const den = open("den");
  play.entityEnter = () => {
    throw new Error("enter");
  };
  play.entityLeave = () => Promise.reject(new Error("leave"));
  hero.enterSpace(den, at(0, 0));
  const doomed = stone(den, 1, 1);
  await Promise.all([doomed.destroy(), cluster.run()]);
  assert.deepEqual([hero.space, den.members.size, game.host.entity(doomed.id)], [den, 1, undefined]);
  assert.equal(game.metrics.snapshot().entity_throws_total, 3);
  assert.equal(den.$.throwsMs.length, 3);
  assert.equal(hero.$.throwsMs.length, 0);
});

test("leave: position is zero, moving is refused, leaving again does nothing", () => {
  const { game, hero, open } = setUp();
  hero.enterSpace(open("den"), at(3, 3));
  hero.leaveSpace();
  hero.leaveSpace();
  assert.deepEqual([hero.space, hero.position], [null, { x: 0, y: 0, z: 0, yaw: 0 }]);
  assert.throws(() => hero.moveTo(1, 0, 1), { code: "SPACE_UNKNOWN" });
  assert.equal(game.ops.named("spaceLeave").length, 1);
});

test("move: one op a tick with everything that moved, each once, at its last place; a tick without is empty", () => {
  const { game, host, hero, open, stone } = setUp();
  const den = open("den");
  hero.enterSpace(den, at(0, 0));
  const [pebble, still] = [stone(den, 1, 1), stone(den, 2, 2)];
  hero.moveTo(5, 0, 5);
  hero.moveTo(6, 0, 7, 1);
  pebble.moveTo(8, 0, 9);
  host.tick(50);
  host.tick(50);
  const ticks = game.ops.named("transforms").map(([, tick, , count]) => [tick, count]);
  assert.deepEqual(ticks, [
    [1, 2],
    [2, 0],
  ]);
  assert.deepEqual([hero.position, still.position.x], [{ x: 6, y: 0, z: 7, yaw: 1 }, 2]);
});

test("move: what moved and left, or came back, in one tick is told once or not at all", () => {
  const { game, host, open, stone } = setUp();
  const den = open("den");
  const [gone, back] = [stone(den, 0, 0), stone(den, 0, 0)];
  for (const each of [gone, back]) {
    each.moveTo(1, 0, 1);
    each.leaveSpace();
  }
  back.enterSpace(den, at(2, 2));
  back.moveTo(3, 0, 3);
  const slots: number[] = [];
  host.tick(50);
  const [, , , count, moved] = game.ops.named("transforms").at(-1) as unknown as [
    string,
    number,
    number,
    number,
    Int32Array,
  ];
  for (let i = 0; i < count; i++) slots.push(moved[i] as number);
  assert.deepEqual(slots, [back.$.slot]);
});

test("queryRange: what is near, edge included, and as the filter says", () => {
  const { open, stone } = setUp();
  const den = open("den");
  const [near, edge, far] = [stone(den, 1, 1), stone(den, 10, 0), stone(den, 10.1, 0)];
  assert.deepEqual(new Set(den.queryRange({ x: 0, z: 0 }, 10)), new Set([near, edge]));
  assert.deepEqual(
    den.queryRange({ x: 0, z: 0 }, 10, (entity) => entity !== near),
    [edge],
  );
  assert.deepEqual(den.queryRange({ x: 0, z: 0 }, 1e9).length, 3);
  far.moveTo(0, 0, 0);
  assert.equal(den.queryRange({ x: 0, z: 0 }, 10).length, 3);
  assert.deepEqual(den.queryRange({ x: Number.NaN, z: 0 }, 10), []);
});

test("queryRange: agrees with a search through everything, as entities come, move and go (500 steps, seed 4)", () => {
  const { open, stone } = setUp();
  const random = new SeededRandom(4);
  const den = open("den");
  const stones: Stone[] = [];
  const place = () => (random.next() - 0.5) * 200;
  for (let step = 0; step < 500; step++) {
    const one = stones[randomIndex(random, Math.max(1, stones.length))];
    if (one === undefined || random.next() < 0.7) stones.push(stone(den, place(), place()));
    else if (random.next() < 0.5) one.moveTo(place(), 0, place());
    else {
      void one.destroy();
      stones.splice(stones.indexOf(one), 1);
    }
    const [x, z, radius] = [place(), place(), random.next() * 80];
    const expected = stones.filter(({ position }) => Math.hypot(position.x - x, position.z - z) <= radius);
    const found = den.queryRange({ x, z }, radius);
    assert.deepEqual(found.map(({ id }) => id).sort(), expected.map(({ id }) => id).sort());
  }
});

test("close: everything in it is in no space and hears of it; the space is gone", async () => {
  const { cluster, game, host, hero, open, stone } = setUp();
  const den = open("den");
  hero.enterSpace(den, at(0, 0));
  stone(den, 1, 1);
  notes.length = 0;
  await Promise.all([den.closeSpace(), cluster.run()]);
  assert.deepEqual(notes, ["leave den"]);
  assert.deepEqual([hero.space, den.members.size, den.destroyed, host.entity(den.id)], [null, 0, true, undefined]);
  assert.equal(game.ops.named("spaceDestroy").length, 1);
  assert.deepEqual(den.queryRange({ x: 0, z: 0 }, 100), []);
});

test("destroy: an entity leaves its space, which hears of it, and the entity itself does not", async () => {
  const { cluster, hero, open } = setUp();
  const den = open("den");
  play.entityLeave = (_, id) => note(`left ${id === hero.id} ${hero.destroyed}`);
  hero.enterSpace(den, at(0, 0));
  await Promise.all([hero.destroy(), cluster.run()]);
  assert.deepEqual(notes, ["enter den", "left true true"]);
  assert.equal(den.members.size, 0);
});
