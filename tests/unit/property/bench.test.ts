import assert from "node:assert/strict";
import { test } from "node:test";
import { propertyBench } from "../../../bench/property.bench.js";

test("property bench: runs, sends no more than it should and ends with the same mirror (small size)", () => {
  const found = new Map(propertyBench(true).map(({ name, unit, value }) => [`${name} (${unit})`, value]));
  assert.equal(found.get("2 floats of each player (bytes)"), 50 * 9);
  assert.equal(found.get("mirror of all players (hash)"), propertyBench(true).at(-1)?.value);
});
