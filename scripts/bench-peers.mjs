/**
 * `npm run bench:peers`: our benches and the same cases on others, one after the other in one run, each of our lines with the peer's
 * value beside it. Installs bench/peers (a package of its own; Node 22 is what its packages ask for, 20 works) when it is not there.
 *
 * The bench of KCP brings its peer, node-kcp, along: its lines come as they are.
 *
 *   npm run bench:peers -- [--json] [--small] [--only TEXT] [--load]     `--load`: end to end too, some minutes
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { dist, root } from "./run.mjs";

const peers = join(root, "bench", "peers");
const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    small: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    load: { type: "boolean", default: false },
  },
});

/** Positions are transforms with us, and properties like any other with the peer. */
const AS_PROPERTIES = {
  "all see all, as transforms": "all see all, x and y as properties",
  "a client each, few in view": "a client each, few in view, x and y as properties",
};

function install() {
  if (existsSync(join(peers, "node_modules", "@colyseus", "core"))) return;
  process.stderr.write("installing bench/peers …\n");
  // Windows starts npm by a shell only.
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], {
    cwd: peers,
    stdio: ["ignore", process.stderr, process.stderr],
    shell: process.platform === "win32",
  });
  if (status !== 0) throw new Error("bench/peers could not be installed");
}

/** node-kcp is native; without a compiler its lines are missing, and the bench of KCP says so. */
function buildNodeKcp() {
  if (existsSync(join(peers, "node_modules", "node-kcp", "build", "Release", "kcp.node"))) return;
  process.stderr.write("building node-kcp …\n");
  spawnSync("npm", ["rebuild", "node-kcp"], {
    cwd: peers,
    stdio: ["ignore", process.stderr, process.stderr],
    shell: process.platform === "win32",
  });
}

/** The lines of JSON that a program prints. */
function linesOf(args, env = {}) {
  const { status, stdout } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}`);
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}

function benchArguments(name) {
  const only = values.only === "" ? [] : ["--only", values.only];
  return [join(dist, "cli", "main.js"), "bench", name, "--json", ...only, ...(values.small ? ["--small"] : [])];
}

function peerCase(name) {
  const [base, part] = name.split(": ");
  const other = AS_PROPERTIES[base] ?? base;
  return part === undefined ? other : `${other}: ${part}`;
}

function printBeside(ours, theirs) {
  const byCase = new Map(theirs.map((line) => [line.case, line]));
  const used = new Set();
  for (const line of ours) {
    const peer = byCase.get(peerCase(line.case));
    if (peer !== undefined) used.add(peer);
    const beside = peer === undefined ? {} : { peer: "colyseus", peerValue: peer.value, ratio: ratio(line, peer) };
    print({ ...line, ...beside });
  }
  for (const peer of theirs) {
    if (used.has(peer)) continue;
    print({ case: peer.case, value: null, unit: peer.unit, target: null, ok: true, peerValue: peer.value });
  }
}

function ratio(line, peer) {
  return peer.value === 0 ? null : Number((line.value / peer.value).toPrecision(3));
}

function print(line) {
  if (values.json) {
    process.stdout.write(`${JSON.stringify(line)}\n`);
    return;
  }
  const { case: name, value, unit, target, ok, peerValue, ratio: share } = line;
  const bound = target === null ? "" : `≤ ${target}${ok ? "" : " MISSED"}`;
  const peer = peerValue === undefined ? "" : `${peerValue} ${share === undefined ? "" : `(× ${share})`}`;
  const cells = [name.padEnd(68), String(value ?? "–").padStart(10), unit.padEnd(8), bound.padEnd(16), peer];
  process.stdout.write(`${cells.join(" ").trimEnd()}\n`);
}

install();
buildNodeKcp();
if (!(await build())) throw new Error("the build failed");
if (!values.json) print({ case: "case", value: "ours", unit: "", target: null, ok: true, peerValue: "Colyseus" });
const small = values.small ? ["--small"] : [];
const only = values.only === "" ? [] : ["--only", values.only];
printBeside(linesOf(benchArguments("sync")), linesOf([join(peers, "sync.mjs"), ...small, ...only]));
for (const line of linesOf(benchArguments("kcp"))) print(line);
if (values.load) {
  const load = (target) => linesOf(benchArguments("load"), { BENCH_TARGET: target });
  printBeside(load("aeon"), load("colyseus"));
}
