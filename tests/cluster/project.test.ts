/** A project made by `aeon new`: it compiles, its test passes, its world runs, and `aeon dev` starts it again on each save. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { packageRoot } from "../unit/source-files.js";
import { aeonProgram, noSignals, runAeon, TestCluster, until } from "./cluster.js";

/** As `npm install` would leave it, without a registry. */
async function project(t: TestContext): Promise<TestCluster> {
  const cluster = new TestCluster(t);
  const made = await runAeon(cluster.folder, "new", "world", "--no-install");
  assert.equal(made.status, 0, made.stderr);
  const folder = join(cluster.folder, "world");
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, ".bin"), { recursive: true });
  symlinkSync(packageRoot, join(modules, "aeon-engine"));
  for (const name of ["typescript", "@types"])
    symlinkSync(join(packageRoot, "node_modules", name), join(modules, name));
  symlinkSync(join(packageRoot, "node_modules", ".bin", "tsc"), join(modules, ".bin", "tsc"));
  const configFile = join(folder, "aeon.config.json");
  const config = JSON.parse(readFileSync(configFile, "utf8")) as object;
  writeFileSync(configFile, JSON.stringify({ ...config, cluster: { portBase: cluster.portBase } }));
  return cluster.inFolder(folder);
}

function npm(folder: string, ...args: string[]) {
  return spawnSync("npm", args, { cwd: folder, encoding: "utf8", env: { ...process.env, NODE_OPTIONS: "" } });
}

test("project: a new one compiles, passes its test, and its world opens", { skip: noSignals }, async (t) => {
  const cluster = await project(t);
  const { status, stdout, stderr } = npm(cluster.folder, "test");
  assert.equal(status, 0, stdout + stderr);
  const index = await cluster.aeon("rpc-index");
  assert.equal(index.status, 0, index.stderr);
  assert.equal((await cluster.aeon("rpc-index", "--check")).status, 0);
  await cluster.up();
  const bots = await cluster.aeon("bots", "--count", "2", "--seconds", "1", "--json");
  const summary = JSON.parse(bots.stdout.trim().split("\n").at(-1) ?? "{}") as { loggedIn?: number; errors?: number };
  assert.deepEqual({ loggedIn: summary.loggedIn, errors: summary.errors }, { loggedIn: 2, errors: 0 }, bots.stderr);
});

test("project: dev runs it in one process and starts it again when a source is saved", {
  skip: noSignals,
}, async (t) => {
  const cluster = await project(t);
  const dev = spawn(process.execPath, [aeonProgram, "dev"], { cwd: cluster.folder, stdio: ["ignore", "pipe", "pipe"] });
  let shown = "";
  for (const stream of [dev.stdout, dev.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (shown += text));
  const opened = (times: number) =>
    until(`it opened ${times} times`, () => shown.split("the cluster is open").length > times);
  await opened(1);
  const pids = new Set((await cluster.status()).map(({ pid }) => pid));
  assert.equal(pids.size, 1);
  appendFileSync(join(cluster.folder, "src", "avatar.ts"), "// saved\n");
  await opened(2);
  dev.kill("SIGINT");
  const [code] = await once(dev, "exit");
  assert.equal(code, 0, shown);
  assert.deepEqual(cluster.runningNames(), []);
});
