/** What the script thread of a real game does while moves change properties: it neither encodes for clients nor serialises. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BenchRun } from "../../bench/harness.js";
import { bench } from "../../bench/profile.bench.js";

test("script thread: no client frame, msgpackr or JSON under the load of property changes", {
  skip: process.platform === "linux" ? false : "the load bench reads /proc: Linux only",
}, async () => {
  const shares = new Map<string, number>();
  await bench(new BenchRun({ small: true }, ({ case: name, value }) => shares.set(name, value)));
  assert.ok((shares.get("script thread: busy") ?? 0) > 0, "something was measured");
  for (const kind of ["msgpackr", "JSON", "client frames"]) assert.equal(shares.get(`script thread: ${kind}`), 0, kind);
});
