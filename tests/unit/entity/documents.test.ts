import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { unpack } from "msgpackr";
import { errorCodeOf } from "../../../engine/base/errors.js";
import type { MailboxData } from "../../../engine/property/types.js";
import { type Actor, cast, play, rehearse } from "./cast.js";
import { TestCluster, type TestGame } from "./rig.js";

beforeEach(rehearse);

const SAVE_INTERVAL_MS = 1_000;

function setUp() {
  const cluster = new TestCluster(cast, { saveIntervalMs: SAVE_INTERVAL_MS });
  const game = cluster.game(1);
  const asker = game.host.spawn("Actor", {}) as Actor;
  return { cluster, game, asker };
}
type Set = ReturnType<typeof setUp>;

/** The entity that lives on the document "k", made by `asker` on the game. */
async function take({ cluster, asker }: Set, game: TestGame, values = {}): Promise<Actor> {
  const taken = asker.spawnOn(game.incarnation, "Actor", { key: "k", values });
  await cluster.run(20);
  return game.host.entity((await taken).entity) as Actor;
}

function stored({ cluster }: Set): { epoch: number; id: string; values: Record<string, unknown> } {
  const document = cluster.disk.read("Actor", "k");
  assert.ok(document !== null);
  return { epoch: document.epoch, ...(unpack(document.value) as { id: string; values: Record<string, unknown> }) };
}

const codeOf = (promise: Promise<unknown>) => promise.then(() => "", errorCodeOf);

test("document: the first taking begins it under epoch 1, with the entity's id", async () => {
  const set = setUp();
  const actor = await take(set, set.game);
  assert.deepEqual([stored(set).epoch, stored(set).id], [1, actor.id]);
});

test("document: save makes the persistent properties durable, and only those", async () => {
  const set = setUp();
  const actor = await take(set, set.game);
  actor.gold = 50;
  actor.mood = "fine";
  const saved = actor.save();
  await set.cluster.run(10);
  await saved;
  assert.deepEqual(stored(set).values, { name: "", gold: 50 });
});

test("document: taken again after the end, it has the same id and values and the next epoch", async () => {
  const set = setUp();
  const first = await take(set, set.game, { gold: 7 });
  await Promise.all([first.destroy(), set.cluster.run(10)]);
  const second = await take(set, set.cluster.game(2), { gold: 1, name: "new" });
  assert.deepEqual([second.id, second.gold, second.name, second.$.document?.epoch], [first.id, 7, "", 2]);
});

test("document: values it was begun with get into it, although nothing changed later", async () => {
  const set = setUp();
  const actor = await take(set, set.game, { gold: 33 });
  await Promise.all([actor.destroy(), set.cluster.run(10)]);
  assert.equal(stored(set).values.gold, 33);
});

test("document: a save without a change writes nothing, and an entity without a document has nothing to save", async () => {
  const set = setUp();
  const actor = await take(set, set.game);
  const before = set.cluster.puts.length;
  await actor.save();
  set.asker.gold = 5;
  await set.asker.save();
  assert.equal(set.cluster.puts.length, before);
});

test("document: what changes is saved at intervals, until the end", async () => {
  const set = setUp();
  const actor = await take(set, set.game);
  actor.gold = 60;
  await set.cluster.run(SAVE_INTERVAL_MS + 50);
  assert.equal(stored(set).values.gold, 60);
  actor.gold = 61;
  await set.cluster.run(SAVE_INTERVAL_MS + 50);
  assert.equal(stored(set).values.gold, 61);
  await Promise.all([actor.destroy(), set.cluster.run(10)]);
  assert.equal(set.game.timers.size, 0);
});

test("document: one save at a time; those that ask meanwhile share the next one, which holds all", async () => {
  const set = setUp();
  const actor = await take(set, set.game);
  const before = set.cluster.puts.length;
  actor.gold = 1;
  const saves = [actor.save()];
  actor.gold = 2;
  saves.push(actor.save());
  actor.gold = 3;
  saves.push(actor.save());
  await Promise.all([set.cluster.run(20), ...saves]);
  const golds = set.cluster.puts.slice(before).map(({ value }) => unpack(value).values.gold);
  assert.deepEqual(golds, [1, 3]);
});

test("document: a change during a save, and the end during a save, are in the last one", async () => {
  const set = setUp();
  const actor = await take(set, set.game);
  set.cluster.diskIsStuck = true;
  actor.gold = 1;
  const save = actor.save();
  await set.cluster.run(5);
  actor.gold = 2;
  const end = actor.destroy();
  await set.cluster.run(5);
  assert.notEqual(set.game.host.entity(actor.id), undefined);
  set.cluster.unstickDisk();
  await set.cluster.run(10);
  await Promise.all([save, end]);
  assert.equal(stored(set).values.gold, 2);
  assert.equal(set.game.host.entity(actor.id), undefined);
});

