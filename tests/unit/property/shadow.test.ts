import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import { AeonError } from "../../../engine/base/errors.js";
import { randomIndex, SeededRandom } from "../../../engine/base/random.js";
import { DefinitionTable, type TypeDefinition } from "../../../engine/property/definition.js";
import { OWN_SCOPES, Scope, VIEW_SCOPES } from "../../../engine/property/op-sink.js";
import { type PropertiesOf, PropertyTree } from "../../../engine/property/properties.js";
import { type AreaPropNotify, Shadow } from "../../../engine/property/shadow.js";
import * as t from "../../../engine/property/types.js";
import { randomChange, testTable } from "./world.js";

const ID = "AAAAAAAAAAAAAAAB";
const Classroom = t.struct({ number: t.int32(), teacher: t.text() });
const TYPES = {
  x: t.float32(),
  y: t.float32(),
  hp: t.int16({ default: 100 }),
  note: t.text({ scope: "OWN_CLIENT" }),
  school: t.customMap(Classroom),
  list: t.customList(t.int32()),
  line: t.customList(Classroom),
  counts: t.customMap(t.int32(), { key: "int32" }),
};
const definition: TypeDefinition = {
  id: 1,
  name: "Avatar",
  kind: "avatar",
  methods: [],
  properties: Object.entries(TYPES as Record<string, t.ValueType<unknown>>).map(([name, type], at) => ({
    id: at + 1,
    name,
    type,
    scope: Scope[type.scope ?? "ALL_CLIENTS"],
    persist: false,
    default: undefined,
  })),
};
const table = new DefinitionTable();
table.add(definition);

function attached() {
  const shadow = new Shadow(table);
  const tree = new PropertyTree(definition);
  tree.attach(shadow, 5, ID);
  shadow.clearChanges(5);
  shadow.takeChanged();
  const get = <K extends keyof typeof TYPES>(name: K) => tree.get(name) as PropertiesOf<typeof TYPES>[K];
  const changes = (mask = VIEW_SCOPES) => {
    const out = new ByteWriter();
    shadow.writeChanges(5, mask, out);
    return out.copy();
  };
  return { shadow, tree, get, changes };
}

test("shadow: two floats of one entity are nine bytes", () => {
  const { tree, changes } = attached();
  tree.set("x", 1.5);
  tree.set("y", 2.5);
  const writer = new ByteWriter();
  writer.u8(0x80 | 0b11);
  writer.f32(1.5);
  writer.f32(2.5);
  assert.deepEqual(changes(), writer.copy());
});

test("shadow: wire ops have their golden bytes", () => {
  const { tree, get, changes } = attached();
  tree.set("hp", 7);
  get("list").push(3);
  get("school").set("a", { number: 4 });
  get("counts").set(-1, 9);
  // The new room, node 5, is the current node behind the op that brings it.
  const nodes = { school: 1, list: 2, counts: 4 };
  const hex = Buffer.from(changes()).toString("hex");
  const head = (op: number, node: number) => Buffer.from([op | 0x10, node]).toString("hex");
  assert.equal(
    hex,
    `840700${head(9, nodes.list)}0006${head(4, nodes.school)}0161${"05"}8108${head(3, nodes.counts)}0112`,
  );
});

test("shadow: a value that ends as it was is not sent", () => {
  const { shadow, tree, get, changes } = attached();
  tree.set("hp", 1);
  tree.set("hp", 100);
  get("counts").set(1, 1);
  get("counts").delete(1);
  get("list").push(1);
  shadow.clearChanges(5);
  get("list").set(0, 2);
  get("list").set(0, 1);
  assert.equal(changes().length, 0);
  assert.equal(shadow.writeChanges(5, OWN_SCOPES, new ByteWriter()), false);
});

test("shadow: the last write wins and is sent once", () => {
  const { tree, get, changes } = attached();
  for (let i = 0; i < 100; i++) tree.set("x", i);
  for (let i = 0; i < 100; i++) get("counts").set(1, i);
  assert.equal(changes().length, 5 + 5);
});

test("shadow: a change that the mask does not see is not sent", () => {
  const { shadow, tree } = attached();
  tree.set("note", "mine");
  assert.equal(shadow.writeChanges(5, VIEW_SCOPES, new ByteWriter()), false);
  assert.equal(shadow.writeChanges(5, OWN_SCOPES, new ByteWriter()), true);
});

test("shadow: what is remembered of a list is bounded (many structural changes)", () => {
  const { get, changes } = attached();
  const list = get("list");
  for (let i = 0; i < 10_000; i++) {
    list.push(i);
    list.remove(0);
  }
  assert.ok(changes().length < 16);
});

test("shadow: entities with changes are taken once, destroyed ones not", () => {
  const { shadow, tree } = attached();
  tree.set("x", 1);
  tree.set("y", 1);
  const taken = () => Array.from(shadow.takeChanged());
  assert.deepEqual(taken(), [5]);
  assert.deepEqual(taken(), []);
  tree.set("x", 2);
  assert.deepEqual(taken(), [5]);
  shadow.clearChanges(5);
  tree.set("x", 3);
  shadow.entityDestroy(5);
  assert.deepEqual(taken(), []);
  assert.equal(shadow.has(5), false);
});

