import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { errorCodeOf } from "../../../engine/base/errors.js";
import { defineWorld, SPACE_MANAGER, type SpaceManager } from "../../../engine/index.js";
import { Account, type Actor, Actor as ActorType, Room, rehearse } from "./cast.js";
import { TestCluster, type TestGame } from "./rig.js";

beforeEach(rehearse);

const world = defineWorld({
  entities: [Account, ActorType, Room],
  account: "Account",
  spaces: [
    { name: "meadow", type: "Room" },
    { name: "cave", type: "Room", beside: "meadow" },
  ],
});

/** Games whose space manager lives on the first. */
async function setUp(gameCount = 2) {
  const cluster = new TestCluster(world, { stubRecoverMs: 200 });
  const games = Array.from({ length: gameCount }, (_, i) => cluster.game(i + 1));
  const actor = (games.at(-1) as TestGame).host.spawn("Actor", {}) as Actor;
  await home(cluster, games[0] as TestGame, 1);
  return { cluster, games, actor, manager: actor.stub<SpaceManager>(SPACE_MANAGER) };
}

async function home(cluster: TestCluster, game: TestGame, assignment: number): Promise<void> {
  game.host.createStub(SPACE_MANAGER, 0, assignment);
  await cluster.run();
  for (const { host } of cluster.games.values()) host.handleStubTable(game.host.stubKeeper.list(game.incarnation));
  await cluster.run();
}

function spacesOf(game: TestGame): string[] {
  const rooms = [...game.host.all()].filter((entity) => entity instanceof Room && !entity.destroyed) as Room[];
  return rooms.map(({ spaceName }) => spaceName).sort();
}

test("space manager: the world's spaces are there after its creation, those that belong together on one game", async () => {
  const { cluster, games, manager } = await setUp();
  assert.deepEqual(games.flatMap(spacesOf).sort(), ["cave", "meadow"]);
  const [meadow, cave] = [manager.call.find("meadow"), manager.call.find("cave")];
  await cluster.run();
  assert.equal((await meadow)?.game, (await cave)?.game);
});

test("space manager: creates a space once, on the game with the fewest; finds it; closes it", async () => {
  const { cluster, games, manager } = await setUp();
  const [first, again] = [manager.call.create("Room", "arena"), manager.call.create("Room", "arena")];
  await cluster.run();
  assert.deepEqual(await first, await again);
  assert.equal((await first).game, 2);
  const found = manager.call.find("arena");
  const unknown = manager.call.find("nowhere");
  await cluster.run();
  assert.deepEqual([await found, await unknown], [await first, null]);
  const closed = manager.call.close("arena");
  await cluster.run();
  const closedAgain = manager.call.close("arena");
  await cluster.run();
  assert.deepEqual([await closed, await closedAgain, spacesOf(games[1] as TestGame)], [true, false, []]);
});

test("space manager: a type that is no space, or none at all, is answered with a code", async () => {
  const { cluster, manager } = await setUp();
  const unknown = manager.call.create("Dragon", "x");
  await cluster.run();
  assert.equal(await unknown.catch(errorCodeOf), "ENTITY_TYPE_UNKNOWN");
});

test("space manager: creates the world's spaces of a dead game again, and forgets its others", async () => {
  const { cluster, games, manager } = await setUp(3);
  const dead = games.find((game) => spacesOf(game).includes("meadow")) as TestGame;
  assert.notEqual(dead, games[2]);
  if (dead === games[0]) await home(cluster, games[2] as TestGame, 2);
  cluster.games.delete(dead.incarnation);
  for (const { host } of cluster.games.values()) host.handleGameGone(dead.incarnation);
  await cluster.run(1_000);
  const living = [...cluster.games.values()];
  assert.deepEqual(living.flatMap(spacesOf).sort(), ["cave", "meadow"]);
  const meadow = manager.call.find("meadow");
  await cluster.run();
  assert.notEqual((await meadow)?.game, dead.incarnation);
});

test("space manager: one that is created again learns what is there before it creates what is missing", async () => {
  const { cluster, games } = await setUp(3);
  const before = games.map(spacesOf);
  const [first, second] = games as [TestGame, TestGame];
  const old = first.host.stubKeeper.list(1)[0]?.entity ?? "";
  await Promise.all([first.host.entity(old)?.destroy(), cluster.run()]);
  await home(cluster, second, 2);
  await cluster.run(1_000);
  assert.deepEqual(games.map(spacesOf), before);
});

test("space manager: a second space of a name is closed", async () => {
  const { cluster, games } = await setUp();
  const twin = (games[1] as TestGame).host.spawn("Room", { values: { spaceName: "meadow" } }) as Room;
  twin.onStubRestarted(SPACE_MANAGER);
  await cluster.run();
  assert.deepEqual(games.flatMap(spacesOf).sort(), ["cave", "meadow"]);
  assert.ok(twin.destroyed);
});

test("space manager: tries again when no game can take a space", async () => {
  const cluster = new TestCluster(world);
  const game = cluster.game(1);
  cluster.games.delete(1);
  game.host.createStub(SPACE_MANAGER, 0, 1);
  await cluster.run(400);
  assert.deepEqual(spacesOf(game), []);
  cluster.games.set(1, game);
  await cluster.run(400);
  assert.deepEqual(spacesOf(game), ["cave", "meadow"]);
});

test("space manager: a space that ended by itself is found no more; one that the world wants is there again", async () => {
  const { cluster, games, manager } = await setUp();
  const created = manager.call.create("Room", "arena");
  await cluster.run();
  await created;
  const rooms = games.flatMap((game) => [...game.host.all()]).filter((entity) => entity instanceof Room) as Room[];
  for (const room of rooms) void room.destroy("its own doing");
  await cluster.run(100);
  const gone = [manager.call.find("arena"), manager.call.find("meadow")];
  await cluster.run();
  assert.deepEqual(await Promise.all(gone), [null, null]);
  await cluster.run(5_000);
  assert.deepEqual(games.flatMap(spacesOf).sort(), ["cave", "meadow"]);
});