test("document: a failed save rejects, and what it held is tried again by the next", async () => {
  const set = setUp();
  const actor = await take(set, set.game);
  set.cluster.disk.health = "failing";
  actor.gold = 5;
  const save = actor.save();
  await set.cluster.run(10);
  assert.equal(await codeOf(save), "STORE_FAILED");
  set.cluster.disk.health = "good";
  await set.cluster.run(SAVE_INTERVAL_MS);
  assert.equal(stored(set).values.gold, 5);
});

test("document: a disk that fails to the last loses the entity's change, says so, and keeps nothing in memory", async () => {
  const set = setUp();
  const actor = await take(set, set.game);
  set.cluster.disk.health = "failing";
  actor.gold = 5;
  await Promise.all([actor.destroy(), set.cluster.run(10)]);
  assert.match(set.game.log.join("\n"), /the last save failed.*STORE_FAILED/);
  assert.equal(set.game.host.entityCount, 1);
});

test("stale: a copy whose document was taken elsewhere can write no more, ends, and the newer one stays as it is", async () => {
  const set = setUp();
  const old = await take(set, set.game);
  old.gold = 1;
  const other = set.cluster.game(2);
  const fresh = await take(set, other);
  fresh.gold = 100;
  await Promise.all([fresh.save(), set.cluster.run(10)]);
  old.gold = 2;
  const save = old.save();
  await set.cluster.run(10);
  assert.equal(await codeOf(save), "STORE_EPOCH_STALE");
  assert.deepEqual([old.destroyed, fresh.destroyed, stored(set).values.gold], [true, false, 100]);
  assert.deepEqual([set.game.host.entityCount, stored(set).epoch], [1, 2]);
});

test("take: two games at the same moment get different epochs: never do both believe that they hold it", async () => {
  const set = setUp();
  const [a, b] = [set.game, set.cluster.game(2)];
  const first = await take(set, a);
  await Promise.all([first.destroy(), set.cluster.run(10)]);
  const takings = [a, b].map((game) => {
    const asker = game.host.spawn("Actor", {}) as Actor;
    return asker.spawnOn(game.incarnation, "Actor", { key: "k" });
  });
  await set.cluster.run(50);
  const mailboxes = (await Promise.all(takings)) as [MailboxData, MailboxData];
  const epochs = mailboxes.map(({ entity }, i) => ([a, b][i] as TestGame).host.entity(entity)?.$.document?.epoch);
  assert.deepEqual(epochs.sort(), [2, 3]);
  assert.equal(stored(set).epoch, 3);
});

test("take: one game does not take what an entity of its own lives on: that one keeps its epoch and can save", async () => {
  const set = setUp();
  const actor = await take(set, set.game);
  const again = set.asker.spawnOn(1, "Actor", { key: "k" });
  await set.cluster.run(10);
  assert.equal(await codeOf(again), "ENTITY_EXISTS");
  actor.gold = 9;
  await Promise.all([actor.save(), set.cluster.run(10)]);
  assert.equal(stored(set).values.gold, 9);
});

test("take: while the one that lives on it ends, the next waits for its last save", async () => {
  const set = setUp();
  const actor = await take(set, set.game);
  actor.gold = 12;
  const end = actor.destroy();
  const next = await take(set, set.game);
  await end;
  assert.deepEqual([next.gold, next.id, next === actor], [12, actor.id, false]);
});

test("take: two at once on one game: one gets it, the other ENTITY_EXISTS", async () => {
  const set = setUp();
  const takings = [1, 2].map(() => codeOf(set.asker.spawnOn(1, "Actor", { key: "k" })));
  await set.cluster.run(20);
  assert.deepEqual(await Promise.all(takings), ["", "ENTITY_EXISTS"]);
  const winner = [...set.game.host.all()].find(({ $ }) => $.document !== null) as Actor;
  winner.gold = 4;
  await Promise.all([winner.save(), set.cluster.run(10)]);
  assert.equal(stored(set).values.gold, 4);
});

test("take: what failed leaves the document free (a bad value, a creating hook, the store)", async () => {
  const set = setUp();
  const failing = async (values: Record<string, unknown>) => {
    const asked = codeOf(set.asker.spawnOn(1, "Actor", { key: "k", values }));
    await set.cluster.run(20);
    return await asked;
  };
  assert.equal(await failing({ gold: "much" }), "PROPERTY_VALUE");
  play.create = (self) => {
    self.gold = 999;
    throw new Error("no");
  };
  assert.equal(await failing({}), "ENTITY_CREATE_FAILED");
  delete play.create;
  set.cluster.disk.health = "failing";
  assert.equal(await failing({}), "STORE_FAILED");
  set.cluster.disk.health = "good";
  const actor = await take(set, set.game);
  assert.equal(actor.gold, 10);
});

test("key: one that the protocol has no room for is refused before anything is sent", async () => {
  const { asker } = setUp();
  assert.equal(await codeOf(asker.spawnOn(2, "Actor", { key: "x".repeat(257) })), "RPC_ARGUMENT");
  assert.equal(await codeOf(asker.spawnOn(2, "Actor", { key: "ä".repeat(129) })), "RPC_ARGUMENT");
});
