import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { errorCodeOf } from "../../../engine/base/errors.js";
import { TimerWheel } from "../../../engine/base/timer-wheel.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";
import { StubDirectory, type StubHome } from "../../../engine/entity/stub-directory.js";
import { type Actor, cast, type Desk, note, notes, play, rehearse } from "./cast.js";
import { TestCluster, type TestGame } from "./rig.js";

beforeEach(rehearse);

const KEYS = Array.from({ length: 40 }, (_, i) => `key${i}`);

/** Two games; the gamemanager is the test. */
function setUp() {
  const cluster = new TestCluster(cast);
  const [one, two] = [cluster.game(1), cluster.game(2)];
  const created: [game: number, name: string, shard: number, assignment: number, result: string][] = [];
  for (const game of [one, two]) {
    game.host.stubKeeper.onCreated = (name, shard, assignment, result) =>
      created.push([game.incarnation, name, shard, assignment, typeof result === "string" ? "made" : result.code]);
  }
  const actor = one.host.spawn("Actor", {}) as Actor;
  const tell = (...entries: StubHome[]) => {
    for (const { host } of cluster.games.values()) host.handleStubTable(entries);
  };
  return { cluster, one, two, created, actor, tell };
}

function home(game: TestGame, shard: number): StubHome {
  const found = game.host.stubKeeper.list(game.incarnation).find((each) => each.shard === shard);
  assert.ok(found !== undefined);
  return found;
}

const ask = (actor: Actor, key: string) => actor.stub<Desk>("Desk", key).call.ask(key);

test("stub: a key falls to one shard, always the same, and all shards get some", () => {
  const { one, actor } = setUp();
  const shards = KEYS.map((key) => one.host.shardOf("Desk", key));
  assert.deepEqual(
    shards,
    KEYS.map((key) => one.host.shardOf("Desk", key)),
  );
  assert.deepEqual([...new Set(shards)].sort(), [0, 1, 2]);
  assert.throws(() => actor.stub("Nobody"), { code: "STUB_UNKNOWN" });
  assert.throws(() => actor.stub("Actor"), { code: "STUB_UNKNOWN" });
});

test("stub: created here and there, and called by name from anywhere", async () => {
  const { cluster, one, two, created, actor, tell } = setUp();
  one.host.createStub("Desk", 0, 1);
  one.host.router.sendStubCreate(2, "Desk", 1, 1);
  two.host.createStub("Desk", 2, 1);
  await cluster.run();
  assert.deepEqual(created.sort(), [
    [1, "Desk", 0, 1, "made"],
    [2, "Desk", 1, 1, "made"],
    [2, "Desk", 2, 1, "made"],
  ]);
  tell(home(one, 0), home(two, 1), home(two, 2));
  const answers = KEYS.map((key) => ask(actor, key));
  await cluster.run();
  assert.deepEqual(
    await Promise.all(answers),
    KEYS.map((key) => `${one.host.shardOf("Desk", key)}: ${key}`),
  );
});

test("stub: calls wait for a home, in their order, and go there when it is known", async () => {
  const { cluster, one, two, actor, tell } = setUp();
  const key = KEYS.find((each) => one.host.shardOf("Desk", each) === 1) as string;
  const asked = ask(actor, key);
  actor.stub<Desk>("Desk", key).send.ask(key);
  await cluster.run(1_000);
  two.host.createStub("Desk", 1, 1);
  tell(home(two, 1));
  await cluster.run();
  assert.equal(await asked, `1: ${key}`);
});

test("stub: one that gets no home in time is unavailable, and nothing waits any longer", async () => {
  const { cluster, one, actor } = setUp();
  const asked = actor.stub<Desk>("Desk").within(200).call.ask("x");
  const sent = actor.stub<Desk>("Desk").send;
  sent.ask("y");
  await cluster.run(300);
  assert.equal(await asked.catch(errorCodeOf), "STUB_UNAVAILABLE");
  await cluster.run(5_000);
  assert.equal(one.metrics.snapshot().entity_messages_undelivered_total, 1);
  assert.equal(one.timers.size, 0);
});

