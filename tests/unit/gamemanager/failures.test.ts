import assert from "node:assert/strict";
import { test } from "node:test";
import { randomIndex, SeededRandom } from "../../../engine/base/random.js";
import { SimulatedCluster } from "../cluster/simulated-cluster.js";

const GRACE_MS = 3_000;

async function openCluster(games = 2, gates = 2): Promise<SimulatedCluster> {
  const cluster = new SimulatedCluster({ config: { cluster: { games, gates } } });
  cluster.startAll();
  assert.ok(await cluster.runUntil(() => cluster.isOpen && cluster.isWhole, 5_000));
  return cluster;
}

function primaryName(cluster: SimulatedCluster): string {
  return cluster.games().find((game) => game.member.isPrimary)?.member.name ?? "";
}

for (const which of ["primary", "other"]) {
  test(`failure: a killed game leaves every list within 3 s and its stubs are made again (${which} game)`, async () => {
    const cluster = await openCluster(3, 2);
    const watcher = cluster.startWatcher();
    const primary = primaryName(cluster);
    const victim =
      which === "primary" ? primary : (cluster.games().find((game) => !game.member.isPrimary)?.member.name as string);
    const incarnation = cluster.game(victim).member.incarnation;
    cluster.kill(victim);
    await cluster.run(GRACE_MS + 100);
    for (const member of [...cluster.games(), ...cluster.gates()].map((body) => body.member)) {
      assert.equal(member.byIncarnation(incarnation), undefined, `${member.name} still lists it`);
      assert.notEqual(member.primary, 0);
    }
    assert.deepEqual(
      watcher.gone.map((gone) => gone.name),
      [victim],
    );
    assert.ok(await cluster.runUntil(() => cluster.isWhole, 5_000));
    await cluster.run(100);
    for (const entry of cluster.games()[0]?.table.entries ?? []) assert.notEqual(entry.game, incarnation);
  });
}

test("failure: a game that is started again under its name is a new process (killed and restarted at once)", async () => {
  const cluster = await openCluster();
  const before = cluster.game("game2").member.incarnation;
  cluster.kill("game2");
  await cluster.run(500);
  cluster.start("game2");
  assert.ok(await cluster.runUntil(() => cluster.game("game2").member.incarnation > before, 1_000));
  assert.ok(await cluster.runUntil(() => cluster.isWhole && cluster.isOpen, 5_000));
});

test("failure: a stopped game is removed after peerTimeoutMs, no stub exists twice, it exits when it wakes (SIGSTOP 20 s)", async () => {
  const cluster = await openCluster();
  const stopped = cluster.process("game2");
  cluster.network.pause("game2");
  await cluster.run(14_000);
  assert.equal(cluster.game("game1").member.games().length, 2);
  await cluster.run(6_000);
  assert.equal(cluster.game("game1").member.games().length, 1);
  assert.equal(cluster.game("game1").hosted.size, 4);
  cluster.network.resume("game2");
  await cluster.run(1);
  assert.equal(stopped.exit?.code, 1);
  assert.match(stopped.exit?.error ?? "", /^PROCESS_REMOVED/);
  assert.ok(cluster.isWhole);
});

test("failure: a stopped game that wakes in time goes on with its stubs (SIGSTOP 10 s)", async () => {
  const cluster = await openCluster();
  cluster.network.pause("game2");
  await cluster.run(10_000);
  cluster.network.resume("game2");
  await cluster.run(5_000);
  assert.ok(cluster.isWhole);
  assert.equal(cluster.game("game2").hosted.size, 2);
  assert.equal(cluster.game("game1").member.games().length, 2);
});

test("failure: a game that is cut off for longer than the grace is refused when it comes back (partition 5 s)", async () => {
  const cluster = await openCluster();
  const cut = cluster.process("game2");
  cluster.network.partition("game2", "gamemanager");
  await cluster.run(5_000);
  cluster.network.heal("game2", "gamemanager");
  await cluster.run(3_000);
  assert.match(cut.exit?.error ?? "", /^PROCESS_REMOVED/);
  assert.ok(await cluster.runUntil(() => cluster.isWhole, 5_000));
});

test("failure: a game that only the gamemanager cannot reach hears of its removal from its peers and exits (partition 5 s)", async () => {
  const cluster = await openCluster();
  const cut = cluster.process("game2");
  cluster.network.partition("game2", "gamemanager");
  await cluster.run(3_400);
  assert.match(cut.exit?.error ?? "", /^PROCESS_REMOVED/, "before another has its stubs");
});

