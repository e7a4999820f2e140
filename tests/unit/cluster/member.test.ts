import assert from "node:assert/strict";
import { test } from "node:test";
import { SimulatedCluster } from "./simulated-cluster.js";

test("member: a process that reaches no gamemanager ends (for bootTimeoutMs)", async () => {
  const cluster = new SimulatedCluster({ config: { cluster: { bootTimeoutMs: 5_000 } } });
  const game = cluster.startGame("game1");
  await cluster.run(4_900);
  assert.ok(cluster.processes.has("game1"), "it still tries");
  await cluster.run(200);
  assert.equal(game.exit?.code, 1);
  assert.match(game.exit?.error ?? "", /^PROCESS_UNREGISTERED.*127\.0\.0\.1:7700 for 5000 ms/);
});

test("member: a process that starts before the gamemanager registers when it is there (2 s later)", async () => {
  const cluster = new SimulatedCluster();
  const game = cluster.startGame("game1");
  await cluster.run(2_000);
  cluster.startManager();
  await cluster.run(2_000);
  assert.equal(game.exit, null);
  assert.ok(cluster.game("game1").member.incarnation > 0);
});

test("member: a process with another secret ends (LINK_AUTH_FAILED)", async () => {
  const cluster = new SimulatedCluster();
  cluster.startManager();
  const stranger = cluster.startGame("game1", { secret: "another secret entirely" });
  await cluster.run(2_000);
  assert.equal(stranger.exit?.code, 1);
  assert.match(stranger.exit?.error ?? "", /^LINK_AUTH_FAILED/);
});

test("member: leaving finishes its work, says goodbye and is removed at once (SIGTERM of a game)", async () => {
  const cluster = new SimulatedCluster();
  cluster.startAll();
  await cluster.runUntil(() => cluster.isOpen, 2_000);
  const leaving = cluster.process("game2");
  const watcher = cluster.startWatcher();
  await cluster.run(50);
  void leaving.body?.stop?.();
  await cluster.run(100);
  assert.deepEqual(leaving.exit, { code: 0, error: "" });
  assert.deepEqual(
    watcher.gone.map(({ name, reason }) => `${name} ${reason}`),
    ["game2 stopped"],
  );
  assert.equal(cluster.game("game1").member.games().length, 1);
  assert.ok(await cluster.runUntil(() => cluster.isWhole, 5_000));
});

test("member: load reports reach the status (every loadReportIntervalMs)", async () => {
  const cluster = new SimulatedCluster();
  cluster.startAll();
  const watcher = cluster.startWatcher();
  await cluster.run(2_000);
  watcher.askStatus();
  await cluster.run(50);
  const rows = watcher.statuses[0]?.processes ?? [];
  const summary = rows.map(({ process, cpu, rssMb, entities, clients }) =>
    [process.name, process.state, cpu, rssMb, entities, clients].join(" "),
  );
  assert.deepEqual(summary.sort(), [
    "dbmanager ready 0.5 64 0 0",
    "game1 ready 0.5 64 2 0",
    "game2 ready 0.5 64 2 0",
    "gamemanager ready 0.5 64 0 0",
    "gate1 ready 0.5 64 0 7",
    "gate2 ready 0.5 64 0 7",
  ]);
});

test("member: each gate hears how many clients all gates have (answer to its load report)", async () => {
  const cluster = new SimulatedCluster();
  cluster.startAll();
  await cluster.runUntil(() => cluster.isOpen, 2_000);
  await cluster.run(3 * cluster.config.game.loadReportIntervalMs);
  const expected = cluster.gates().map(({ member }) => ({ gate: member.incarnation, clients: 7 }));
  for (const gate of cluster.gates()) {
    assert.deepEqual(
      [...gate.loads].sort((a, b) => a.gate - b.gate),
      expected.sort((a, b) => a.gate - b.gate),
    );
  }
});

test("member: short cuts of the link to the gamemanager are not noticed (flapping for 20 s)", async () => {
  const cluster = new SimulatedCluster({ seed: 5 });
  cluster.startAll();
  await cluster.runUntil(() => cluster.isOpen && cluster.isWhole, 5_000);
  const hosts = cluster.hosts();
  cluster.network.flap({ meanIntervalMs: 50, untilMs: cluster.scheduler.nowMs() + 20_000, halfOpenShare: 0 });
  await cluster.run(25_000);
  assert.ok(cluster.isOpen);
  assert.deepEqual(cluster.hosts(), hosts);
  assert.equal(cluster.games().length, 2);
});
