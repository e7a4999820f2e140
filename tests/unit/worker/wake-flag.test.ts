import assert from "node:assert/strict";
import { test } from "node:test";
import { WakeFlag } from "../../../engine/worker/wake-flag.js";

test("wake flag: a sleeping reader is woken once, an awake one never", () => {
  const writer = WakeFlag.make();
  const reader = new WakeFlag(writer.buffer);
  assert.equal(writer.mustWake(), true);
  assert.equal(writer.mustWake(), false);
  reader.sleep();
  assert.equal(writer.mustWake(), true);
});

test("wake flag: a reader that finds work after it lay down rises by itself, or is being woken already", () => {
  const writer = WakeFlag.make();
  const reader = new WakeFlag(writer.buffer);
  reader.sleep();
  assert.equal(reader.rise(), true);
  assert.equal(writer.mustWake(), false, "it is awake");
  reader.sleep();
  assert.equal(writer.mustWake(), true);
  assert.equal(reader.rise(), false, "a wake is on its way");
});
