import assert from "node:assert/strict";
import { test } from "node:test";
import { DefinitionTable, type PropertyDefinition, type TypeDefinition } from "../../../engine/property/definition.js";
import { OWN_SCOPES, Scope, VIEW_SCOPES } from "../../../engine/property/op-sink.js";
import * as t from "../../../engine/property/types.js";
import { testTable } from "./world.js";

const property = (id: number, name: string, type: t.ValueType<unknown>, scope: number): PropertyDefinition => ({
  id,
  name,
  type,
  scope,
  persist: true,
  default: undefined,
});
const Room = t.struct({ open: t.bool(), code: t.text({ scope: "SERVER_ONLY" }) });
const type: TypeDefinition = {
  id: 3,
  name: "Door",
  kind: "area",
  properties: [
    property(1, "room", Room, Scope.ALL_CLIENTS),
    property(2, "rooms", t.customMap(Room), Scope.OWN_CLIENT),
    property(3, "secret", t.int32(), Scope.SERVER_ONLY),
  ],
  methods: [
    {
      id: 1,
      name: "knock",
      args: [t.text({ max: 9 })],
      returns: t.bool(),
      access: "exposed",
      reentrant: false,
      timeoutMs: 50,
    },
    { id: 2, name: "repair", args: [], returns: null, access: "server", reentrant: true },
  ],
};
const tableOf = (...types: TypeDefinition[]) => {
  const table = new DefinitionTable();
  for (const each of types) table.add(each);
  return table;
};

test("definitions: a client's copy lacks what it may not see, at any depth", () => {
  const json = tableOf(type).toJson(VIEW_SCOPES);
  assert.doesNotMatch(json, /secret|repair|code|rooms/);
  assert.match(json, /knock/);
  const own = tableOf(type).toJson(OWN_SCOPES);
  assert.match(own, /rooms/);
  assert.doesNotMatch(own, /code/);
});

test("definitions: ids of fields stay when others are left out", () => {
  const scoped = t.struct({ a: t.int8({ scope: "SERVER_ONLY" }), b: t.int8() });
  const table = tableOf({ ...type, properties: [property(1, "pair", scoped, Scope.ALL_CLIENTS)], methods: [] });
  const read = DefinitionTable.fromJson(table.toJson(VIEW_SCOPES)).byId(3)!.properties[0]!.type;
  assert.deepEqual(read.fieldIds, { b: 2 });
});

test("definitions: a copy has the hash of the table it was written from", () => {
  for (const table of [tableOf(type), testTable()])
    for (const mask of [OWN_SCOPES, VIEW_SCOPES])
      assert.equal(DefinitionTable.fromJson(table.toJson(mask)).hash, table.hash);
  assert.match(tableOf(type).hash, /^[0-9a-f]{16}$/);
});

test("definitions: the hash changes with anything that peers must agree on", () => {
  const base = tableOf(type).hash;
  const variants: TypeDefinition[] = [
    { ...type, name: "Gate" },
    { ...type, properties: type.properties.slice(1) },
    { ...type, properties: [property(1, "room", Room, Scope.OWN_CLIENT), ...type.properties.slice(1)] },
    { ...type, methods: type.methods.slice(1) },
    { ...type, methods: [{ ...type.methods[0]!, args: [t.text({ max: 10 })] }] },
  ];
  for (const variant of variants) assert.notEqual(tableOf(variant).hash, base);
  const shuffled = { ...type, properties: [...type.properties].reverse() };
  assert.equal(tableOf(shuffled).hash, base);
});

test("definitions: what contradicts itself is refused (ids, names, defaults, scopes)", () => {
  const wrong: TypeDefinition[] = [
    { ...type, id: 0 },
    { ...type, properties: [property(1, "a", t.int8(), 2), property(1, "b", t.int8(), 2)] },
    { ...type, properties: [property(1, "a", t.int8(), 2), property(2, "a", t.int8(), 2)] },
    { ...type, properties: [property(1, "a", t.int8(), 3)] },
    { ...type, properties: [{ ...property(1, "a", t.int8(), 2), default: 900 }] },
    { ...type, properties: [property(1, "a", t.array(Room), Scope.ALL_CLIENTS)] },
    { ...type, methods: [{ ...type.methods[0]!, args: [t.customList(t.int8())] }] },
  ];
  for (const each of wrong) assert.throws(() => tableOf(each), { code: "ENTITY_DEFINITION" }, JSON.stringify(each));
  assert.throws(() => tableOf(type, type), { code: "ENTITY_DEFINITION" });
});

test("definitions: a broken copy is refused", () => {
  for (const text of [
    "",
    "[]",
    "{}",
    '{"hash":"","types":[{}]}',
    '{"hash":"","types":[{"id":1,"name":"A","kind":"x","properties":[],"methods":[]}]}',
  ])
    assert.throws(() => DefinitionTable.fromJson(text), { code: "BYTES_MALFORMED" }, text);
});

test("definitions: a space's shape of views goes with its type; an unknown one is refused", () => {
  const yard: TypeDefinition = { id: 4, name: "Yard", kind: "space", properties: [], methods: [], viewShape: "box" };
  const text = tableOf(yard, type).toJson(OWN_SCOPES);
  const read = DefinitionTable.fromJson(text);
  assert.deepEqual([read.byId(4)?.viewShape, read.byId(3)?.viewShape], ["box", undefined]);
  assert.throws(() => DefinitionTable.fromJson(text.replace('"box"', '"ball"')), { code: "BYTES_MALFORMED" });
});
