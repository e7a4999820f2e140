import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Space } from "../../../engine/index.js";
import { cast, type Hero, notes, rehearse, type Stone } from "./cast.js";
import { TestCluster } from "./rig.js";

beforeEach(rehearse);

const CROWD = 3_000;

function crowdedSpace() {
  const cluster = new TestCluster(cast);
  const game = cluster.game(1);
  const { host } = game;
  const den = host.spawn("Room", { values: { spaceName: "den" } }) as Space;
  const hero = host.spawn("Hero", {}) as Hero;
  for (let i = 0; i < CROWD; i++) {
    (host.spawn("Stone", {}) as Stone).enterSpace(den, { x: i % 100, y: 0, z: Math.floor(i / 100), yaw: 0 });
  }
  hero.enterSpace(den, { x: 1, y: 0, z: 1, yaw: 0 });
  notes.length = 0;
  return { cluster, game, den, hero };
}

test("close: a crowd leaves in slices, and the space is gone from the op log behind the last", async () => {
  const { cluster, game, den, hero } = crowdedSpace();
  let isClosed = false;
  const closed = den.closeSpace().then(() => {
    isClosed = true;
  });
  assert.ok(den.members.size > 0 && den.members.size < CROWD, `${den.members.size} are left`);
  assert.equal(game.ops.named("spaceDestroy").length, 0);
  assert.equal(hero.space, den, "it goes on until its turn comes");
  assert.deepEqual(notes, []);
  await cluster.run(1_000);
  await closed;
  assert.ok(isClosed);
  assert.equal(den.members.size, 0);
  assert.deepEqual(notes, ["leave den"]);
  const order = game.ops.named("spaceLeave", "spaceDestroy").map(([name]) => name);
  assert.equal(order.length, CROWD + 2);
  assert.equal(order.at(-1), "spaceDestroy");
});

test("close: nobody enters it any more while a crowd leaves, and who leaves by itself hears of it once", async () => {
  const { cluster, game, den, hero } = crowdedSpace();
  const closed = den.closeSpace();
  const late = game.host.spawn("Stone", {}) as Stone;
  assert.throws(() => late.enterSpace(den, { x: 0, y: 0, z: 0, yaw: 0 }), { code: "SPACE_UNKNOWN" });
  hero.leaveSpace();
  await cluster.run(1_000);
  await closed;
  assert.deepEqual(notes, ["leave den"]);
});

test("close: two crowds at once take turns, both end", async () => {
  const first = crowdedSpace();
  const { host } = first.game;
  const cave = host.spawn("Room", { values: { spaceName: "cave" } }) as Space;
  for (let i = 0; i < CROWD; i++) {
    (host.spawn("Stone", {}) as Stone).enterSpace(cave, { x: i % 100, y: 0, z: 0, yaw: 0 });
  }
  const both = Promise.all([first.den.closeSpace(), cave.closeSpace()]);
  await first.cluster.run(1_000);
  await both;
  assert.deepEqual([first.den.members.size, cave.members.size], [0, 0]);
});
