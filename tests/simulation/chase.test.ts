/** Monsters of the example world under virtual time, with its real navigation mesh: they chase round walls, walk their round, and repeat by seed. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Space, wayCheckOf } from "../../engine/index.js";
import { loadInlineRunner } from "../../engine/nav/inline-runner.js";
import type { Account } from "../../entities/account.js";
import type { Avatar } from "../../entities/avatar.js";
import { Monster } from "../../entities/monster.js";
import { world } from "../../entities/world.js";
import { distanceToWall, MEADOW } from "../../entities/world-map.js";
import type { Game } from "../../game/game.js";
import { type ClientEntity, SimulatedCluster } from "../../testing/index.js";
import { packageRoot } from "../unit/source-files.js";

const OPEN_LIMIT_MS = 30_000;
const STEP_MS = 100;
const TICK_MS = 50;
/** Of the inline mesh, and the way to the gate and back. */
const ANSWER_MS = 10;
/** Inside the ruin, and outside of its east wall. */
const INSIDE = { x: 110, y: 0, z: 121, yaw: 0 };
const OUTSIDE = { x: 114.2, y: 0, z: 121, yaw: 0 };

const files = new Map(
  Object.entries(world.navmeshes).map(([name, path]) => [name, readFileSync(join(packageRoot, path))]),
);
const nav = { files, open: await loadInlineRunner() };

async function openMeadow(seed: number): Promise<{ cluster: SimulatedCluster; game: Game; meadow: Space }> {
  const cluster = new SimulatedCluster(world, {
    seed,
    nav,
    config: { cluster: { games: 1, gates: 1 }, nav: { workers: 0 } },
  });
  cluster.startAll();
  assert.ok(await cluster.runUntil(() => cluster.isOpen, OPEN_LIMIT_MS));
  const [game] = cluster.games();
  assert.ok(game !== undefined);
  const find = () => [...game.entities.all()].find(({ typeName }) => typeName === "Meadow");
  assert.ok(await cluster.runUntil(() => find() !== undefined, OPEN_LIMIT_MS));
  return { cluster, game, meadow: find() as Space };
}

/** Its places until it bites, every tenth of a second. */
async function chase(seed: number): Promise<[number, number][]> {
  const { cluster, game, meadow } = await openMeadow(seed);
  const spawn = (type: string, position: typeof INSIDE) => game.entities.spawn(type, { space: meadow, position });
  const monster = spawn("Monster", INSIDE) as Monster;
  monster.kind = "boar";
  monster.ground = { kind: "boar", x: INSIDE.x, z: INSIDE.z, radius: 1, count: 0 };
  const prey = spawn("Avatar", OUTSIDE) as Avatar;
  await cluster.run(STEP_MS);
  monster.suffer(prey, 1);
  const trail: [number, number][] = [];
  for (let ms = 0; ms < 20_000; ms += STEP_MS) {
    const { x, z } = monster.position;
    trail.push([x, z]);
    if (x > OUTSIDE.x - 1 && Math.hypot(x - OUTSIDE.x, z - OUTSIDE.z) < 1.6) break;
    await cluster.run(STEP_MS);
  }
  cluster.stop();
  return trail;
}

test("chase: a monster inside of walls comes round them after who hurt it from outside, the same for the same seed", async () => {
  const trail = await chase(5);
  for (const [x, z] of trail) {
    for (const wall of MEADOW.walls) assert.ok(distanceToWall(wall, x, z) > 0.4, `(${x}, ${z})`);
  }
  const [x = 0, z = 0] = trail.at(-1) ?? [];
  assert.ok(Math.hypot(x - OUTSIDE.x, z - OUTSIDE.z) < 1.6, `it ended at (${x}, ${z})`);
  assert.ok(trail.some(([, passed]) => passed > 126.5));
  assert.deepEqual(await chase(5), trail);
});

