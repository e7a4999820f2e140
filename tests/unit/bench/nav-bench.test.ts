/** The nav bench with small sizes: it runs, workers find the package's paths, and nothing is left in the WASM memory. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BenchRun, type Measurement } from "../../../bench/harness.js";
import { bench, CASE } from "../../../bench/nav.bench.js";

test("nav bench: every case reports, one worker and two find what the package finds (small sizes)", async () => {
  const lines: Measurement[] = [];
  await bench(new BenchRun({ small: true }, (line) => lines.push(line)));
  const resultOf = (name: string) => lines.find((line) => line.case === name)?.value;
  for (const name of Object.values(CASE)) assert.ok(Number.isFinite(resultOf(name)), name);
  const hashes = [CASE.plain, CASE.one, CASE.two].map((name) => lines.find((line) => line.case === name)?.hash);
  assert.equal(new Set(hashes).size, 1);
  assert.equal(hashes[0], "b260da9f");
  assert.equal(resultOf(CASE.leak), 0);
  assert.ok((resultOf(CASE.packageLeak) ?? 0) >= 1);
});
