import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type ClusterFile, DataFolder } from "../../../cli/data-folder.js";
import { recordOf } from "../../../cli/process-identity.js";
import { SeededRandom } from "../../../engine/base/random.js";
import { defaultConfig, parseConfig } from "../../../engine/config/config.js";
import { temporaryFolder } from "./temporary-folder.js";

const cluster = (supervisorPid: number): ClusterFile => ({
  supervisorPid,
  name: "test",
  gamemanager: { host: "127.0.0.1", port: 7700 },
  startedMs: 1,
});

async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""], { stdio: "ignore" });
  await once(child, "exit");
  return child.pid ?? 0;
}

test("data folder: a second cluster is refused while a process of the first runs", (t) => {
  const folder = new DataFolder(temporaryFolder(t));
  folder.acquire(cluster(process.pid), recordOf("supervisor", process.pid));
  const second = new DataFolder(folder.path);
  assert.throws(() => second.acquire(cluster(1), recordOf("supervisor", 1)), { code: "CLUSTER_DATA_IN_USE" });
});

test("data folder: it is taken over when everyone who held it has ended (kill -9 of all)", async (t) => {
  const folder = new DataFolder(temporaryFolder(t));
  const pid = await endedPid();
  folder.acquire(cluster(pid), { name: "supervisor", pid, startMark: "1" });
  folder.acquire(cluster(process.pid), recordOf("supervisor", process.pid));
  assert.equal(folder.cluster()?.supervisorPid, process.pid);
});

test("data folder: a game that outlived its supervisor still holds it", async (t) => {
  const folder = new DataFolder(temporaryFolder(t));
  const pid = await endedPid();
  folder.acquire(cluster(pid), { name: "supervisor", pid, startMark: "1" });
  folder.record("game1", recordOf("game1", process.pid));
  assert.throws(() => folder.acquire(cluster(1), recordOf("supervisor", 1)), {
    code: "CLUSTER_DATA_IN_USE",
    message: /game1 runs/,
  });
});

test("data folder: a pid that a stranger uses by now does not hold it (other start time)", { skip: noProc() }, (t) => {
  const folder = new DataFolder(temporaryFolder(t));
  folder.acquire(cluster(process.pid), { name: "supervisor", pid: process.pid, startMark: "12" });
  folder.acquire(cluster(process.pid), recordOf("supervisor", process.pid));
});

function noProc(): string | false {
  return process.platform === "linux" ? false : "needs /proc";
}

test("data folder: releasing forgets who ran, and keeps the secret", (t) => {
  const folder = new DataFolder(temporaryFolder(t));
  folder.acquire(cluster(process.pid), recordOf("supervisor", process.pid));
  folder.writeConfig(defaultConfig(), new SeededRandom(1));
  const secret = folder.secret();
  folder.release();
  assert.equal(folder.cluster(), null);
  assert.deepEqual(folder.processes(), []);
  folder.writeConfig(defaultConfig(), new SeededRandom(2));
  assert.equal(folder.secret(), secret);
});

test("data folder: the configuration's secret wins, and stands only in the secret file", (t) => {
  const folder = new DataFolder(temporaryFolder(t));
  folder.makeFolders();
  const secret = "a secret of sixteen or more";
  folder.writeConfig(parseConfig({ cluster: { secret } }), new SeededRandom(1));
  assert.equal(folder.secret(), secret);
  assert.ok(!readFileSync(join(folder.path, "config.json"), "utf8").includes(secret));
  assert.deepEqual(folder.config(), defaultConfig());
});

test("data folder: the secret is readable by its owner alone", { skip: noModes() }, (t) => {
  const folder = new DataFolder(temporaryFolder(t));
  folder.makeFolders();
  folder.writeConfig(defaultConfig(), new SeededRandom(1));
  assert.equal(statSync(join(folder.path, "secret")).mode & 0o077, 0);
});

function noModes(): string | false {
  return process.platform === "win32" ? "Windows has no file modes" : false;
}

test("data folder: a record that is half written counts as none", (t) => {
  const folder = new DataFolder(temporaryFolder(t));
  folder.makeFolders();
  writeFileSync(join(folder.path, "processes", "game1.json"), '{"name":"ga');
  assert.deepEqual(folder.processes(), []);
});

test("data folder: the mark that the cluster ends is there until the next start", (t) => {
  const folder = new DataFolder(temporaryFolder(t));
  folder.makeFolders();
  folder.markStopping();
  assert.ok(folder.isStopping);
  folder.acquire(cluster(process.pid), recordOf("supervisor", process.pid));
  assert.ok(!folder.isStopping);
});
