/** The harness: what is measured is the median of five rounds, what is reported is held against its target. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BenchRun, type Measurement, medians, ResultHash, ROUND_COUNT, repeatCount } from "../../../bench/harness.js";

function collected(small: boolean, only = ""): { run: BenchRun; lines: Measurement[] } {
  const lines: Measurement[] = [];
  return { run: new BenchRun({ small, only }, (line) => lines.push(line)), lines };
}

test("bench harness: a value up to the target is ok, one above is not, and it has four digits", () => {
  const { run, lines } = collected(false);
  run.report("at", "ms", 8, 8, "abc");
  run.report("above", "ms", 8.00123, 8);
  run.report("free", "bytes", 123_456.7);
  assert.deepEqual(lines, [
    { case: "at", value: 8, unit: "ms", target: 8, ok: true, hash: "abc" },
    { case: "above", value: 8.001, unit: "ms", target: 8, ok: false, hash: "" },
    { case: "free", value: 123_500, unit: "bytes", target: null, ok: true, hash: "" },
  ]);
});

test("bench harness: small sizes are held against no target", () => {
  const { run, lines } = collected(true);
  run.report("slow", "ms", 1_000, 8);
  assert.deepEqual(lines[0], { case: "slow", value: 1_000, unit: "ms", target: null, ok: true, hash: "" });
});

test("bench harness: only cases whose name contains the text are wanted", () => {
  const { run } = collected(false, "join");
  assert.deepEqual([run.wants("one join"), run.wants("full state")], [true, false]);
});

test("bench harness: each part's result is the median of the rounds' means, warm-up left out", async () => {
  const rounds = { warmUp: 3, repeats: 2 };
  const numbers: number[] = [];
  // A promise: nothing is scaled. Rounds' means of the first part: 1, 1, 100, 3, 2.
  const first = [1, 1, 1, 1, 100, 100, 3, 3, 1, 3];
  const parts = await medians(rounds, (number) => {
    numbers.push(number);
    return Promise.resolve([first[number - rounds.warmUp] ?? 1e9, 7]);
  });
  assert.deepEqual(parts, [2, 7]);
  assert.deepEqual(numbers, [...Array(repeatCount(rounds)).keys()]);
  assert.equal(numbers.length, rounds.warmUp + rounds.repeats * ROUND_COUNT);
});

test("bench harness: a hash tells order and borders of what was added", () => {
  const hash = (...values: (number | string)[]) => values.reduce((sum, value) => sum.add(value), new ResultHash()).text;
  assert.equal(hash(1, 2), hash(1, "2"));
  assert.notEqual(hash(1, 2), hash(2, 1));
  assert.notEqual(hash(12), hash(1, 2));
  assert.match(hash(), /^[0-9a-f]{8}$/);
});
