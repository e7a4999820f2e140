/** Closing a crowded space in a real game: everybody goes, and the game's ticks go on. How late they are is for the bench to say. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bench } from "../../bench/close.bench.js";
import { BenchRun } from "../../bench/harness.js";

test("space: one with a crowd closes while the game goes on", {
  skip: process.platform === "linux" ? false : "the bench reads /proc: Linux only",
}, async () => {
  const values = new Map<string, number>();
  await bench(new BenchRun({ small: true }, ({ case: name, value }) => values.set(name, value)));
  assert.equal(values.get("space with a crowd: members"), 300);
  assert.ok((values.get("closing takes") ?? 0) > 0, "everybody went");
});
