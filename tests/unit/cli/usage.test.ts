/** The command as its user meets it: a process of its own, what it prints, its exit code. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./temporary-folder.js";

const program = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "cli", "main.js");

function aeon(cwd: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { cwd, encoding: "utf8" });
  return { status, stdout, stderr, errorLines: stderr.split("\n").filter((line) => line !== "").length };
}

test("usage: wrong usage is one line and exit code 2 (unknown command, option, value, missing argument)", (t) => {
  const folder = temporaryFolder(t);
  for (const args of [["upp"], ["up", "--gaems", "2"], ["up", "--games", "0"], ["up", "--join", "client"], ["new"]]) {
    const { status, stdout, errorLines } = aeon(folder, ...args);
    assert.deepEqual({ status, stdout, errorLines }, { status: 2, stdout: "", errorLines: 1 }, args.join(" "));
  }
});

test("usage: help is on standard output and no error", (t) => {
  const folder = temporaryFolder(t);
  for (const args of [[], ["--help"], ["up", "--help"], ["--version"]]) {
    const { status, stdout, stderr } = aeon(folder, ...args);
    assert.equal(status, 0);
    assert.notEqual(stdout, "");
    assert.equal(stderr, "");
  }
});

test("usage: an unknown key in the configuration is one line that names it, and exit code 2", (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "aeon.config.json"), '{"cluster":{"gamse":2}}');
  const { status, stderr, errorLines } = aeon(folder, "up");
  assert.equal(status, 2);
  assert.equal(errorLines, 1);
  assert.match(stderr, /cluster\.gamse/);
  assert.ok(!existsSync(join(folder, ".aeon")));
});

test("usage: commands for a cluster that does not run say so in one line, exit code 1", (t) => {
  const folder = temporaryFolder(t);
  for (const command of ["status", "down", "bots", "logs"]) {
    const { status, stdout, stderr, errorLines } = aeon(folder, command);
    assert.deepEqual({ status, stdout, errorLines }, { status: 1, stdout: "", errorLines: 1 }, stderr);
    assert.match(stderr, /CLUSTER_NOT_RUNNING/);
  }
});

test("usage: new makes a project under the folder's name, and refuses a folder with something in it", (t) => {
  const folder = temporaryFolder(t);
  const { status, stderr } = aeon(folder, "new", "My World", "--no-install");
  assert.equal(status, 0, stderr);
  const description = JSON.parse(readFileSync(join(folder, "My World", "package.json"), "utf8")) as {
    name: string;
    dependencies: Record<string, string>;
  };
  assert.equal(description.name, "my-world");
  const engine = description.dependencies["aeon-engine"] ?? "";
  assert.ok(existsSync(join(folder, "My World", engine.replace(/^file:/, ""), "package.json")), engine);
  assert.ok(existsSync(join(folder, "My World", ".gitignore")));
  assert.equal(aeon(folder, "new", "My World").status, 2);
});

test("usage: logs come in order of time, from one process or all", (t) => {
  const folder = temporaryFolder(t);
  const line = (time: number, event: string) => `${JSON.stringify({ level: 30, time, event, clients: 2 })}\n`;
  const data = join(folder, "data");
  aeonLogs(data, { game1: line(1_000, "first") + line(3_000, "third"), gate1: line(2_000, "second") });
  const all = aeon(folder, "logs", "--data", data).stdout;
  assert.deepEqual([...all.matchAll(/first|second|third/g)].map(String), ["first", "second", "third"]);
  assert.match(all, /00:00:01\.000 game1 +info +first clients=2/);
  const one = aeon(folder, "logs", "gate1", "--json", "--data", data).stdout;
  assert.equal(one, line(2_000, "second"));
  assert.equal(aeon(folder, "logs", "game7", "--data", data).status, 1);
});

function aeonLogs(data: string, texts: Readonly<Record<string, string>>): void {
  mkdirSync(join(data, "logs"), { recursive: true });
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(data, "logs", `${name}.log`), text);
}
