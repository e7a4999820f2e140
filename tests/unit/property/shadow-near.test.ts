import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import { randomIndex, SeededRandom } from "../../../engine/base/random.js";
import { DefinitionTable, type TypeDefinition } from "../../../engine/property/definition.js";
import { OpLog } from "../../../engine/property/op-log.js";
import { type OpSink, OWN_SCOPES, Scope, VIEW_SCOPES } from "../../../engine/property/op-sink.js";
import { PropertyTree } from "../../../engine/property/properties.js";
import { Shadow } from "../../../engine/property/shadow.js";
import { NEAR } from "../../../engine/property/shadow-near.js";
import * as t from "../../../engine/property/types.js";

const ID = "AAAAAAAAAAAAAAAB";
const NUMBERS = {
  int8: t.int8(),
  uint16: t.uint16(),
  int32: t.int32(),
  float32: t.float32(),
  uint32: t.uint32(),
  float64: t.float64(),
  gold: t.int16({ scope: "OWN_CLIENT" }),
};
const WIDE_COUNT = 70;
const numbered = (types: Readonly<Record<string, t.ValueType<unknown>>>) =>
  Object.entries(types).map(([name, type], at) => ({
    id: at + 1,
    name,
    type,
    scope: Scope[type.scope ?? "ALL_CLIENTS"],
    persist: false,
    default: undefined,
  }));
const wideTypes = Object.fromEntries(Array.from({ length: WIDE_COUNT }, (_, i) => [`n${i}`, t.int32()]));
const TYPES: readonly TypeDefinition[] = [
  { id: 1, name: "Numbers", kind: "area", methods: [], properties: numbered(NUMBERS) },
  { id: 2, name: "Wide", kind: "area", methods: [], properties: numbered(wideTypes) },
  {
    id: 3,
    name: "Mixed",
    kind: "area",
    methods: [],
    properties: numbered({ hp: t.int16(), name: t.text(), bag: t.customMap(t.int8()) }),
  },
];
const table = new DefinitionTable();
for (const type of TYPES) table.add(type);

class Consumer extends Shadow {
  flush(): void {}
}

/** Script's trees, an op log, and the shadow that reads it. */
class World {
  readonly shadow = new Consumer(table);
  readonly log = new OpLog({ bytes: 1 << 16 });
  readonly trees: PropertyTree[] = [];

  add(slot: number, type: number): PropertyTree {
    const tree = new PropertyTree(TYPES[type - 1] as TypeDefinition);
    tree.attach(this.log, slot, ID);
    this.trees[slot] = tree;
    return tree;
  }

  drain(): void {
    this.log.flush();
    this.log.drain(this.shadow as unknown as OpSink);
  }

  /** Takes what has changed and forgets it. */
  settle(): void {
    this.drain();
    const slots = this.shadow.takeChanged();
    this.shadow.clearAllChanges(slots, slots.length);
  }

  near(slots: readonly number[], targets: readonly number[] = slots, mask = VIEW_SCOPES) {
    const out = new ByteWriter(1);
    const ends = new Int32Array(slots.length);
    this.shadow.writeNearChanges(Int32Array.from(slots), Int32Array.from(targets), slots.length, mask, out, ends);
    return { bytes: out.copy(), ends: [...ends] };
  }
}

/** Applies a record behind its length; returns its target. */
function applyRecord(mirror: Shadow, slot: number, reader: ByteReader): number {
  const record = new ByteReader(reader.raw(reader.u8()));
  const target = record.uvar();
  mirror.applyNearChange(slot, record.u8(), record);
  assert.equal(record.remaining, 0);
  return target;
}

function mirrorOf(world: World, slots: readonly number[]): Shadow {
  const mirror = new Shadow(table);
  for (const slot of slots) {
    const out = new ByteWriter();
    world.shadow.writeState(slot, VIEW_SCOPES, out);
    mirror.applyState(slot, world.shadow.typeOf(slot).id, ID, new ByteReader(out.written()));
  }
  return mirror;
}

