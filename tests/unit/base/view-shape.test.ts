import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../../engine/base/random.js";
import { squaredDistance } from "../../../engine/base/view-shape.js";

test("view shape: in a circle the straight way counts, in a box the longer of x and z (random float32 ways)", () => {
  const random = new SeededRandom(1);
  for (let i = 0; i < 2_000; i++) {
    const [x, z] = [Math.fround(random.next() * 200 - 100), Math.fround(random.next() * 200 - 100)];
    assert.equal(squaredDistance(false, x, z), x * x + z * z);
    assert.equal(squaredDistance(true, x, z), Math.max(Math.abs(x), Math.abs(z)) ** 2);
  }
});
