import assert from "node:assert/strict";
import { test } from "node:test";
import { IntList } from "../../../../engine/aoi/int-list.js";
import { ByteReader } from "../../../../engine/base/bytes.js";
import { DownstreamBody } from "../../../../engine/protocol/client-link.js";
import { coordinateOf, stepsOf, yawOf, yawStepsOf } from "../../../../engine/protocol/short-transforms.js";
import { BodyArena } from "../../../../game/sync/body-arena.js";

const TARGETS = [1, 127, 128, 16_383, 16_384, 65_535];

function listOf(...values: number[]): IntList {
  const list = new IntList();
  for (const value of values) list.push(value);
  return list;
}

test("body arena: a viewLeave written by hand has the bytes of the drawn message (one to three bytes of target)", () => {
  for (const target of TARGETS) {
    const arena = new BodyArena();
    const drawn = arena.add(DownstreamBody.viewLeave, { target });
    const byHand = arena.addViewLeave(target);
    assert.deepEqual(arena.view(byHand).slice(), arena.view(drawn).slice());
  }
});

test("body arena: a viewEnter written by hand has the bytes of the drawn message (short and long states)", () => {
  for (const [i, target] of TARGETS.entries()) {
    const arena = new BodyArena();
    const head = { generation: 200 + i, type: 300, entity: "Ab-_56789012345" };
    const state = new Uint8Array(i * 50).fill(i);
    const place = { x: 1.5, y: -2.25, z: 1e6, yaw: 0.125 };
    const drawn = arena.add(DownstreamBody.viewEnter, { target, ...head, ...place, state });
    const byHand = arena.addViewEnter(target, head, Float32Array.of(9, 9, 1.5, -2.25, 1e6, 0.125), 2, state);
    assert.deepEqual(arena.view(byHand).slice(), arena.view(drawn).slice());
  }
});

test("body arena: short transforms say where each stands, level ones without their height", () => {
  const places = [
    { index: 1, x: -300.5, y: 12.25, z: 700.015625 },
    { index: 65_535, x: -200, y: -3, z: 900.984375 },
    { index: 300, x: -256.25, y: 40, z: 768 },
  ];
  const words = new Int32Array(65_536 * 2);
  const heights = new Int32Array(65_536);
  for (const { index, x, y, z } of places) {
    words[index * 2] = index | (stepsOf(x) << 16);
    words[index * 2 + 1] = (stepsOf(z) & 0xffff) | (yawStepsOf(Math.PI) << 16);
    heights[index] = stepsOf(y);
  }
  const arena = new BodyArena();
  const body = arena.addShortTransforms(-1, 0, 3, listOf(1, 65_535), listOf(300), words, heights);
  const after = arena.addViewLeave(1);
  const reader = new ByteReader(arena.view(body));
  assert.equal(reader.u8(), DownstreamBody.shortTransforms.id);
  assert.equal(reader.uvar(), reader.remaining);
  const value = DownstreamBody.shortTransforms.body.read(reader);
  assert.deepEqual([value.cellX, value.cellY, value.cellZ, value.levelCount], [-1, 0, 3, 2]);
  const records = new ByteReader(value.records);
  for (const [i, { index, x, y, z }] of places.entries()) {
    assert.deepEqual(
      [records.u16(), coordinateOf(records.u16(), -1), coordinateOf(records.u16(), 3), yawOf(records.u8())],
      [index, x, z, Math.PI],
    );
    if (i >= 2) assert.equal(coordinateOf(records.u16(), 0), y);
  }
  assert.equal(records.remaining, 0);
  assert.deepEqual([...arena.view(after)], [DownstreamBody.viewLeave.id, 1, 1]);
});

test("body arena: a body is its id, its length and its bytes", () => {
  const arena = new BodyArena();
  const first = arena.add(DownstreamBody.viewLeave, { target: 300 });
  const second = arena.add(DownstreamBody.viewLeave, { target: 1 });
  assert.deepEqual([...arena.view(first)], [5, 2, 0xac, 0x02]);
  assert.deepEqual([...arena.view(second)], [5, 1, 1]);
  assert.equal(arena.count, 2);
});

test("body arena: clearing begins a new epoch", () => {
  const arena = new BodyArena();
  arena.add(DownstreamBody.viewLeave, { target: 300 });
  const { epoch } = arena;
  arena.clear();
  assert.equal(arena.epoch, epoch + 1);
  assert.equal(arena.count, 0);
  assert.equal(arena.add(DownstreamBody.viewLeave, { target: 1 }), 0);
});