test("shadow: callbacks name what changed by dotted path, keys escaped", () => {
  const { shadow, tree, get } = attached();
  const notes: AreaPropNotify[] = [];
  shadow.onNotify = (entity, notify) => {
    assert.equal(entity, 5);
    notes.push(notify);
  };
  tree.set("hp", 5);
  get("school").set("class.A\\", { number: 1 });
  get("school").get("class.A\\")!.number = 2;
  get("line").push({}, {});
  get("line").get(1)!.number = 3;
  get("line").move(1, 0);
  get("line").get(0)!.teacher = "Ada";
  get("line").remove(0, 2);
  get("school").delete("class.A\\");
  get("counts").set(-4, 1);
  get("counts").clear();
  assert.deepEqual(
    notes.map(({ type, path, value }) => [type, path, value]),
    [
      ["set", "hp", 5],
      ["set", "school.class\\.A\\\\", { number: 0, teacher: "" }],
      ["set", "school.class\\.A\\\\.number", 1],
      ["set", "school.class\\.A\\\\.number", 2],
      ["insert", "line.0", { number: 0, teacher: "" }],
      ["insert", "line.1", { number: 0, teacher: "" }],
      ["set", "line.1.number", 3],
      ["move", "line.1", 0],
      ["set", "line.0.teacher", "Ada"],
      ["remove", "line.0", 2],
      ["delete", "school.class\\.A\\\\", undefined],
      ["set", "counts.-4", 1],
      ["clear", "counts", undefined],
    ],
  );
});

test("shadow: values are found by path", () => {
  const { shadow, get } = attached();
  get("school").set("a.b", { number: 4 });
  get("list").push(8);
  get("counts").set(-4, 1);
  assert.equal(shadow.value(5, "school.a\\.b.number"), 4);
  assert.equal(shadow.value(5, "list.0"), 8);
  assert.equal(shadow.value(5, "counts.-4"), 1);
  assert.deepEqual(shadow.value(5, "school"), { "a.b": { number: 4, teacher: "" } });
  for (const absent of ["nope", "school.x", "list.1", "list.x", "hp.x", "constructor", "school.__proto__"])
    assert.equal(shadow.value(5, absent), undefined, absent);
});

test("shadow: an unknown slot or node is refused", () => {
  const { shadow } = attached();
  assert.throws(() => shadow.applyWire(9, new ByteReader(Uint8Array.of(1))), { code: "BYTES_MALFORMED" });
  assert.throws(() => shadow.applyState(9, 44, ID, new ByteReader(new Uint8Array(0))), { code: "BYTES_MALFORMED" });
  assert.throws(() => shadow.fieldSet(5, 999, 1, Scope.ALL_CLIENTS, 1), { code: "INTERNAL" });
});

test("shadow: ops that do not fit are refused and leave no half of themselves", () => {
  const { shadow, get } = attached();
  get("list").push(1, 2);
  get("school").set("a", {});
  const before = shadow.plain(5, OWN_SCOPES);
  const wrong: Record<string, number[]> = {
    "no such op": [0x0f],
    "no field": [0x01, 0],
    "no field, short": [0x80],
    "a mask that is too wide": [0x01, 0x81, 0, 0, 0, 64],
    "a field that is not there": [0x61, 90, 1, 0],
    "the second of two fields is cut short": [0x83, 0, 0, 0, 64, 0],
    NaN: [0x81, 0, 0, 192, 127],
    "a container's field as a value": [0x90, 0],
    "short fields of a map": [0x15, 1, 1, 122, 0x81, 0],
    "a list op on a map": [0x19, 1, 0, 0],
    "an index past the end": [0x17, 2, 2, 0],
    "a removal past the end": [0x1b, 2, 1, 5],
    "a node number in use": [0x14, 1, 1, 98, 2],
    "node zero": [0x14, 1, 1, 98, 0],
    "a node that is not there": [0x16, 99],
    "a key that is too long": [0x13, 4, 255, 255, 255, 255, 255, 255, 31, 0],
    "bits that mean nothing": [0x36, 1],
  };
  for (const [what, bytes] of Object.entries(wrong)) {
    assert.throws(() => shadow.applyWire(5, new ByteReader(Uint8Array.from(bytes))), AeonError, what);
    assert.deepEqual(shadow.plain(5, OWN_SCOPES), before, what);
  }
});

test("shadow: mutated wire ops are applied or refused by an AeonError, and the mirror stays usable (fuzz)", () => {
  const wide = testTable();
  const random = new SeededRandom(4);
  for (let program = 0; program < 150; program++) {
    const server = new Shadow(wide);
    const tree = new PropertyTree(wide.byId(7)!);
    tree.attach(server, 1, ID);
    for (let i = 0; i < 40; i++) randomChange(random, tree);
    const out = new ByteWriter();
    server.writeState(1, OWN_SCOPES, out);
    for (let mutation = 0; mutation < 60; mutation++) {
      const bytes = out.copy();
      for (let i = randomIndex(random, 4); i >= 0; i--) bytes[randomIndex(random, bytes.length)] = random.u32() & 0xff;
      const end = randomIndex(random, 3) === 0 ? randomIndex(random, bytes.length) : bytes.length;
      applyMutated(new Shadow(wide), bytes.subarray(0, end));
    }
  }
});

function applyMutated(mirror: Shadow, bytes: Uint8Array): void {
  mirror.entityCreate(1, 7, ID);
  try {
    mirror.applyWire(1, new ByteReader(bytes));
  } catch (error) {
    assert.ok(error instanceof AeonError, (error as Error).stack);
    assert.ok(["BYTES_MALFORMED", "BYTES_TRUNCATED", "VALUE_RANGE"].includes(error.code), error.message);
  }
  mirror.plain(1, OWN_SCOPES | Scope.SERVER_ONLY);
  mirror.hash(1, OWN_SCOPES);
  mirror.writeState(1, OWN_SCOPES, new ByteWriter());
}

test("shadow: a state that is refused leaves no entity behind", () => {
  const mirror = new Shadow(table);
  assert.throws(() => mirror.applyState(1, 1, ID, new ByteReader(Uint8Array.of(0x0f))), { code: "BYTES_MALFORMED" });
  assert.equal(mirror.has(1), false);
});
