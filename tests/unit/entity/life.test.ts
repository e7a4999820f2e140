import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { AeonError, errorCodeOf } from "../../../engine/base/errors.js";
import { type Actor, cast, type Hero, note, notes, play, rehearse, type Stone, type Ticker } from "./cast.js";
import { TestCluster, type TestGame } from "./rig.js";

beforeEach(rehearse);

function setUp(options: ConstructorParameters<typeof TestCluster>[1] = {}) {
  const cluster = new TestCluster(cast, options);
  const game = cluster.game(1);
  return { cluster, game, host: game.host };
}

function spawnActor(game: TestGame, values = {}): Actor {
  return game.host.spawn("Actor", { values }) as Actor;
}

function send(from: Actor, to: Actor, what: string): void {
  from.remote<Actor>("Actor", to.mailbox).send.act(what, null);
}

test("create: the entity is there when spawn returns, with its values, and its onCreate has begun", () => {
  const { game, host } = setUp();
  play.create = (self, name) => note(`${name} ${self.gold} ${host.entity(self.id) === self}`);
  const actor = spawnActor(game, { name: "ann", gold: 3 });
  assert.deepEqual(notes, ["ann 3 true"]);
  assert.equal(actor.destroyed, false);
  assert.equal(host.entityCount, 1);
  assert.deepEqual(
    game.ops.named("entityCreate").map(([, slot, , id]) => [slot, id]),
    [[actor.$.slot, actor.id]],
  );
});

test("create: calls wait until an onCreate that awaits is done", async () => {
  const { cluster, game } = setUp();
  let ready: (value?: unknown) => void = () => undefined;
  play.create = (_, name) => (name === "slow" ? new Promise((resolve) => (ready = resolve)) : undefined);
  play.act = (_, what) => note(what);
  const slow = spawnActor(game, { name: "slow" });
  send(spawnActor(game), slow, "call");
  await cluster.run();
  assert.deepEqual([notes.length, slow.$.life], [0, "creating"]);
  ready();
  await cluster.run();
  assert.deepEqual([notes, slow.$.life], [["call"], "active"]);
});

for (const [how, create] of [
  [
    "throws",
    () => {
      throw new Error("no luck");
    },
  ],
  ["rejects", () => Promise.reject(new Error("no luck"))],
  ["never ends", () => new Promise(() => undefined)],
] as const) {
  test(`create: an onCreate that ${how} ends the entity, and the creator gets ENTITY_CREATE_FAILED`, async () => {
    const { cluster, game, host } = setUp({ handlerTimeoutMs: 6_000 });
    const actor = spawnActor(game);
    play.create = create;
    play.destroy = (_, reason) => note(reason);
    const asked = actor.spawnOn(1, "Actor", { values: { name: "x" } });
    await cluster.run(7_000);
    assert.equal(await asked.catch(errorCodeOf), "ENTITY_CREATE_FAILED");
    assert.deepEqual(notes, ["not created"]);
    assert.equal(host.entityCount, 1);
    assert.equal(game.ops.named("entityDestroy").length, 1);
  });
}

test("create: values that are not of their type leave nothing behind (PROPERTY_VALUE, the slot is used again)", () => {
  const { game, host } = setUp();
  assert.throws(() => spawnActor(game, { gold: "much" }), { code: "PROPERTY_VALUE" });
  assert.equal(host.entityCount, 0);
  assert.equal(spawnActor(game).$.slot, 0);
});

test("create: a type that is not there (ENTITY_TYPE_UNKNOWN)", () => {
  const { host } = setUp();
  assert.throws(() => host.spawn("Dragon", {}), { code: "ENTITY_TYPE_UNKNOWN" });
});

test("destroy: hook first, then nothing runs, out of its space, client closed, out of the op log, forgotten", async () => {
  const { cluster, game, host } = setUp();
  const room = host.spawn("Room", { values: { spaceName: "den" } });
  const hero = host.spawn("Hero", { space: room as never }) as Hero;
  host.handleClientBound(501, { handle: 1, bindNumber: 1, clientId: "A".repeat(22), definitionsHash: "" }, hero.id);
  await cluster.run();
  game.ops.clear();
  hero.onDestroy = (reason) => note(`${reason} ${hero.space === room} ${hero.clientConnected} ${hero.destroyed}`);
  await hero.destroy("the end");
  assert.equal(notes.at(-1), "the end true true true");
  const order = game.ops.ops.map(([name]) => name);
  assert.deepEqual(order, ["spaceLeave", "clientKick", "entityDestroy"]);
  assert.equal(host.entity(hero.id), undefined);
  assert.deepEqual([host.clients.count, hero.proxy, hero.space], [0, null, null]);
});

