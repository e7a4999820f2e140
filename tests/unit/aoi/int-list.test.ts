import assert from "node:assert/strict";
import { test } from "node:test";
import { IntList } from "../../../engine/aoi/int-list.js";

test("int list: grows past its capacity and keeps what it holds", () => {
  const list = new IntList(1);
  for (let value = 0; value < 100; value++) list.push(value * 3);
  assert.equal(list.length, 100);
  for (let value = 0; value < 100; value++) assert.equal(list.at(value), value * 3);
});

test("int list: a value that is taken out is gone, the others stay", () => {
  const list = new IntList();
  for (const value of [5, 7, 9]) list.push(value);
  assert.equal(list.removeValue(5), true);
  assert.equal(list.removeValue(5), false);
  assert.deepEqual([...list.items.subarray(0, list.length)].sort(), [7, 9]);
  list.clear();
  assert.equal(list.has(7), false);
});
