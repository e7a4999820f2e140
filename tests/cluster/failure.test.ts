/** Processes that are killed or stopped under a running cluster. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { StatusReply } from "../../cli/manager-client.js";
import { isRunning, recordOf } from "../../cli/process-identity.js";
import { noSignals, TestCluster, until } from "./cluster.js";

/** A killed process has disappeared from every table within this. */
const GONE_MS_MAX = 3_500;
const PEER_TIMEOUT_MS = 1_500;
const impatient = {
  link: { heartbeatIntervalMs: 200, peerTimeoutMs: PEER_TIMEOUT_MS, closedGraceMs: 500 },
  cluster: { restartDelayMs: 50, shutdownTimeoutMs: 2_000 },
};

function primaryOf({ primary, processes }: StatusReply): string {
  return processes.find(({ process }) => process.incarnation === primary)?.process.name ?? "";
}

function otherGame(reply: StatusReply): string {
  return primaryOf(reply) === "game1" ? "game2" : "game1";
}

function assertEachStubOnce({ stubs, processes }: StatusReply): void {
  const names = stubs.map(({ name, shard }) => `${name}#${shard}`);
  assert.ok(names.length > 0);
  assert.equal(new Set(names).size, names.length, names.join(" "));
  const games = new Set(processes.map(({ process }) => process.incarnation));
  assert.deepEqual(
    stubs.filter(({ game }) => !games.has(game)),
    [],
  );
}

async function untilStubsLive(cluster: TestCluster): Promise<StatusReply> {
  return until("each stub lives once", async () => {
    const reply = await cluster.reply();
    const games = new Set(reply.processes.map(({ process }) => process.incarnation));
    return reply.stubs.every(({ game, entity }) => games.has(game) && entity !== "") ? reply : null;
  });
}

test("failure: a killed gate is gone within 3 s and the rest goes on (not restarted)", {
  skip: noSignals,
}, async (t) => {
  const cluster = new TestCluster(t);
  await cluster.up("--gates", "2", "--no-restart");
  const pid = cluster.signal("gate2", "SIGKILL");
  const goneMs = await cluster.untilGone("gate2", pid);
  assert.ok(goneMs < GONE_MS_MAX, `it took ${goneMs} ms`);
  assert.equal((await cluster.status()).length, 4);
});

test("failure: a killed game that is not primary is gone, then back under its name", { skip: noSignals }, async (t) => {
  const cluster = new TestCluster(t, impatient);
  await cluster.up("--games", "2");
  const before = await cluster.reply();
  const name = otherGame(before);
  const pid = cluster.signal(name, "SIGKILL");
  await cluster.untilReady(name, pid);
  const after = await untilStubsLive(cluster);
  assert.equal(primaryOf(after), primaryOf(before));
  assertEachStubOnce(after);
});

test("failure: when the primary is killed another game takes its place, and its stubs live again", {
  skip: noSignals,
}, async (t) => {
  const cluster = new TestCluster(t, impatient);
  await cluster.up("--games", "2", "--no-restart");
  const before = await cluster.reply();
  const pid = cluster.signal(primaryOf(before), "SIGKILL");
  await cluster.untilGone(primaryOf(before), pid);
  const after = await untilStubsLive(cluster);
  assert.equal(primaryOf(after), otherGame(before));
  assertEachStubOnce(after);
});

test("failure: a killed dbmanager is started again and the games find it", { skip: noSignals }, async (t) => {
  const cluster = new TestCluster(t, impatient);
  await cluster.up();
  const pid = cluster.signal("dbmanager", "SIGKILL");
  await cluster.untilReady("dbmanager", pid);
});

test("failure: a killed gamemanager is started again and learns who is there; nobody else ends", {
  skip: noSignals,
}, async (t) => {
  const cluster = new TestCluster(t, impatient);
  await cluster.up("--games", "2");
  const before = await cluster.reply();
  const pids = before.processes
    .filter(({ process }) => process.kind !== "gamemanager")
    .map(({ process }) => process.pid);
  const pid = cluster.signal("gamemanager", "SIGKILL");
  await until(
    "the gamemanager is another",
    () => cluster.runningNames().includes("gamemanager") && cluster.pidOf("gamemanager") !== pid,
  );
  const after = await until("everyone is back", async () => {
    const reply = await cluster.reply();
    return reply.open && reply.processes.length === before.processes.length ? reply : null;
  });
  const pidsAfter = after.processes
    .filter(({ process }) => process.kind !== "gamemanager")
    .map(({ process }) => process.pid);
  assert.deepEqual(pidsAfter.sort(), pids.sort());
  assert.equal(primaryOf(after), primaryOf(before));
  assertEachStubOnce(after);
});

test("failure: a stopped game is declared dead, its stubs move, and it ends when it wakes", {
  skip: noSignals,
}, async (t) => {
  const cluster = new TestCluster(t, impatient);
  await cluster.up("--games", "2", "--no-restart");
  const name = otherGame(await cluster.reply());
  const pid = cluster.signal(name, "SIGSTOP");
  const record = recordOf(name, pid);
  const goneMs = await cluster.untilGone(name, pid);
  assert.ok(goneMs >= PEER_TIMEOUT_MS * 0.5, `after ${goneMs} ms it could not be known`);
  assertEachStubOnce(await untilStubsLive(cluster));
  process.kill(pid, "SIGCONT");
  await until("it ended itself", () => !isRunning(record));
  assertEachStubOnce(await cluster.reply());
});

test("failure: the foreground says who died and who came back", { skip: noSignals }, async (t) => {
  const cluster = new TestCluster(t, impatient);
  const up = cluster.foreground();
  await up.open();
  cluster.signal("gate1", "SIGKILL");
  await up.until(
    "the end is told",
    (event) => event.event === "exited" && event.name === "gate1" && /SIGKILL/.test(event.reason),
  );
  await up.until("the return is told", (event) => event.event === "restarted" && event.name === "gate1");
});

test("failure: down ends a cluster in which a process is stopped", { skip: noSignals }, async (t) => {
  const cluster = new TestCluster(t, impatient);
  await cluster.up("--games", "2");
  cluster.signal("game2", "SIGSTOP");
  const records = cluster.data.processes();
  const down = await cluster.aeon("down");
  assert.equal(down.status, 0, down.stderr);
  assert.deepEqual(records.filter(isRunning), []);
});

test("failure: down ends a cluster whose gamemanager is dead", { skip: noSignals }, async (t) => {
  const cluster = new TestCluster(t, impatient);
  await cluster.up("--no-restart");
  cluster.signal("gamemanager", "SIGKILL");
  const records = cluster.data.processes();
  const down = await cluster.aeon("down");
  assert.equal(down.status, 0, down.stderr);
  assert.deepEqual(records.filter(isRunning), []);
  assert.deepEqual(await cluster.takenPorts(1), []);
});

test("failure: after a kill -9 of everything the same folder starts again", { skip: noSignals }, async (t) => {
  const cluster = new TestCluster(t, impatient);
  await cluster.up();
  await cluster.killAll();
  await cluster.up();
  assert.equal((await cluster.status()).length, 4);
});
