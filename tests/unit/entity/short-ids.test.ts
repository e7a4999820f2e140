import assert from "node:assert/strict";
import { test } from "node:test";
import { ShortIds } from "../../../engine/entity/short-ids.js";

test("short ids: a freed id waits behind others and comes back with the next generation", () => {
  const ids = new ShortIds();
  const first = ids.take();
  assert.equal(first, 1);
  assert.equal(ids.generationOf(first), 0);
  ids.free(first);
  const taken: number[] = [];
  for (let i = 0; i < 64; i++) {
    const id = ids.take();
    assert.notEqual(id, first);
    taken.push(id);
  }
  for (const id of taken) ids.free(id);
  assert.equal(ids.take(), first);
  assert.equal(ids.generationOf(first), 1);
});

test("short ids: the generation goes round after 255", () => {
  const ids = new ShortIds();
  for (let i = 1; i <= 65_535; i++) ids.take();
  for (let round = 1; round <= 256; round++) {
    ids.free(7);
    assert.equal(ids.take(), 7);
    assert.equal(ids.generationOf(7), round % 256);
  }
});

test("short ids: 65,535 can be held at once, then there is none until one is freed", () => {
  const ids = new ShortIds();
  const held = new Set<number>();
  for (let i = 0; i < 65_535; i++) held.add(ids.take());
  assert.equal(held.size, 65_535);
  assert.equal(held.has(0), false);
  assert.equal(ids.take(), 0);
  ids.free(123);
  assert.equal(ids.take(), 123);
  assert.equal(ids.count, 65_535);
});

test("short ids: freeing twice or what was never taken changes nothing", () => {
  const ids = new ShortIds();
  const id = ids.take();
  ids.free(id);
  ids.free(id);
  ids.free(9_999);
  assert.equal(ids.generationOf(id), 1);
  assert.equal(ids.count, 0);
});