test("near changes: copies that are told by records are equal (every kind of number, 200 rounds, seed 7)", () => {
  const world = new World();
  const random = new SeededRandom(7);
  const slots = [0, 3, 200, 5_000];
  for (const slot of slots) world.add(slot, 1);
  world.settle();
  const mirror = mirrorOf(world, slots);
  const fields = Object.entries(NUMBERS);
  for (let round = 0; round < 200; round++) {
    for (let i = 0; i < 10; i++) {
      const tree = world.trees[slots[randomIndex(random, slots.length)] as number] as PropertyTree;
      const [name, { kind }] = fields[randomIndex(random, fields.length)] as [string, t.ValueType<number>];
      const whole = randomIndex(random, 120) - (kind.startsWith("u") ? 0 : 60);
      tree.set(name, kind.startsWith("float") ? whole / 7 : whole);
    }
    world.drain();
    const changed = [...world.shadow.takeChanged()];
    const { bytes, ends } = world.near(changed);
    const reader = new ByteReader(bytes);
    for (const [i, slot] of changed.entries()) {
      if (ends[i] === NEAR.nothing) continue;
      assert.equal(applyRecord(mirror, slot, reader), slot);
      assert.equal(reader.at, ends[i]);
    }
    assert.equal(reader.remaining, 0);
    world.shadow.clearAllChanges(Int32Array.from(changed), changed.length);
    for (const slot of slots) {
      assert.deepEqual(world.shadow.plain(slot, OWN_SCOPES), world.trees[slot]?.plain(OWN_SCOPES));
      assert.equal(mirror.hash(slot, VIEW_SCOPES), world.shadow.hash(slot, VIEW_SCOPES));
    }
  }
});

test("near changes: a target takes one to four bytes", () => {
  const world = new World();
  const targets = [1, 127, 128, 16_383, 16_384, 65_535, 2 ** 21];
  const slots = targets.map((_, slot) => slot);
  for (const slot of slots) world.add(slot, 1);
  world.settle();
  const mirror = mirrorOf(world, slots);
  for (const slot of slots) world.trees[slot]?.set("int8", 5);
  world.drain();
  const reader = new ByteReader(world.near(slots, targets).bytes);
  assert.deepEqual(
    slots.map((slot) => applyRecord(mirror, slot, reader)),
    targets,
  );
});

test("near changes: what a mask does not see, or is as it was, is nothing; what a record cannot say is far", () => {
  const world = new World();
  const [numbers, mixed] = [world.add(1, 1), world.add(2, 3)];
  world.settle();
  numbers.set("gold", 7);
  mixed.set("hp", 8);
  world.drain();
  assert.equal(world.near([1]).ends[0], NEAR.nothing);
  assert.ok((world.near([1], [1], OWN_SCOPES).ends[0] as number) > 0);
  assert.ok((world.near([2]).ends[0] as number) > 0);
  mixed.set("hp", 0);
  world.drain();
  assert.deepEqual(world.near([2]), { bytes: new Uint8Array(0), ends: [NEAR.nothing] });
  mixed.set("name", "Ada");
  world.drain();
  assert.deepEqual(world.near([1, 2]).ends, [NEAR.nothing, NEAR.far]);
  world.settle();
  (mixed.get("bag") as { set(key: string, value: number): void }).set("coin", 1);
  world.drain();
  assert.equal(world.near([2]).ends[0], NEAR.far);
});

test("near changes: a state that was written amid changes makes them far, until they are cleared", () => {
  const world = new World();
  const tree = world.add(1, 1);
  world.settle();
  tree.set("int8", 1);
  world.drain();
  world.shadow.writeState(1, VIEW_SCOPES, new ByteWriter());
  assert.equal(world.near([1]).ends[0], NEAR.far);
  world.settle();
  tree.set("int8", 2);
  world.drain();
  assert.ok((world.near([1]).ends[0] as number) > 0);
});

test("near changes: an entity of many fields is near while only its first ones change (70 fields)", () => {
  const world = new World();
  const tree = world.add(1, 2);
  world.settle();
  tree.set("n2", 3);
  world.drain();
  assert.ok((world.near([1]).ends[0] as number) > 0);
  for (const field of [8, 31, 69]) {
    world.settle();
    tree.set(`n${field}`, field);
    world.drain();
    assert.equal(world.near([1]).ends[0], NEAR.far, `n${field}`);
    const out = new ByteWriter();
    assert.equal(world.shadow.writeChanges(1, VIEW_SCOPES, out), true);
  }
  world.settle();
  assert.equal(world.shadow.writeChanges(1, VIEW_SCOPES, new ByteWriter()), false);
  assert.deepEqual(world.shadow.plain(1, VIEW_SCOPES), tree.plain(VIEW_SCOPES));
  tree.set("n0", 1);
  world.drain();
  assert.ok((world.near([1]).ends[0] as number) > 0);
});

test("near changes: a slot that is used again knows nothing of who had it before", () => {
  const world = new World();
  const first = world.add(1, 1);
  world.settle();
  first.set("int8", 1);
  world.drain();
  first.detach();
  world.log.entityDestroy(1);
  const second = world.add(1, 2);
  world.drain();
  assert.deepEqual([...world.shadow.takeChanged()], []);
  assert.equal(world.near([1]).ends[0], NEAR.nothing);
  second.set("n0", 4);
  world.drain();
  assert.deepEqual([...world.shadow.takeChanged()], [1]);
  assert.deepEqual([...world.near([1]).bytes], [3, 1, 1, 8]);
});
