import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { isRunning, recordOf, signalProcess, startMarkOf } from "../../../cli/process-identity.js";

function idleProcess() {
  return spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
}

test("process identity: a record names a process until it ends", async () => {
  const child = idleProcess();
  const record = recordOf("game1", child.pid ?? 0);
  assert.ok(isRunning(record));
  assert.ok(signalProcess(record, "SIGKILL"));
  await once(child, "exit");
  assert.ok(!isRunning(record));
  assert.ok(!signalProcess(record, "SIGKILL"));
});

test("process identity: a process that was stopped still runs (SIGSTOP)", { skip: noSignals() }, async () => {
  const child = idleProcess();
  const record = recordOf("game1", child.pid ?? 0);
  assert.ok(signalProcess(record, "SIGSTOP"));
  assert.ok(isRunning(record));
  signalProcess(record, "SIGKILL");
  await once(child, "exit");
});

test("process identity: a stranger at the same pid is not signalled", { skip: noSignals() }, () => {
  const stranger = { name: "game1", pid: process.pid, startMark: "another" };
  assert.ok(!isRunning(stranger));
  assert.ok(!signalProcess(stranger, "SIGKILL"));
});

test("process identity: a pid without a process has no start mark", () => {
  assert.equal(startMarkOf(0x3fffffff), null);
});

function noSignals(): string | false {
  return process.platform === "win32" ? "Windows knows no such signals" : false;
}
