/** What `aeon replay` and `aeon trace` say of traces: exit codes, the summary, the picture, an exported expectation. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../source-files.js";
import { temporaryFolder } from "./temporary-folder.js";

const MAIN = fileURLToPath(new URL("../../../cli/main.js", import.meta.url));
const folder = join(packageRoot, "tests", "traces");
const cheat = join(folder, "teleport-20.trace");
const honest = join(folder, "honest-jitter.trace");

function aeon(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });
  return { status, lines: stdout.trim().split("\n"), stderr };
}

const parsed = (lines: readonly string[]) => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

test("replay: traces print a line per move, one per trace, and a summary last (--json)", () => {
  const { status, lines } = aeon("replay", cheat, honest, "--json");
  const events = parsed(lines);
  assert.equal(status, 0);
  assert.deepEqual(events.at(-1), { event: "summary", traces: 2, asExpected: 2, notAsExpected: 0 });
  const [first, second] = events.filter(({ event }) => event === "trace");
  assert.deepEqual([first?.grade, first?.verdicts, second?.grade], ["flag", ["speed"], "accept"]);
  const moves = events.filter(({ event }) => event === "move");
  assert.equal(moves.length, (first?.moves as number) + (second?.moves as number));
  assert.ok(moves.every(({ grade, recorded }) => grade === recorded));
});

test("replay: a trace that is expected to be accepted and is not ends with 1", (t) => {
  const temporary = temporaryFolder(t);
  const wrong = join(temporary, "wrong.trace");
  assert.equal(
    aeon("trace", "export", cheat, wrong, "--expect", "accept", "--about", "a dash", "--data", temporary).status,
    0,
  );
  const { status, lines } = aeon("replay", wrong);
  assert.equal(status, 1);
  assert.match(lines.join("\n"), /a dash[\s\S]*expected accept\n1 traces, 0 as expected, 1 not as expected$/);
});

test("replay: what is no trace among traces, or was damaged, ends with 1 and a code", (t) => {
  const damaged = join(temporaryFolder(t), "damaged.trace");
  const bytes = readFileSync(cheat);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
  writeFileSync(damaged, bytes);
  for (const file of [damaged, join(packageRoot, "package.json")]) {
    const { status, stderr } = aeon("replay", honest, file);
    assert.deepEqual([status, /RECORDING_INVALID/.test(stderr)], [1, true], file);
  }
});

test("replay: --plot writes a picture with a row per trace", (t) => {
  const file = join(temporaryFolder(t), "moves.svg");
  assert.equal(aeon("replay", cheat, honest, "--plot", file).status, 0);
  const svg = readFileSync(file, "utf8");
  assert.match(svg, /^<svg [\s\S]*teleport-20\.trace[\s\S]*honest-jitter\.trace[\s\S]*<\/svg>\n$/);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
});

test("trace: list says what games wrote; a wrong subcommand is wrong usage", (t) => {
  const data = temporaryFolder(t);
  mkdirSync(join(data, "traces"));
  writeFileSync(join(data, "traces", "game1-1-1-flag.trace"), readFileSync(cheat));
  const [row] = parsed(aeon("trace", "list", "--data", data, "--json").lines);
  assert.deepEqual([row?.name, row?.grade, row?.verdicts], ["game1-1-1-flag.trace", "flag", ["speed"]]);
  assert.equal(aeon("trace", "record", "--data", data).status, 1);
  assert.equal(aeon("trace", "bogus").status, 2);
  assert.deepEqual(readdirSync(join(data, "traces")), ["game1-1-1-flag.trace"]);
});
