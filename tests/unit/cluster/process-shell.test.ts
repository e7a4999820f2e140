import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseConfig } from "../../../engine/config/config.js";

const root = mkdtempSync(join(tmpdir(), "aeon-shell-"));
const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(root, { recursive: true, force: true });
});

const mainOf = (kind: string) => fileURLToPath(new URL(`../../../${kind}/main.js`, import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A data folder with a free port; `config` over the defaults. */
async function dataFolder(name: string, config: Record<string, unknown> = {}): Promise<{ dir: string; port: number }> {
  const dir = join(root, name);
  mkdirSync(dir, { recursive: true });
  const port = await freePort();
  const cluster = { bootTimeoutMs: 10_000, ...(config.cluster as object), portBase: port };
  writeFileSync(join(dir, "config.json"), JSON.stringify(parseConfig({ ...config, cluster })));
  writeFileSync(join(dir, "secret"), "a secret of the shell's test\n");
  return { dir, port };
}

/** A port ≥ 1,024 and low enough for `cluster.portBase`. */
async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await new Promise((done) => server.close(done));
    if (port <= 65_000) return port;
  }
}

function launch(kind: string, args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [mainOf(kind), ...args], { stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (text) => {
    stdout += text;
  });
  child.stderr?.on("data", (text) => {
    stderr += text;
  });
  const ended = once(child, "close").then(([code]) => {
    children.delete(child);
    return { code, stdout, stderr };
  });
  return { child, ended };
}

/** Polls the log for a line; the process writes each line before it goes on. */
async function logged(dir: string, process: string, event: string): Promise<void> {
  const endMs = Date.now() + 10_000;
  for (;;) {
    try {
      if (readFileSync(join(dir, "logs", `${process}.log`), "utf8").includes(`"event":"${event}"`)) return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    if (Date.now() > endMs) throw new Error(`${process} did not log ${event}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

test("process shell: gamemanager and dbmanager find each other and leave in order (SIGTERM)", async () => {
  const { dir } = await dataFolder("pair");
  const manager = launch("gamemanager", ["--data", dir, "--name", "gamemanager"]);
  const database = launch("dbmanager", ["--data", dir, "--name", "dbmanager"]);
  await logged(dir, "dbmanager", "process.registered");
  await logged(dir, "gamemanager", "process.joined");
  database.child.kill("SIGTERM");
  assert.deepEqual(await database.ended, { code: 0, stdout: "", stderr: "" });
  await logged(dir, "gamemanager", "process.gone");
  manager.child.kill("SIGTERM");
  assert.deepEqual(await manager.ended, { code: 0, stdout: "", stderr: "" });
});

test("process shell: a taken port is one line and exit 1 (two gamemanagers)", async () => {
  const { dir } = await dataFolder("ports");
  const first = launch("gamemanager", ["--data", dir, "--name", "gamemanager"]);
  await logged(dir, "gamemanager", "link.listening");
  const second = await launch("gamemanager", ["--data", dir, "--name", "gamemanager"]).ended;
  first.child.kill("SIGTERM");
  await first.ended;
  assert.equal(second.code, 1);
  assert.match(second.stderr, /^aeon gamemanager: CLUSTER_PORT_IN_USE: [^\n]*\n$/);
});

test("process shell: no gamemanager is one line and exit 1 (bootTimeoutMs 1 s)", async () => {
  const { dir, port } = await dataFolder("alone", { cluster: { bootTimeoutMs: 1_000 } });
  const ended = await launch("dbmanager", ["--data", dir, "--name", "dbmanager"]).ended;
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, new RegExp(`^aeon dbmanager: PROCESS_UNREGISTERED: [^\\n]*127.0.0.1:${port}[^\\n]*\\n$`));
});

test("process shell: a wrong configuration is one line that names the key and exit 1", async () => {
  const { dir } = await dataFolder("wrong");
  writeFileSync(join(dir, "config.json"), '{"cluster":{"gamez":2}}');
  const ended = await launch("gamemanager", ["--data", dir, "--name", "gamemanager"]).ended;
  assert.deepEqual([ended.code, ended.stdout], [1, ""]);
  assert.match(ended.stderr, /^aeon gamemanager: CONFIG_INVALID: [^\n]*cluster\.gamez[^\n]*\n$/);
});

test("process shell: a missing or unknown argument is one line and exit 1", async () => {
  for (const args of [[], ["--dada", "x"]]) {
    const ended = await launch("gamemanager", args).ended;
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /^aeon gamemanager: [^\n]*\n$/);
  }
});
