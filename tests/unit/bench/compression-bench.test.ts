/** The cases of compression with small sizes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bench } from "../../../bench/compression.bench.js";
import { BenchRun, type Measurement } from "../../../bench/harness.js";

test("compression bench: every case reports, inflated packets are the packets, and they shrink as they do (small sizes)", async () => {
  const lines: Measurement[] = [];
  await bench(new BenchRun({ small: true }, (line) => lines.push(line)));
  const hashOf = (name: string) => lines.find((line) => line.case === name)?.hash ?? "none";
  for (const name of ["positions", "entities in view", "definitions"]) {
    const saved = lines.find((line) => line.case.startsWith(`${name}, level 1: saved`))?.value ?? 0;
    assert.ok(saved > (name === "positions" ? 0 : 40), `${name}: ${saved}`);
    assert.equal(hashOf(`${name}, inflated in browser`), hashOf(`${name}, level 1`));
    assert.equal(hashOf(`${name}, inflated in Node`), hashOf(`${name}, level 1`));
  }
});
