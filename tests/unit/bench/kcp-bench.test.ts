/** The cases of KCP with small sizes: they run, and ours and the C code's do the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BenchRun, type Measurement } from "../../../bench/harness.js";
import { bench } from "../../../bench/kcp.bench.js";

test("kcp bench: each case runs, and what it does is the same each time and as with the C code", async () => {
  const lines: Measurement[] = [];
  for (let i = 0; i < 2; i++) await bench(new BenchRun({ small: true }, (line) => lines.push(line)));
  assert.ok(lines.every(({ ok }) => ok));
  const hashes = new Map<string, string>();
  for (const { case: name, hash } of lines) {
    assert.ok(hash === (hashes.get(name) ?? hash), name);
    hashes.set(name, hash);
  }
  for (const [name, hash] of hashes) {
    const twin = name.replace(": node-kcp", "");
    if (twin !== name) assert.equal(hash, hashes.get(twin), name);
  }
  for (const { case: name, value } of lines) if (name.includes("differs")) assert.equal(value, 0, name);
});