test("chase: a client that asks is shown the monsters' ways, and who was put back from where", async () => {
  const { cluster, game, meadow } = await openMeadow(9);
  const client = cluster.client("Ann");
  await cluster.settle(client.connect(), OPEN_LIMIT_MS);
  await cluster.settle((client.own as ClientEntity<Account>).call.login("Ann"), OPEN_LIMIT_MS);
  assert.ok(await cluster.runUntil(() => client.own?.typeName === "Avatar", OPEN_LIMIT_MS));
  const heard = new Map<string, readonly unknown[]>();
  client.on("call", (_, method, args) => heard.set(method, args));
  const avatar = game.entities.entity(client.own?.id ?? "") as Avatar;
  avatar.enterSpace(meadow, OUTSIDE);
  await cluster.run(1_000);
  await cluster.settle((client.own as ClientEntity<Avatar>).call.showRoutes(true), OPEN_LIMIT_MS);
  const ways = () => heard.get("onRoutes")?.[0] as readonly number[] | undefined;
  assert.ok(await cluster.runUntil(() => (ways()?.length ?? 0) > 0, OPEN_LIMIT_MS));
  const [corners = 0] = ways() ?? [];
  assert.ok(corners >= 2 && (ways()?.length ?? 0) >= 1 + corners * 2);

  client.move({ x: 113, y: 0, z: 121, yaw: 0 });
  assert.ok(await cluster.runUntil(() => heard.has("onPutBack"), OPEN_LIMIT_MS));
  const [who, ...places] = heard.get("onPutBack") ?? [];
  assert.equal(who, avatar.id);
  assert.deepEqual(
    places.map((place) => Math.round(Number(place) * 10) / 10),
    [113, 121, OUTSIDE.x, OUTSIDE.z],
  );
  cluster.stop();
});

test("walls: a way through one is undone within two ticks of the mesh's answer, and is a flag", async () => {
  const { cluster, game, meadow } = await openMeadow(11);
  meadow.checkMoves(wayCheckOf(meadow.nav));
  const client = cluster.client("Eve");
  await cluster.settle(client.connect(), OPEN_LIMIT_MS);
  await cluster.settle((client.own as ClientEntity<Account>).call.login("Eve"), OPEN_LIMIT_MS);
  assert.ok(await cluster.runUntil(() => client.own?.typeName === "Avatar", OPEN_LIMIT_MS));
  const avatar = game.entities.entity(client.own?.id ?? "") as Avatar;
  avatar.enterSpace(meadow, OUTSIDE);
  await cluster.run(3_000);
  // After a pause, so that the speed alone is legal.
  client.move({ ...INSIDE, x: INSIDE.x + 0.5 });
  assert.ok(await cluster.runUntil(() => avatar.position.x < OUTSIDE.x - 1, 1_000), "it was let in");
  await cluster.run(2 * TICK_MS + ANSWER_MS);
  assert.deepEqual([avatar.position.x, avatar.position.z].map(Math.fround), [OUTSIDE.x, OUTSIDE.z].map(Math.fround));
  assert.equal(cluster.metrics("game1").movement_flagged_total, 1);
  cluster.stop();
});

test("patrol: the wolf at the ruin walks its round and never through a wall", async () => {
  const { cluster, meadow } = await openMeadow(3);
  const wolf = [...meadow.members].find(
    (one): one is Monster => one instanceof Monster && one.ground?.patrol !== undefined,
  );
  assert.ok(wolf !== undefined);
  const corners = new Set<number>();
  for (let ms = 0; ms < 45_000; ms += STEP_MS) {
    await cluster.run(STEP_MS);
    const { x, z } = wolf.position;
    for (const wall of MEADOW.walls) assert.ok(distanceToWall(wall, x, z) > 0.4, `(${x}, ${z})`);
    const { patrol = [] } = wolf.ground ?? {};
    for (let i = 0; i < patrol.length; i += 2) {
      if (Math.hypot((patrol[i] as number) - x, (patrol[i + 1] as number) - z) < 1) corners.add(i / 2);
    }
  }
  assert.deepEqual([...corners].sort(), [0, 1, 2, 3]);
  cluster.stop();
});