test("destroy: again, or while it is under way, changes nothing and waits for the same end", async () => {
  const { cluster, game, host } = setUp();
  play.destroy = (self, reason) => {
    note(reason);
    void self.destroy("inside");
  };
  const actor = spawnActor(game);
  await Promise.all([actor.destroy("once"), actor.destroy("twice")]);
  await cluster.run();
  assert.deepEqual(notes, ["once"]);
  assert.equal(game.ops.named("entityDestroy").length, 1);
  assert.equal(host.entityCount, 0);
});

test("destroy: a throw in onDestroy, now or later, ends the entity all the same", async () => {
  const { cluster, game, host } = setUp();
  play.destroy = () => {
    throw new Error("at once");
  };
  await spawnActor(game).destroy();
  play.destroy = () => Promise.reject(new Error("later"));
  await spawnActor(game).destroy();
  await cluster.run();
  assert.equal(host.entityCount, 0);
  assert.match(game.log.join("\n"), /at once[\s\S]*later/);
});

test("destroy: calls that wait fail with ENTITY_DESTROYED, timers are gone, and a later one is never set", async () => {
  const { cluster, game } = setUp();
  const [actor, other] = [spawnActor(game), spawnActor(game)];
  play.act = () => new Promise(() => undefined);
  play.timer = () => note("timer");
  const toActor = other.remote<Actor>("Actor", actor.mailbox);
  toActor.send.act("holds", null);
  const waits = toActor.call.act("waits", null);
  actor.after(20, "timer");
  actor.every(20, "timer");
  await actor.destroy();
  actor.after(20, "timer");
  await cluster.run(100);
  assert.equal(await waits.catch(errorCodeOf), "ENTITY_DESTROYED");
  assert.deepEqual([notes, actor.$.timers.size], [[], 0]);
});

test("destroyed: an entity that is still in somebody's hands writes no op any more", async () => {
  const { game, host } = setUp();
  const hero = host.spawn("Hero", {}) as Hero;
  const room = host.spawn("Room", { values: { spaceName: "den" } }) as never;
  await hero.destroy();
  const successor = host.spawn("Hero", {}) as Hero;
  assert.equal(successor.$.slot, hero.$.slot);
  game.ops.clear();
  hero.hp = 1;
  hero.allClients.onSay("boo");
  hero.client.onSay("boo");
  hero.setViewRadius(99);
  hero.kickClient("x");
  hero.giveClientTo(successor);
  hero.leaveSpace();
  assert.throws(() => hero.enterSpace(room, { x: 0, y: 0, z: 0, yaw: 0 }), { code: "ENTITY_DESTROYED" });
  assert.throws(() => hero.moveTo(1, 0, 1), { code: "SPACE_UNKNOWN" });
  assert.deepEqual(game.ops.ops, []);
});

test("throw: fails that call and the entity lives", async () => {
  const { cluster, game } = setUp();
  const [a, b] = [spawnActor(game), spawnActor(game)];
  play.act = (_, what) => {
    if (what === "bad") throw new Error("oops");
    note(what);
  };
  send(a, b, "bad");
  send(a, b, "good");
  await cluster.run();
  assert.deepEqual(notes, ["good"]);
  assert.equal(game.metrics.snapshot().entity_throws_total, 1);
});

test("quarantine: five throws in ten seconds, and it runs nothing any more; four, or five in a longer time, do not", async () => {
  const { cluster, game } = setUp();
  const [slow, fast, other] = [spawnActor(game), spawnActor(game), spawnActor(game)];
  play.act = () => {
    throw new Error("oops");
  };
  for (let i = 0; i < 8; i++) {
    send(other, slow, "x");
    await cluster.run(2_600);
  }
  for (let i = 0; i < 4; i++) send(other, fast, "x");
  assert.deepEqual([slow.$.life, fast.$.life], ["active", "active"]);
  play.timer = () => note("timer");
  fast.after(10, "timer");
  send(other, fast, "x");
  const call = other.remote<Actor>("Actor", fast.mailbox).call.act("y", null);
  await cluster.run();
  assert.equal(fast.$.life, "quarantined");
  assert.equal(await call.catch(errorCodeOf), "ENTITY_QUARANTINED");
  assert.deepEqual(notes, []);
  assert.equal(game.metrics.snapshot().entity_quarantines_total, 1);
});

test("quarantine: an AeonError that a handler answers with counts for nothing, nor do calls of a hook that failed", async () => {
  const { cluster, game } = setUp();
  const [a, b] = [spawnActor(game), spawnActor(game)];
  play.act = () => {
    throw new AeonError("LOGIN_NAME_IN_USE");
  };
  play.timer = (self) => self.remote<Actor>("Actor", { ...b.mailbox, game: 77 }).call.act("x", null);
  for (let i = 0; i < 9; i++) send(a, b, "x");
  b.every(100, "timer");
  await cluster.run(1_000);
  assert.equal(b.$.life, "active");
  assert.match(game.log.join("\n"), /a hook failed.*MAILBOX_GAME_GONE/);
});

