import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { joinPath, splitPath } from "../../../engine/property/path.js";

test("path: parts survive joining and splitting, whatever they hold", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom(".", "\\", "a", "ß") }), { minLength: 1 }), (parts) => {
      fc.pre(parts.length > 1 || parts[0] !== "");
      assert.deepEqual(splitPath(joinPath(parts)), parts);
    }),
    { seed: 11, numRuns: 2000 },
  );
});

test("path: plain parts are joined as they are", () => {
  assert.equal(joinPath(["school", "classA", "number"]), "school.classA.number");
  assert.equal(joinPath(["list", 3, "a.b\\c"]), "list.3.a\\.b\\\\c");
  assert.deepEqual(splitPath(""), []);
});

test("path: one that ends in an escape is refused", () => {
  assert.throws(() => splitPath("a\\"), { code: "PROPERTY_VALUE" });
});
