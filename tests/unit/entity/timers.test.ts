import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { type Actor, cast, note, notes, play, rehearse } from "./cast.js";
import { TestCluster } from "./rig.js";

beforeEach(rehearse);

function setUp(options: ConstructorParameters<typeof TestCluster>[1] = {}) {
  const cluster = new TestCluster(cast, options);
  const game = cluster.game(1);
  const actor = game.host.spawn("Actor", {}) as Actor;
  play.timer = (_, __, data) => note(`${Math.round(cluster.scheduler.nowMs())} ${JSON.stringify(data)}`);
  return { cluster, game, actor };
}

test("timer: calls the method named, once, with its data, at its time", async () => {
  const { cluster, actor } = setUp();
  actor.after(100, "timer", 1, "a", { deep: [true] });
  await cluster.run(90);
  assert.deepEqual(notes, []);
  await cluster.run(200);
  assert.deepEqual(notes, ['100 [1,"a",{"deep":[true]}]']);
  assert.equal(actor.$.timers.size, 0);
});

test("timer: is plain data that holds no function", () => {
  const { actor } = setUp();
  actor.after(100, "timer", 1);
  actor.every(30, "timer");
  const plain = [...actor.$.timers.values()].map(({ method, data, intervalMs }) => ({ method, data, intervalMs }));
  assert.deepEqual(JSON.parse(JSON.stringify(plain)), [
    { method: "timer", data: [1], intervalMs: 0 },
    { method: "timer", data: [], intervalMs: 30 },
  ]);
});

test("timer: repeats until cancelled, which it may do itself", async () => {
  const { cluster, actor } = setUp();
  const id = actor.every(50, "timer", "x");
  play.timer = () => {
    note("x");
    if (notes.length === 3) actor.cancelTimer(id);
  };
  await cluster.run(1_000);
  assert.equal(notes.length, 3);
  assert.equal(actor.$.timers.size, 0);
  actor.cancelTimer(id);
});

test("timer: an interval below a millisecond repeats all the same", async () => {
  const { cluster, actor } = setUp();
  actor.every(0, "timer");
  actor.every(-5, "timer");
  await cluster.run(100);
  assert.ok(notes.length >= 20, String(notes.length));
});

test("timer: waits its turn behind a handler, and those of a repeating one are bounded by the mailbox", async () => {
  const { cluster, actor } = setUp({ mailboxMax: 5, handlerTimeoutMs: 6_000 });
  let isBusy = true;
  play.timer = () => {
    note("ran");
    if (isBusy) return new Promise(() => undefined);
    return undefined;
  };
  const id = actor.every(20, "timer");
  await cluster.run(3_000);
  assert.deepEqual([notes.length, actor.$.inbox.length, actor.$.life], [1, 5, "active"]);
  actor.cancelTimer(id);
  isBusy = false;
  await cluster.run(4_000);
  assert.equal(notes.length, 6);
});

test("timer: a method that is not there, or that throws, is contained", async () => {
  const { cluster, game, actor } = setUp();
  actor.after(10, "nothing");
  await cluster.run();
  assert.match(game.log.join("\n"), /RPC_UNKNOWN.*Actor.nothing/);
  assert.equal(actor.destroyed, false);
});

test("timer: what it changes is flushed", async () => {
  const { cluster, game, actor } = setUp();
  const before = game.flushCount;
  actor.after(10, "timer");
  await cluster.run();
  assert.equal(game.flushCount, before + 1);
});

test("timer: 20,000 of them leave nothing behind when their entities end", async () => {
  const { cluster, game } = setUp();
  const actors = Array.from({ length: 2_000 }, () => game.host.spawn("Actor", {}) as Actor);
  for (const each of actors) for (let i = 1; i <= 10; i++) each.every(i * 1_000, "timer");
  assert.equal(game.timers.size, 20_000);
  await Promise.all(actors.map((each) => each.destroy()));
  await cluster.run();
  assert.equal(game.timers.size, 0);
});
