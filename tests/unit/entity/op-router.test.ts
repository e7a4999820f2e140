import assert from "node:assert/strict";
import { test } from "node:test";
import { OpRouter } from "../../../engine/entity/op-router.js";
import { PropertyTree } from "../../../engine/property/properties.js";
import { testDefinition } from "../property/world.js";
import { type Op, OpRecorder } from "./rig.js";

const ID = "AAAAAAAAAAAAAAAB";

function threeStreams() {
  const streams = [new OpRecorder(), new OpRecorder(), new OpRecorder()];
  return { streams, router: new OpRouter(streams.map(({ sink }) => sink)) };
}

/** An entity in a space; it is moved there by hand, as the entity layer does. */
function enter(router: OpRouter, slot: number, space: number): PropertyTree {
  const tree = new PropertyTree(testDefinition());
  router.attach(tree, slot, ID, router.placeIn(space));
  router.spaceEnter(slot, space, slot, 0, 0, 0, 0, 0);
  return tree;
}

test("op router: spaces go to the stream with the fewest entities, empty ones in turn", () => {
  const { router } = threeStreams();
  for (let space = 1; space <= 3; space++) router.spaceCreate(space, 0, 1, ID);
  assert.deepEqual(
    [1, 2, 3].map((space) => router.placeIn(space)),
    [0, 1, 2],
  );
  for (let slot = 1; slot <= 4; slot++) enter(router, slot, 1 + (slot % 2));
  router.spaceCreate(4, 0, 1, ID);
  assert.equal(router.placeIn(4), 2);
  router.spaceLeave(1);
  router.spaceLeave(3);
  router.spaceCreate(5, 0, 1, ID);
  assert.equal(router.placeIn(5), 1, "it has no entity now and one space");
});

test("op router: what concerns an entity goes to its stream, property ops too", () => {
  const { streams, router } = threeStreams();
  for (let space = 1; space <= 2; space++) router.spaceCreate(space, 0, 1, ID);
  const tree = enter(router, 5, 2);
  for (const stream of streams) stream.clear();
  tree.set("a_hp", 7);
  router.clientKick(5, "CLIENT_KICKED", "");
  router.viewRadius(5, 10, 1);
  router.entityDestroy(5);
  const names = streams.map(({ ops }) => ops.map(([name]) => name));
  assert.deepEqual(names, [[], ["fieldSet", "clientKick", "viewRadius", "entityDestroy"], []]);
  router.clientDetach(5);
  assert.deepEqual(streams[0]?.named("clientDetach"), [["clientDetach", 5]], "its slot is free");
});

test("op router: every stream gets every tick, with what moved there", () => {
  const { streams, router } = threeStreams();
  for (let space = 1; space <= 2; space++) router.spaceCreate(space, 0, 1, ID);
  enter(router, 1, 1);
  enter(router, 2, 2);
  enter(router, 3, 1);
  const positions = Float32Array.from([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
  router.transforms(9, 450, 3, Int32Array.of(1, 2, 3), positions);
  const ticks = streams.map((stream) => stream.named("transforms").map(([, tick, ms, count]) => [tick, ms, count]));
  assert.deepEqual(ticks, [[[9, 450, 2]], [[9, 450, 1]], [[9, 450, 0]]]);
  const [, , , , slots, moved] = streams.flatMap((stream) => stream.named("transforms"))[0] as Op;
  assert.deepEqual([...(slots as Int32Array)].slice(0, 2), [1, 3]);
  assert.deepEqual([...(moved as Float32Array)].slice(0, 8), [1, 1, 1, 1, 3, 3, 3, 3]);
});
