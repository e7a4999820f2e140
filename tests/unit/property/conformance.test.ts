import assert from "node:assert/strict";
import { test } from "node:test";
import { PropertyTree } from "../../../engine/property/properties.js";
import { ALL, ENTITY, Run, runProgram } from "./conformance.js";

/** Half of the programs; the other half is in conformance-more.test.ts, for a second core. */
const PROGRAMS = Number(process.env.AEON_PROPERTY_PROGRAMS ?? 10_000) / 2;

test("property sync: script, server's shadow and clients' mirrors hold the same after every flush (random programs)", () => {
  for (let seed = 1; seed <= PROGRAMS; seed++) runProgram(seed);
});

test("property sync: a saved entity loads to the same saved values (random programs)", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const run = new Run(seed);
    run.change(60);
    const loaded = new PropertyTree(run.tree.definition);
    loaded.load(run.tree.persistent());
    assert.deepEqual(loaded.persistent(), run.tree.persistent(), `seed ${seed}`);
  }
});

test("shadow: equal trees have equal hashes and others do not (random programs)", () => {
  const seen = new Map<number, string>();
  for (let seed = 1; seed <= 500; seed++) {
    const run = new Run(seed);
    run.change(20);
    run.flush();
    const hash = run.server.hash(ENTITY, ALL);
    const content = canonical(run.server.plain(ENTITY, ALL));
    assert.equal(seen.get(hash) ?? content, content, `seed ${seed}`);
    seen.set(hash, content);
  }
  assert.ok(seen.size > 400);
});

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