test("quarantine: hooks that throw count, and so does misuse of the engine in them", async () => {
  const { cluster, game } = setUp();
  const actor = spawnActor(game);
  play.timer = (self) => {
    self.gold = 0.5;
  };
  actor.every(100, "timer");
  await cluster.run(2_000);
  assert.equal(actor.$.life, "quarantined");
});

test("quarantine: it can still be destroyed, with its hook", async () => {
  const { cluster, game, host } = setUp({ quarantineThrows: 1 });
  const actor = spawnActor(game);
  play.act = () => {
    throw new Error("oops");
  };
  play.destroy = (_, reason) => note(reason);
  send(spawnActor(game), actor, "x");
  await cluster.run();
  await actor.destroy("cleared away");
  assert.deepEqual([notes, host.entityCount], [["cleared away"], 1]);
});

test("tick: runs for types that have it, with the time since the last; those that come during a tick have theirs in the next", () => {
  const { host } = setUp();
  const ticker = host.spawn("Ticker", {}) as Ticker;
  play.tick = (self, dtMs) => {
    note(dtMs);
    if (self.id === ticker.id && notes.length < 50) host.spawn("Ticker", {});
  };
  host.tick(50);
  assert.deepEqual(notes, ["50"]);
  host.tick(40);
  assert.deepEqual(notes, ["50", "40", "40"]);
});

test("tick: one that throws, at once or later, is contained and the others run", async () => {
  const { cluster, game, host } = setUp();
  const tickers = [1, 2, 3].map(() => host.spawn("Ticker", {}));
  play.tick = (self) => {
    note("tick");
    if (self.id === tickers[0]?.id) throw new Error("at once");
    return self.id === tickers[1]?.id ? Promise.reject(new Error("later")) : undefined;
  };
  host.tick(50);
  await cluster.run();
  assert.equal(notes.length, 3);
  assert.equal(game.metrics.snapshot().entity_throws_total, 2);
  for (let i = 0; i < 4; i++) host.tick(50);
  await cluster.run();
  assert.deepEqual(
    tickers.map((ticker) => ticker.$.life),
    ["quarantined", "quarantined", "active"],
  );
});

test("tick: an entity that ends in a tick has none in it, and one that is being created has none", async () => {
  const { cluster, host } = setUp();
  const [first, second] = [host.spawn("Ticker", {}), host.spawn("Ticker", {})];
  play.tick = (self) => {
    note(self.id === first?.id ? "first" : "second");
    void second?.destroy();
  };
  host.tick(50);
  host.tick(50);
  await cluster.run();
  assert.deepEqual(notes, ["first", "first"]);
});

test("hooks of the cluster: a game that leaves and a stub that restarts are told to those who ask, one at a time", async () => {
  const { cluster, game, host } = setUp();
  const actor = spawnActor(game);
  play.gameGone = (_, which) => note(`gone ${which}`);
  play.stubRestarted = (self, which) => {
    note(which);
    self.spawn("Actor");
  };
  host.handleGameGone(2);
  host.handleStubTable([{ name: "Desk", shard: 1, game: 1, entity: actor.id, assignment: 1 }]);
  host.handleStubTable([{ name: "Desk", shard: 1, game: 1, entity: actor.id, assignment: 1 }]);
  await cluster.run();
  assert.deepEqual(notes, ["gone 2", "Desk#1"]);
});

test("destroyAll: ends everything, and also waits for what was ending already", async () => {
  const { cluster, game, host } = setUp();
  const other = spawnActor(game);
  const taken = other.spawnOn(1, "Actor", { key: "k" });
  await cluster.run();
  const saved = host.entity((await taken).entity) as Actor;
  saved.gold = 77;
  cluster.diskIsStuck = true;
  void saved.destroy("left");
  let isDone = false;
  void host.destroyAll("shutdown").then(() => {
    isDone = true;
  });
  await cluster.run();
  assert.deepEqual([isDone, other.destroyed], [false, true]);
  cluster.unstickDisk();
  await cluster.run();
  assert.deepEqual([isDone, host.entityCount], [true, 0]);
});

test("spawn: into a space, once it is created; a place outside of every space ends it", async () => {
  const { cluster, host } = setUp();
  const room = host.spawn("Room", { values: { spaceName: "den" } }) as never;
  const good = host.spawn("Stone", { space: room, position: { x: 3, y: 0, z: 4, yaw: 0 } }) as Stone;
  const bad = host.spawn("Stone", { space: room, position: { x: Number.NaN, y: 0, z: 4, yaw: 0 } });
  await cluster.run();
  assert.deepEqual([good.space, good.position.x, bad.destroyed], [room, 3, true]);
});
