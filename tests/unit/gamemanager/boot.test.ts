import assert from "node:assert/strict";
import { test } from "node:test";
import { SimulatedCluster } from "../cluster/simulated-cluster.js";

const STEP_NAMES = [
  "processes started",
  "processes registered",
  "process list sent",
  "gates linked to games",
  "boot hooks run",
  "processes ready",
  "primary chosen",
  "stubs created",
  "gates opened",
];

test("boot: the nine steps are reached in order and the gates open (2 games, 2 gates)", async () => {
  const cluster = new SimulatedCluster();
  cluster.startAll();
  const watcher = cluster.startWatcher();
  assert.ok(await cluster.runUntil(() => cluster.isOpen && watcher.steps.length === 9, 2_000));
  assert.deepEqual(
    watcher.steps.map(({ step, name }) => [step, name]),
    STEP_NAMES.map((name, index) => [index + 1, name]),
  );
  for (let i = 1; i < 9; i++) assert.ok((watcher.steps[i]?.ms ?? 0) >= (watcher.steps[i - 1]?.ms ?? 0));
  assert.deepEqual(watcher.stalls, []);
});

test("boot: every stub exists once, spread evenly, and every game has the same table (2 games, 4 shards)", async () => {
  const cluster = new SimulatedCluster();
  cluster.startAll();
  await cluster.runUntil(() => cluster.isOpen, 2_000);
  await cluster.run(100);
  assert.ok(cluster.isWhole);
  assert.deepEqual(
    cluster.games().map((game) => game.hosted.size),
    [2, 2],
  );
  assert.equal(cluster.game("game1").table.entries.length, 4);
  assert.deepEqual(cluster.game("game1").table, cluster.game("game2").table);
  assert.equal(cluster.games().filter((game) => game.member.isPrimary).length, 1);
});

test("boot: a cluster without stubs opens (no stub declared)", async () => {
  const cluster = new SimulatedCluster({ shards: 0 });
  cluster.startAll();
  assert.ok(await cluster.runUntil(() => cluster.isOpen, 2_000));
});

test("boot: a watcher that comes late gets the steps so far (after the cluster opened)", async () => {
  const cluster = new SimulatedCluster();
  cluster.startAll();
  await cluster.runUntil(() => cluster.isOpen, 2_000);
  const watcher = cluster.startWatcher();
  assert.ok(await cluster.runUntil(() => watcher.steps.length === 9, 500));
});

/** Boots with one thing missing and returns the first stall. */
async function firstStall(prepare: (cluster: SimulatedCluster) => void) {
  const cluster = new SimulatedCluster();
  cluster.startManager();
  const watcher = cluster.startWatcher();
  prepare(cluster);
  await cluster.runUntil(() => watcher.stalls.length > 0, 5_000);
  assert.equal(cluster.isOpen, false);
  return watcher.stalls[0];
}

test("boot: a stall names the process that did not start (game2 absent)", async () => {
  const stall = await firstStall((cluster) => {
    for (const name of ["dbmanager", "game1", "gate1", "gate2"]) cluster.start(name);
  });
  assert.deepEqual(stall, { step: 1, name: "processes started", missing: ["game2 has not started"] });
});

test("boot: a stall names the process that registered with no link to a game (gate1 holds none)", async () => {
  const stall = await firstStall((cluster) => {
    for (const name of ["dbmanager", "game1", "game2", "gate2"]) cluster.start(name);
    cluster.startGate("gate1", { withoutLinks: true });
  });
  assert.equal(stall?.step, 4);
  assert.deepEqual([...(stall?.missing ?? [])].sort(), ["gate1 has no link to game1", "gate1 has no link to game2"]);
});

test("boot: a stall names the process that is not ready (game1 never reports)", async () => {
  const stall = await firstStall((cluster) => {
    for (const name of ["dbmanager", "game2", "gate1", "gate2"]) cluster.start(name);
    cluster.startGame("game1", { behaviour: { neverReady: true } });
  });
  assert.deepEqual(stall, { step: 5, name: "boot hooks run", missing: ["game1 has not reported ready"] });
});

test("boot: a stall names the stubs that are not created and where (game2 creates none)", async () => {
  const stall = await firstStall((cluster) => {
    for (const name of ["dbmanager", "game1", "gate1", "gate2"]) cluster.start(name);
    cluster.startGame("game2", { behaviour: { stalls: true } });
  });
  assert.equal(stall?.step, 8);
  assert.equal(stall?.missing.length, 2);
  for (const line of stall?.missing ?? []) assert.match(line, /^stub Rank#\d on game2 is not created$/);
});

test("boot: a stub whose creation failed is given out again (its hook threw twice)", async () => {
  const cluster = new SimulatedCluster({ shards: 1 });
  for (const name of ["gamemanager", "dbmanager", "gate1", "gate2"]) cluster.start(name);
  cluster.startGame("game1", { behaviour: { failures: 1 } });
  cluster.startGame("game2", { behaviour: { failures: 1 } });
  assert.ok(await cluster.runUntil(() => cluster.isOpen, 10_000));
  assert.ok(cluster.isWhole);
});

for (const name of ["dbmanager", "game1", "game2", "gate1"]) {
  test(`boot: it goes on when a process comes late (${name} starts 5 s after the others)`, async () => {
    const cluster = new SimulatedCluster();
    for (const each of ["gamemanager", "dbmanager", "game1", "game2", "gate1", "gate2"]) {
      if (each !== name) cluster.start(each);
    }
    await cluster.run(5_000);
    assert.equal(cluster.isOpen, false);
    cluster.start(name);
    assert.ok(await cluster.runUntil(() => cluster.isOpen && cluster.isWhole, 5_000));
  });
}

test("boot: the primary dies while stubs are being created, another has them created (game killed at step 8)", async () => {
  const cluster = new SimulatedCluster({ config: { cluster: { games: 3, gates: 1 } } });
  cluster.startManager();
  const watcher = cluster.startWatcher();
  for (const name of ["dbmanager", "gate1"]) cluster.start(name);
  for (const name of ["game1", "game2", "game3"]) cluster.startGame(name, { behaviour: { createMs: 300 } });
  await cluster.runUntil(() => watcher.steps.length === 7, 2_000);
  await cluster.run(20);
  const primary = cluster.games().find((game) => game.member.isPrimary)?.member.name as string;
  cluster.kill(primary);
  await cluster.run(8_000);
  assert.equal(cluster.isOpen, false);
  cluster.start(primary);
  assert.ok(await cluster.runUntil(() => cluster.isOpen && cluster.isWhole, 10_000));
});