test("failure: a gamemanager that was stopped takes everybody back, and nobody exits (SIGSTOP 20 s)", async () => {
  const cluster = await openCluster();
  const before = cluster.games().map((game) => game.member.incarnation);
  cluster.network.pause("gamemanager");
  await cluster.run(20_000);
  cluster.network.resume("gamemanager");
  await cluster.run(10_000);
  assert.deepEqual(
    cluster.games().map((game) => game.member.incarnation),
    before,
  );
  assert.ok(cluster.isWhole && cluster.isOpen);
  assert.equal(cluster.games()[0]?.member.processes.length, 5);
});

test("join: a game and a gate join a running cluster under the next free names (no name asked)", async () => {
  const cluster = await openCluster();
  cluster.startGame("joiner-a", { asks: "" });
  cluster.startGate("joiner-b", { asks: "" });
  await cluster.run(500);
  assert.equal(cluster.game("joiner-a").member.name, "game3");
  assert.equal(cluster.gate("joiner-b").member.name, "gate3");
  assert.ok(cluster.gate("joiner-b").member.open);
  assert.equal(cluster.game("game1").member.games().length, 3);
  const ready = cluster.game("game1").member.processes.filter((entry) => entry.state === "ready");
  assert.equal(ready.length, 7);
});

test("join: a second process of a name in use is refused and exits (game1 runs)", async () => {
  const cluster = await openCluster();
  const second = cluster.startGame("impostor", { asks: "game1" });
  await cluster.run(500);
  assert.equal(second.exit?.code, 1);
  assert.match(second.exit?.error ?? "", /^PROCESS_REFUSED.*game1 is taken/);
  assert.ok(cluster.isWhole);
});

test("join: a second dbmanager is refused (another name)", async () => {
  const cluster = await openCluster();
  const second = cluster.startDatabase("dbmanager2");
  await cluster.run(500);
  assert.match(second.exit?.error ?? "", /^PROCESS_REFUSED.*there is a dbmanager already: dbmanager$/);
});

