import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../../engine/base/random.js";
import { OpRouter } from "../../../engine/entity/op-router.js";
import type { ClientBinding } from "../../../engine/entity/runtime.js";
import type { ServerEntity } from "../../../engine/entity/server-entity.js";
import { moveToStream } from "../../../engine/entity/stream-move.js";
import { newEntityView } from "../../../engine/entity/view-state.js";
import type { DefinitionTable } from "../../../engine/property/definition.js";
import { PropertyTree } from "../../../engine/property/properties.js";
import { Shadow } from "../../../engine/property/shadow.js";
import { propertySink } from "../property/property-sink.js";
import { randomValue, testDefinition, testTable } from "../property/world.js";
import { CLIENT, OpRecorder } from "./rig.js";

const ID = "AAAAAAAAAAAAAAAB";
const SLOT = 4;

function entityWith(tree: PropertyTree, client: ClientBinding | null): ServerEntity {
  const view = { ...newEntityView(), radius: 30, margin: 4, limit: 9, hasEvents: true };
  return { $: { id: ID, slot: SLOT, properties: tree, client, view } } as unknown as ServerEntity;
}

test("stream move: the old stream has the last word for the client, then the new one begins under the next number", () => {
  const [old, next] = [new OpRecorder(), new OpRecorder()];
  const router = new OpRouter([old.sink, next.sink]);
  const tree = new PropertyTree(testDefinition());
  router.attach(tree, SLOT, ID);
  const client: ClientBinding = {
    gate: 7,
    handle: 3,
    bindNumber: 5,
    firstBindNumber: 5,
    clientId: CLIENT,
    connected: true,
  };
  const entity = entityWith(tree, client);
  old.clear();
  moveToStream(router, entity, 1);
  assert.deepEqual(old.ops, [
    ["clientSwitch", SLOT, 2],
    ["entityDestroy", SLOT],
  ]);
  const world = next.ops.filter(([name]) => !/^(field|map|list)/.test(name));
  assert.deepEqual(world, [
    ["entityCreate", SLOT, 7, ID],
    ["viewRadius", SLOT, 30, 4],
    ["viewLimit", SLOT, 9],
    ["viewEvents", SLOT, true],
    ["clientContinue", SLOT, 7, 3, 6],
  ]);
  assert.deepEqual([client.firstBindNumber, client.bindNumber], [5, 6]);
  moveToStream(router, entity, 1);
  assert.equal(next.named("entityCreate").length, 1, "it is there already");
});

test("stream move: what the new stream holds is what the script holds, however it came about (50 seeds)", () => {
  const definitions: DefinitionTable = testTable();
  const definition = testDefinition();
  for (let seed = 1; seed <= 50; seed++) {
    const random = new SeededRandom(seed);
    const shadows = [new Shadow(definitions), new Shadow(definitions)];
    const router = new OpRouter(shadows.map((shadow) => propertySink(shadow)));
    const tree = new PropertyTree(definition);
    router.attach(tree, SLOT, ID);
    let place = 0;
    for (let move = 0; move < 4; move++) {
      for (const { name, type } of definition.properties) {
        if (random.next() < 0.3) tree.set(name, randomValue(random, type));
      }
      assert.deepEqual(shadows[place]?.plain(SLOT, 7), tree.plain(7), `seed ${seed}`);
      place = 1 - place;
      moveToStream(router, entityWith(tree, null), place);
      assert.deepEqual(shadows[place]?.plain(SLOT, 7), tree.plain(7), `seed ${seed}, moved`);
      assert.equal(shadows[1 - place]?.has(SLOT), false);
    }
  }
});
