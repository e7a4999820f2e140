/** The gate's benches with small sizes: they run, with real sockets and processes where they have them, and report every row. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bench as floodBench } from "../../../bench/flood.bench.js";
import { bench as gateBench } from "../../../bench/gate.bench.js";
import { type BenchModule, BenchRun, type Measurement } from "../../../bench/harness.js";

async function smallRun(bench: BenchModule["bench"], only: string): Promise<Measurement[]> {
  const lines: Measurement[] = [];
  await bench(new BenchRun({ small: true, only }, (line) => lines.push(line)));
  for (const { case: name, value } of lines) assert.ok(Number.isFinite(value), name);
  return lines;
}

test("gate bench: every case reports, and what was heard is the same sealed and plain (small sizes)", async () => {
  const lines = await smallRun(gateBench, "");
  assert.equal(new Set(lines.map((line) => line.case)).size, lines.length);
  const received = lines.filter((line) => line.case.startsWith("datagram received"));
  assert.equal(received.length, 3);
  assert.equal(new Set(received.map((line) => line.hash)).size, 1);
  assert.equal(lines.filter((line) => line.case.includes("native thread")).length, 3);
});

test("flood bench: strangers' hellos are sent, few are answered, nobody is cut (small sizes)", async () => {
  const lines = await smallRun(floodBench, "");
  const valueFor = (part: string) => lines.find((line) => line.case.endsWith(part))?.value;
  assert.ok((valueFor(": sent") as number) > 0);
  assert.equal(valueFor(": honest clients cut"), 0);
});
