/** Starting and stopping a cluster of real processes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isRunning, recordOf } from "../../cli/process-identity.js";
import { noSignals, runAeon, TestCluster, until } from "./cluster.js";

const OPEN_MS_MAX = 10_000;

test("boot: nine steps in order, then the addresses; status lists every process; down leaves nothing", async (t) => {
  const cluster = new TestCluster(t);
  const events = await cluster.up("--games", "2", "--gates", "2");
  const steps = events.filter(({ event }) => event === "step").map((event) => ("step" in event ? event.step : 0));
  assert.deepEqual(steps, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const open = events.at(-1);
  assert.ok(open?.event === "open");
  assert.ok(open.ms < OPEN_MS_MAX, `it took ${open.ms} ms`);
  t.diagnostic(`open after ${open.ms} ms`);
  assert.equal(open.web, `http://127.0.0.1:${cluster.portBase + 11}`);
  assert.deepEqual(
    open.gates,
    [1, 2].map((n) => ({ ws: `ws://127.0.0.1:${cluster.portBase + 10 + n}` })),
  );

  const lines = await cluster.status();
  assert.deepEqual(
    lines.map(({ name }) => name),
    ["gamemanager", "dbmanager", "game1", "game2", "gate1", "gate2"],
  );
  assert.ok(lines.every(({ state }) => state === "ready"));
  assert.equal(lines.filter(({ primary }) => primary).length, 1);
  const hasReported = async () => (await cluster.status()).every(({ pid, rssMb }) => pid > 0 && rssMb > 0);
  await until("every process has reported its load", hasReported);

  const page = await fetch(open.web);
  assert.equal(page.status, 200);
  assert.match(page.headers.get("content-type") ?? "", /^text\/html/);

  const records = cluster.data.processes();
  const down = await cluster.aeon("down");
  assert.equal(down.status, 0, down.stderr);
  assert.deepEqual(records.filter(isRunning), []);
  assert.deepEqual(await cluster.takenPorts(2), []);
  const after = await cluster.aeon("status", "--json");
  assert.deepEqual({ status: after.status, stdout: after.stdout }, { status: 1, stdout: "" });
});

test("boot: in the foreground Ctrl-C stops the cluster in order", { skip: noSignals }, async (t) => {
  const cluster = new TestCluster(t);
  const up = cluster.foreground();
  await up.open();
  const records = cluster.data.processes();
  up.child.kill("SIGINT");
  assert.equal(await up.exitCode(), 0, up.stderr);
  assert.deepEqual(
    up.events.slice(-2).map(({ event }) => event),
    ["closing", "closed"],
  );
  assert.deepEqual(records.filter(isRunning), []);
  assert.equal(cluster.data.cluster(), null);
});

test("boot: a second cluster in the same data folder is refused in one line, exit code 1", async (t) => {
  const cluster = new TestCluster(t);
  await cluster.up();
  for (const detach of [[], ["--detach"]]) {
    const second = await cluster.aeon("up", ...detach, "--port-base", String(cluster.portBase + 5));
    assert.equal(second.status, 1);
    assert.match(second.stderr, /^aeon: CLUSTER_DATA_IN_USE: [^\n]*\n$/);
  }
  assert.equal((await cluster.status()).length, 4);
});

test("boot: a second cluster on the same ports is refused in one line, exit code 1", async (t) => {
  const [cluster, other] = [new TestCluster(t), new TestCluster(t)];
  await cluster.up();
  const second = await runAeon(other.folder, "up", "--port-base", String(cluster.portBase));
  assert.equal(second.status, 1);
  assert.match(second.stderr, /^aeon: CLUSTER_PORT_IN_USE: [^\n]*\n$/);
  assert.equal(other.data.cluster(), null);
});

test("boot: two clusters run side by side with a folder and ports of their own", async (t) => {
  const [cluster, other] = [new TestCluster(t), new TestCluster(t)];
  await Promise.all([cluster.up(), other.up()]);
  assert.equal((await cluster.status()).length, 4);
  assert.equal((await other.status()).length, 4);
});

test("boot: a step that stalls names who is missing, and the boot gives up (game1 stopped)", {
  skip: noSignals,
}, async (t) => {
  const cluster = new TestCluster(t, { cluster: { bootStallMs: 300, bootTimeoutMs: 2_500, shutdownTimeoutMs: 500 } });
  const up = cluster.foreground();
  await until("game1 is started", () => cluster.runningNames().includes("game1"));
  cluster.signal("game1", "SIGSTOP");
  const stalled = await up.until("a step stalls", ({ event }) => event === "stalled");
  assert.ok(stalled.event === "stalled" && stalled.missing.some((missing) => missing.includes("game1")));
  assert.equal(await up.exitCode(), 1);
  assert.match(up.stderr, /^aeon: CLUSTER_STALLED: [^\n]*game1[^\n]*\n$/);
  assert.deepEqual(cluster.runningNames(), []);
});

test("boot: a killed process is started again while the cluster boots", { skip: noSignals }, async (t) => {
  const cluster = new TestCluster(t, { cluster: { restartDelayMs: 50 } });
  const up = cluster.foreground();
  await until("game1 is started", () => cluster.runningNames().includes("game1"));
  cluster.signal("game1", "SIGKILL");
  await up.open();
  assert.ok(up.events.some((event) => event.event === "restarted" && event.name === "game1"));
});

test("boot: a process with another secret is refused with a clear error, exit code 1", async (t) => {
  const [cluster, stranger] = [new TestCluster(t), new TestCluster(t)];
  await cluster.up();
  const config = stranger.data;
  config.makeFolders();
  config.writeConfig(cluster.data.config(), { next: () => 0, u32: () => 0, bytes: (count) => new Uint8Array(count) });
  const { SupervisedProcess, processArguments } = await import("../../cli/child-process.js");
  const { processProgram } = await import("../../cli/package-files.js");
  const args = processArguments({ name: "dbmanager", program: processProgram("dbmanager") }, config);
  const exit = await new Promise<{ reason: string; isFailure: boolean }>((resolve) => {
    new SupervisedProcess(config, "dbmanager", args, resolve);
  });
  assert.ok(exit.isFailure);
  assert.match(exit.reason, /LINK_AUTH_FAILED/);
});

test("boot: a game and a gate join the running cluster and take the next free names", async (t) => {
  const cluster = new TestCluster(t);
  await cluster.up();
  for (const kind of ["game", "gate"]) {
    const [joined] = await cluster.up("--join", kind);
    assert.ok(joined?.event === "joined");
    assert.equal(joined.name, `${kind}2`);
  }
  const names = (await cluster.status()).map(({ name }) => name);
  assert.deepEqual(names, ["gamemanager", "dbmanager", "game1", "game2", "gate1", "gate2"]);
  const records = cluster.data.processes();
  assert.equal((await cluster.aeon("down")).status, 0);
  assert.deepEqual(records.filter(isRunning), []);
});

test("boot: what lost its supervisor runs on, holds its folder, and is ended by down", {
  skip: noSignals,
}, async (t) => {
  const cluster = new TestCluster(t);
  await cluster.up();
  const supervisor = recordOf("supervisor", cluster.signal("supervisor", "SIGKILL"));
  await until("the supervisor is dead", () => !isRunning(supervisor));
  assert.equal((await cluster.status()).length, 4);
  assert.match((await cluster.aeon("up")).stderr, /CLUSTER_DATA_IN_USE/);
  assert.equal((await cluster.aeon("down")).status, 0);
  assert.deepEqual(cluster.runningNames(), []);
});