test("stub: re-homed when its game is gone; it knows that it is not the first, and entities are told", async () => {
  const { cluster, one, two, actor, tell } = setUp();
  two.host.createStub("Desk", 0, 1);
  const first = home(two, 0);
  tell(first);
  play.stubRestarted = (_, which) => note(which);
  cluster.games.delete(2);
  one.host.handleGameGone(2);
  one.host.handleStubTable([]);
  const key = KEYS.find((each) => one.host.shardOf("Desk", each) === 0) as string;
  const asked = ask(actor, key);
  await cluster.run();
  one.host.createStub("Desk", 0, 2);
  one.host.handleStubTable([home(one, 0)]);
  await cluster.run();
  assert.equal(await asked, `0*: ${key}`);
  assert.deepEqual(notes, ["Desk#0"]);
});

test("stub: asked for again it is not made twice, and answers with the latest assignment", async () => {
  const { cluster, one, created } = setUp();
  play.deskCreate = () => new Promise((resolve) => cluster.later(() => resolve(undefined)));
  one.host.createStub("Desk", 0, 1);
  one.host.createStub("Desk", 0, 2);
  assert.equal(one.host.stubKeeper.list(1)[0]?.entity, "");
  await cluster.run();
  one.host.createStub("Desk", 0, 3);
  assert.deepEqual(created, [
    [1, "Desk", 0, 2, "made"],
    [1, "Desk", 0, 3, "made"],
  ]);
  assert.equal(one.host.entityCount, 2);
});

test("stub: one that could not be made is reported, and can be asked for again", async () => {
  const { cluster, one, created } = setUp();
  play.deskCreate = () => {
    throw new Error("no");
  };
  one.host.createStub("Desk", 0, 1);
  one.host.createStub("Nobody", 0, 1);
  await cluster.run();
  delete play.deskCreate;
  one.host.createStub("Desk", 0, 2);
  await cluster.run();
  assert.deepEqual(created.sort(), [
    [1, "Desk", 0, 1, "ENTITY_CREATE_FAILED"],
    [1, "Desk", 0, 2, "made"],
    [1, "Nobody", 0, 1, "ENTITY_TYPE_UNKNOWN"],
  ]);
});

test("stub: one that the table gives to another game under a later assignment ends here; under an earlier one it stays", async () => {
  const { cluster, one, two, tell } = setUp();
  one.host.createStub("Desk", 0, 2);
  one.host.createStub("Desk", 1, 2);
  const ours = home(one, 0);
  two.host.createStub("Desk", 0, 3);
  await cluster.run();
  tell(home(two, 0), { ...home(one, 1), game: 2, assignment: 1 });
  await cluster.run();
  assert.equal(one.host.entity(ours.entity), undefined);
  assert.deepEqual(
    one.host.stubKeeper.list(1).map(({ shard }) => shard),
    [1],
  );
});

test("stub directory: those who wait are bounded, and give their place back in either way (10,000)", async () => {
  const scheduler = new VirtualScheduler();
  const directory = new StubDirectory(new TimerWheel(scheduler), [{ name: "Desk", shards: 2 }]);
  const waitAll = () => Array.from({ length: 10_000 }, (_, i) => directory.waitForHome("Desk", i % 2, 100));
  const codes = (waits: Promise<unknown>[]) => Promise.all(waits.map((wait) => wait.then(() => "", errorCodeOf)));
  for (let round = 0; round < 2; round++) {
    const waits = waitAll();
    assert.equal(await directory.waitForHome("Desk", 0, 100).catch(errorCodeOf), "STUB_UNAVAILABLE");
    await scheduler.run(scheduler.nowMs() + 200);
    assert.deepEqual(new Set(await codes(waits)), new Set(["STUB_UNAVAILABLE"]));
  }
  const waits = waitAll();
  const entity = "A".repeat(16);
  directory.update([0, 1].map((shard) => ({ name: "Desk", shard, game: 1, entity, assignment: 1 })));
  assert.deepEqual(new Set(await codes(waits)), new Set([""]));
  directory.update([]);
  let code = "waits";
  directory.waitForHome("Desk", 0, 100).catch((error) => {
    code = errorCodeOf(error);
  });
  await scheduler.run(scheduler.nowMs() + 50);
  assert.equal(code, "waits");
  await scheduler.run(scheduler.nowMs() + 100);
  assert.equal(code, "STUB_UNAVAILABLE");
  assert.equal(directory.home("Desk", 0), undefined);
});
