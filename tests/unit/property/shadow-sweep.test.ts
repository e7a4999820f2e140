import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import { CellStore } from "../../../engine/property/cell-store.js";
import { DefinitionTable, type TypeDefinition } from "../../../engine/property/definition.js";
import { Scope, VIEW_SCOPES } from "../../../engine/property/op-sink.js";
import { type CustomMap, PropertyTree } from "../../../engine/property/properties.js";
import { Shadow } from "../../../engine/property/shadow.js";
import type { ShadowEntity } from "../../../engine/property/shadow-node.js";
import * as t from "../../../engine/property/types.js";

const ID = "AAAAAAAAAAAAAAAB";
const COUNT = 20_000;
const Item = t.struct({ count: t.int32(), marks: t.customList(t.int32()) });
const definition: TypeDefinition = {
  id: 1,
  name: "Chest",
  kind: "server",
  methods: [],
  properties: [
    { id: 1, name: "items", type: t.customMap(Item, { key: "int32" }), scope: Scope.ALL_CLIENTS, persist: false },
    { id: 2, name: "total", type: t.int32(), scope: Scope.ALL_CLIENTS, persist: false },
  ].map((property) => ({ ...property, default: undefined })),
};
const table = new DefinitionTable();
table.add(definition);

type Items = CustomMap<{ count: number }, number>;

function filled(count: number) {
  const shadow = new Shadow(table);
  const tree = new PropertyTree(definition);
  tree.attach(shadow, 1, ID);
  const items = tree.get("items") as Items;
  for (let i = 0; i < count; i++) items.set(i, { count: i });
  shadow.clearChanges(1);
  return { shadow, tree, items };
}

function nodeCount(shadow: Shadow): number {
  return (shadow as unknown as { roots: { entity: ShadowEntity }[] }).roots[1]!.entity.nodes.size;
}

/** Calls until nothing is left. */
function slices(shadow: Shadow, countMax: number): number {
  let count = 1;
  while (shadow.sweep(countMax)) count++;
  return count;
}

test("sweep: a large map that is cleared is forgotten in slices, and nothing below it can be reached meanwhile", () => {
  const { shadow, tree, items } = filled(COUNT);
  const before = nodeCount(shadow);
  assert.equal(before, 1 + COUNT * 2);
  items.clear();
  items.set(7, { count: 70 });
  assert.deepEqual(shadow.plain(1, VIEW_SCOPES), tree.plain(VIEW_SCOPES));
  assert.ok(nodeCount(shadow) > before, "clearing walks nothing");
  const out = new ByteWriter();
  shadow.writeChanges(1, VIEW_SCOPES, out);
  assert.ok(out.length < 20);
  shadow.clearChanges(1);
  const needed = slices(shadow, 1_000);
  assert.ok(needed >= (COUNT * 2) / 1_000 && needed <= (COUNT * 5) / 1_000, `${needed} slices`);
  assert.equal(nodeCount(shadow), 3);
});

test("sweep: a node that was cut off is refused as if it were gone, before and after (wire)", () => {
  const { shadow } = filled(10);
  const mirror = new Shadow(table);
  const out = new ByteWriter();
  shadow.writeState(1, VIEW_SCOPES, out);
  mirror.applyState(1, 1, ID, new ByteReader(out.written()));
  const child = [...(mirror as unknown as { roots: { entity: ShadowEntity }[] }).roots[1]!.entity.nodes.values()].at(
    -1,
  )!.number;
  mirror.applyWire(1, new ByteReader(Uint8Array.of(0x16, 1)));
  const op = Uint8Array.of(0x1d, child);
  assert.throws(() => mirror.applyWire(1, new ByteReader(op)), { code: "BYTES_MALFORMED" });
  mirror.sweep();
  assert.throws(() => mirror.applyWire(1, new ByteReader(op)), { code: "BYTES_MALFORMED" });
});

test("sweep: destroyed entities are given back in slices, and their slots may be used again at once", () => {
  const shadow = new Shadow(table);
  const trees: PropertyTree[] = [];
  const fill = (slot: number) => {
    const tree = new PropertyTree(definition);
    tree.attach(shadow, slot, ID);
    (tree.get("items") as Items).set(1, { count: slot });
    trees[slot] = tree;
  };
  for (let slot = 0; slot < 500; slot++) fill(slot);
  for (let slot = 0; slot < 500; slot++) shadow.entityDestroy(slot);
  assert.equal(shadow.has(3), false);
  fill(3);
  assert.equal(shadow.sweep(100), true);
  fill(4);
  while (shadow.sweep(100)) fill(5);
  for (const slot of [3, 4, 5])
    assert.deepEqual(shadow.plain(slot, VIEW_SCOPES), trees[slot]?.plain(VIEW_SCOPES), `slot ${slot}`);
});

test("sweep: what is swept while its removal has not been sent does no harm", () => {
  const { shadow, tree, items } = filled(50);
  const mirror = new Shadow(table);
  const out = new ByteWriter();
  shadow.writeState(1, VIEW_SCOPES, out);
  mirror.applyState(1, 1, ID, new ByteReader(out.written()));
  for (let i = 0; i < 20; i++) items.get(i)!.count = -1;
  for (let i = 0; i < 20; i += 2) items.delete(i);
  while (shadow.sweep());
  for (let i = 100; i < 120; i++) items.set(i, { count: i });
  shadow.writeChanges(1, VIEW_SCOPES, out.reset());
  mirror.applyWire(1, new ByteReader(out.written()));
  shadow.clearChanges(1);
  assert.deepEqual(mirror.plain(1, VIEW_SCOPES), tree.plain(VIEW_SCOPES));
  assert.deepEqual(shadow.plain(1, VIEW_SCOPES), tree.plain(VIEW_SCOPES));
});

test("cell store: a row that was given back is taken again by one of its length, others stay as they are", () => {
  const store = new CellStore();
  const a = store.take(Float64Array.of(1, 2, 3));
  const startA = store.start;
  const b = store.take(Float64Array.of(4, 5));
  const startB = store.start;
  store.give(a, startA, 3);
  store.take(Float64Array.of(6));
  assert.notEqual(store.start, startA);
  const again = store.take(Float64Array.of(7, 8, 9));
  assert.equal(again, a);
  assert.equal(store.start, startA);
  assert.deepEqual([...again.cells.subarray(startA, startA + 3)], [7, 8, 9]);
  assert.deepEqual([...b.cells.subarray(startB, startB + 2)], [4, 5]);
});

test("cell store: rows longer than a page and longer than a loop are whole", () => {
  const store = new CellStore();
  for (const length of [25, 8_192, 10_000]) {
    const content = Float64Array.from({ length }, (_, i) => i);
    const page = store.take(content);
    assert.deepEqual(page.cells.subarray(store.start, store.start + length), content);
  }
});