test("join: a game with another RPC index is refused (hash differs)", async () => {
  const cluster = await openCluster();
  const other = cluster.startGame("game3", { details: { indexHash: "h2" } });
  await cluster.run(500);
  assert.match(other.exit?.error ?? "", /^RPC_INDEX_MISMATCH.*h2 differs from game\d's h1/);
});

/** Kills the gamemanager after `atMs` of boot and starts it again `pauseMs` later. */
async function restartManager(cluster: SimulatedCluster, pauseMs: number): Promise<void> {
  cluster.kill("gamemanager");
  await cluster.run(pauseMs);
  cluster.start("gamemanager");
}

for (const atMs of [1, 4, 7, 9, 12, 15, 18, 21, 24, 27, 30, 40]) {
  test(`restart: the boot ends well when the gamemanager is restarted (killed after ${atMs} ms of boot)`, async () => {
    const cluster = new SimulatedCluster({ seed: atMs });
    cluster.startAll();
    await cluster.run(atMs);
    await restartManager(cluster, 400);
    assert.ok(await cluster.runUntil(() => cluster.isOpen && cluster.isWhole, 30_000));
    await cluster.run(20_000);
    assert.ok(cluster.isOpen && cluster.isWhole);
  });
}

test("restart: a running cluster goes on without a gamemanager and is known to the next one (gone for 10 s)", async () => {
  const cluster = await openCluster();
  const hosts = cluster.hosts();
  const incarnations = cluster.games().map((game) => game.member.incarnation);
  const primary = primaryName(cluster);
  cluster.kill("gamemanager");
  await cluster.run(10_000);
  assert.ok(cluster.isOpen && cluster.isWhole);
  cluster.start("gamemanager");
  await cluster.run(3_000);
  const watcher = cluster.startWatcher();
  await cluster.run(100);
  watcher.askStatus();
  await cluster.run(100);
  const status = watcher.statuses[0];
  assert.equal(status?.open, true);
  assert.equal(status?.processes.length, 6);
  assert.equal(status?.stubs.length, 4);
  assert.deepEqual(cluster.hosts(), hosts);
  assert.deepEqual(
    cluster.games().map((game) => game.member.incarnation),
    incarnations,
  );
  assert.equal(primaryName(cluster), primary);
  await cluster.run(20_000);
  assert.deepEqual(cluster.hosts(), hosts);
});

test("restart: a stub whose game died with the gamemanager is made again, once (both killed)", async () => {
  const cluster = await openCluster();
  cluster.kill("game2");
  await restartManager(cluster, 200);
  await cluster.run(10_000);
  assert.equal(cluster.game("game1").hosted.size, 2, "nothing is decided while game2 may be alive");
  assert.ok(await cluster.runUntil(() => cluster.isWhole, 20_000));
  assert.equal(cluster.game("game1").hosted.size, 4);
});

test("restart: a game that was started again is proof of its former self's death (both killed, game back at once)", async () => {
  const cluster = await openCluster();
  cluster.kill("game2");
  await restartManager(cluster, 200);
  cluster.start("game2");
  assert.ok(await cluster.runUntil(() => cluster.isWhole, 8_000));
});

test("restart: a game that was stopped meanwhile is waited for (SIGSTOP 8 s over the gamemanager's restart)", async () => {
  const cluster = await openCluster();
  const hosts = cluster.hosts();
  cluster.network.pause("game2");
  await restartManager(cluster, 200);
  await cluster.run(8_000);
  cluster.network.resume("game2");
  await cluster.run(20_000);
  assert.deepEqual(cluster.hosts(), hosts);
});

test("shutdown: gates stop first, then games, then the dbmanager, then the gamemanager (asked by a command line)", async () => {
  const cluster = await openCluster();
  const watcher = cluster.startWatcher();
  await cluster.run(50);
  const gates = cluster.gates();
  const games = cluster.games();
  const all = [...cluster.processes.values()].filter((process) => process.kind !== "cli");
  const ends: string[] = [];
  watcher.askShutdown();
  await cluster.runUntil(() => {
    for (const process of all) if (process.exit !== null && !ends.includes(process.name)) ends.push(process.name);
    return ends.length === all.length;
  }, 5_000);
  assert.deepEqual([...ends.slice(0, 2)].sort(), ["gate1", "gate2"]);
  assert.deepEqual([...ends.slice(2, 4)].sort(), ["game1", "game2"]);
  assert.deepEqual(ends.slice(4), ["dbmanager", "gamemanager"]);
  for (const process of all) assert.deepEqual(process.exit, { code: 0, error: "" });
  const lastGateMs = Math.max(...gates.map((gate) => gate.shutdownAtMs));
  for (const game of games) assert.ok(game.shutdownAtMs > lastGateMs);
});

test("shutdown: a process that does not stop is left behind (game2 is stopped by SIGSTOP)", async () => {
  const cluster = await openCluster();
  const watcher = cluster.startWatcher();
  await cluster.run(50);
  cluster.network.pause("game2");
  const manager = cluster.process("gamemanager");
  watcher.askShutdown();
  assert.ok(await cluster.runUntil(() => manager.exit !== null, 15_000));
  assert.deepEqual(manager.exit, { code: 0, error: "" });
});

test("shutdown: who registers meanwhile is refused (game3 comes while the games stop)", async () => {
  const cluster = await openCluster();
  const watcher = cluster.startWatcher();
  await cluster.run(50);
  cluster.network.pause("game2");
  watcher.askShutdown();
  await cluster.run(100);
  const late = cluster.startGame("game3");
  await cluster.run(500);
  assert.match(late.exit?.error ?? "", /^PROCESS_REFUSED.*going down/);
});

/** Kills, stops and restarts processes at random for a while, then lets the cluster come to rest. */
async function torment(seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const cluster = new SimulatedCluster({ seed, config: { cluster: { games: 3, gates: 2 } } });
  const names = ["gamemanager", "dbmanager", "game1", "game2", "game3", "gate1", "gate2"];
  cluster.startAll();
  const context = () => `seed ${seed}\n${cluster.log.slice(-40).join("\n")}`;
  for (let i = 0; i < 12; i++) {
    await cluster.run(random.next() * (i < 6 ? 40 : 3_000));
    const name = names[randomIndex(random, names.length)] as string;
    if (cluster.processes.has(name)) cluster.kill(name);
    for (const each of names) if (!cluster.processes.has(each) && random.next() < 0.7) cluster.start(each);
    for (const [key, hosts] of cluster.hosts()) assert.ok(hosts.length <= 1, `${key} on ${hosts}: ${context()}`);
  }
  for (const name of names) if (!cluster.processes.has(name)) cluster.start(name);
  for (let i = 0; i < 60 && !(cluster.isOpen && cluster.isWhole); i++) {
    await cluster.run(1_000);
    for (const name of names) if (!cluster.processes.has(name)) cluster.start(name);
    for (const [key, hosts] of cluster.hosts()) assert.ok(hosts.length <= 1, `${key} on ${hosts}: ${context()}`);
  }
  assert.ok(cluster.isOpen && cluster.isWhole, context());
}

test("failure: the cluster comes to rest with every stub once, whatever dies when (40 seeds)", async () => {
  for (let seed = 1; seed <= 40; seed++) await torment(seed);
});
