/** The movement checks against a fixed sample of players, and against the traces of tests/traces; `npm run simulate -- movement` plays more. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { defaultConfig } from "../../engine/config/config.js";
import { readTrace } from "../../engine/recording/trace-file.js";
import { replayTrace } from "../../engine/recording/trace-replay.js";
import { packageRoot } from "../unit/source-files.js";
import { brokenPromises, cheatRows, honestRows, tableOf } from "./movement/table.js";

const SAMPLE = { honest: 200, stalled: 20, cheats: 25 };
const TRACES_MIN = 10;

test("movement: of a sample, honest players on good lines are left alone, and cheats are caught in time", () => {
  const honestOnes = honestRows(SAMPLE);
  const cheats = cheatRows(SAMPLE);
  assert.deepEqual(brokenPromises(honestOnes, cheats), [], tableOf(honestOnes, cheats).join("\n"));
  const good = honestOnes.find(({ isGood }) => isGood);
  assert.ok((good?.players ?? 0) >= SAMPLE.honest / 3, "enough of them are on good lines");
  assert.ok(cheats.every(({ players }) => players >= 10));
});

test("movement: a seed plays the same player again", () => {
  const small = { honest: 3, stalled: 1, cheats: 2 };
  const speeds = (name: string) => name.startsWith("speed");
  assert.deepEqual([honestRows(small), cheatRows(small, speeds)], [honestRows(small), cheatRows(small, speeds)]);
});

const folder = join(packageRoot, "tests", "traces");
const traces = readdirSync(folder).filter((name) => name.endsWith(".trace"));

test("movement: there are traces to hold the checks to", () => {
  assert.ok(traces.length >= TRACES_MIN, traces.join(", "));
});

for (const name of traces) {
  test(`movement: ${name} gets the verdict that it is to get`, () => {
    const trace = readTrace(readFileSync(join(folder, name)));
    const { verdict, isExpected } = replayTrace(trace, defaultConfig().movement);
    assert.ok(isExpected, `${JSON.stringify(verdict)}, expected ${JSON.stringify(trace.header.expected)}`);
  });
}
