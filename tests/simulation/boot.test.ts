import assert from "node:assert/strict";
import { test } from "node:test";
import { bootSweep } from "./boot.js";
import { testScenarios } from "./test-seeds.js";

test("boot: the cluster opens whichever process dies at whichever step", async () => {
  assert.equal(await bootSweep(), 9 * 6, "nine steps, six processes");
});

testScenarios("boot", "boot-steps");
