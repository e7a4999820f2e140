import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { AeonError } from "../../../engine/base/errors.js";
import type { PropertyDefinition, TypeDefinition } from "../../../engine/property/definition.js";
import { type OpSink, Scope } from "../../../engine/property/op-sink.js";
import { definePropertyAccessors, type PropertiesOf, PropertyTree } from "../../../engine/property/properties.js";
import * as t from "../../../engine/property/types.js";
import { type RecordedCall, recordingSink } from "./property-sink.js";

const Classroom = t.struct({
  number: t.int32(),
  teacher: t.text({ scope: "SERVER_ONLY" }),
  pupils: t.customMap(t.int16()),
});
const TYPES = {
  hp: t.int16({ default: 100, scope: "ALL_CLIENTS", persist: true }),
  speed: t.float32({ scope: "ALL_CLIENTS" }),
  count: t.uint8({ max: 9, scope: "ALL_CLIENTS" }),
  name: t.text({ max: 5, scope: "OWN_CLIENT" }),
  room: t.struct({ number: t.int32(), wide: t.int32({ scope: "ALL_CLIENTS" }) }, { scope: "OWN_CLIENT" }),
  school: t.customMap(Classroom, { scope: "OWN_CLIENT", persist: true }),
  annex: t.customMap(Classroom, { scope: "ALL_CLIENTS" }),
  line: t.customList(t.struct({ who: t.text() }), { scope: "ALL_CLIENTS", max: 4 }),
  words: t.customList(t.text(), { scope: "ALL_CLIENTS" }),
};
const properties: PropertyDefinition[] = Object.entries(TYPES as Record<string, t.ValueType<unknown>>).map(
  ([name, type], at) => ({
    id: at + 1,
    name,
    type,
    scope: Scope[type.scope ?? "SERVER_ONLY"],
    persist: type.persist === true,
    default: undefined,
  }),
);
const definition: TypeDefinition = { id: 4, name: "Avatar", kind: "avatar", properties, methods: [] };

class Avatar {
  readonly properties = new PropertyTree(definition);
}
definePropertyAccessors(Avatar.prototype, definition);

let calls: RecordedCall[] = [];
let avatar: Avatar & PropertiesOf<typeof TYPES>;
beforeEach(() => {
  calls = [];
  avatar = new Avatar() as Avatar & PropertiesOf<typeof TYPES>;
  avatar.properties.attach(recordingSink(calls) as OpSink, 8, "AAAAAAAAAAAAAAAB");
  calls.length = 0;
});
const ops = () => calls.map(({ op, args }) => [op, ...args]);
const refusal = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof AeonError && error.code === code && message.test(error.message);

test("properties: a set writes one op and a set of the same value none", () => {
  avatar.hp = 90;
  avatar.hp = 90;
  avatar.speed = 0.1;
  avatar.speed = 0.1;
  assert.deepEqual(ops(), [
    ["fieldSet", 8, 0, 1, Scope.ALL_CLIENTS, 90],
    ["fieldSet", 8, 0, 2, Scope.ALL_CLIENTS, Math.fround(0.1)],
  ]);
  assert.equal(avatar.speed, Math.fround(0.1));
});

test("properties: a wrong value is refused by name and changes nothing", () => {
  assert.throws(
    () => (avatar.hp = 70_000),
    refusal("PROPERTY_VALUE", /Avatar\.hp: expected int16 -32768…32767, got 70000/),
  );
  assert.throws(() => (avatar.hp = 1.5), refusal("PROPERTY_VALUE", /Avatar\.hp/));
  assert.throws(() => (avatar.hp = "1" as never), refusal("PROPERTY_VALUE", /Avatar\.hp/));
  assert.throws(() => (avatar.speed = Number.NaN), refusal("PROPERTY_VALUE", /Avatar\.speed/));
  assert.throws(() => (avatar.speed = 1e39), refusal("PROPERTY_VALUE", /Avatar\.speed/));
  assert.throws(() => (avatar.count = 10), refusal("PROPERTY_VALUE", /Avatar\.count: expected uint8 0…9/));
  assert.throws(() => (avatar.name = "too long"), refusal("PROPERTY_VALUE", /Avatar\.name/));
  assert.throws(
    () => avatar.school.set("a", { number: "x" } as never),
    refusal("PROPERTY_VALUE", /Avatar\.school\.\*\.number/),
  );
  assert.throws(() => avatar.properties.set("nope", 1), refusal("PROPERTY_VALUE", /there is no property "nope"/));
  assert.deepEqual(ops(), []);
  assert.equal(avatar.hp, 100);
  assert.equal(avatar.school.size, 0);
});

test("properties: minus zero is stored as zero", () => {
  avatar.hp = -0;
  avatar.speed = -0;
  assert.ok(Object.is(avatar.hp, 0) && Object.is(avatar.speed, 0));
});

test("properties: attach writes what differs from the defaults, in an order that rebuilds it", () => {
  const fresh = new Avatar() as Avatar & PropertiesOf<typeof TYPES>;
  fresh.hp = 1;
  fresh.school.set("a", { number: 3 });
  fresh.properties.attach(recordingSink(calls) as OpSink, 2, "AAAAAAAAAAAAAAAC");
  const names = ops().map(([op, , node, place]) => `${op} ${node} ${place}`);
  assert.equal(names[0], "entityCreate 4 AAAAAAAAAAAAAAAC");
  assert.ok(names.includes("fieldSet 0 1"));
  assert.ok(names.some((name) => /^mapNode \d+ a$/.test(name)));
  assert.ok(!names.some((name) => name.startsWith("fieldSet 0 2")));
});

test("properties: a nested change carries node, field and effective scope", () => {
  avatar.school.set("classA", {});
  const room = avatar.school.get("classA");
  calls.length = 0;
  room!.number = 5;
  room!.teacher = "Ada";
  avatar.room.wide = 4;
  assert.deepEqual(
    calls.map(({ op, args }) => [op, args[2], args[3], args[4]]),
    [
      ["fieldSet", 1, Scope.OWN_CLIENT, 5],
      ["fieldSet", 2, Scope.SERVER_ONLY, "Ada"],
      // Declared wider than its parent: it is no wider.
      ["fieldSet", 2, Scope.OWN_CLIENT, 4],
    ],
  );
  assert.equal(avatar.school.get("classA"), room, "the view is always the same object");
});

test("containers: plain data is copied", () => {
  const plain = { number: 7, pupils: { ann: 1 } };
  avatar.school.set("a", plain);
  plain.number = 8;
  assert.equal(avatar.school.get("a")?.number, 7);
  assert.equal(avatar.school.get("a")?.pupils.get("ann"), 1);
  (avatar as { school: unknown }).school = new Map([["b", { number: 2 }]]);
  assert.deepEqual([...avatar.school.keys()], ["b"]);
});

test("containers: one that belongs elsewhere is refused (PROPERTY_ATTACHED)", () => {
  avatar.school.set("a", {});
  const room = avatar.school.get("a")!;
  assert.throws(() => avatar.school.set("b", room), refusal("PROPERTY_ATTACHED", /Avatar\.school/));
  assert.throws(() => avatar.annex.set("b", room), refusal("PROPERTY_ATTACHED", /Avatar\.annex/));
  calls.length = 0;
  avatar.school.set("a", room);
  assert.deepEqual(ops(), [], "putting it where it is changes nothing");
});

test("containers: one that left changes only itself, and comes back with a new number", () => {
  avatar.school.set("a", { number: 1 });
  const room = avatar.school.get("a")!;
  const before = calls.find(({ op }) => op === "mapNode")!.args[4] as number;
  avatar.school.delete("a");
  calls.length = 0;
  room.number = 9;
  room.pupils.set("ann", 1);
  assert.deepEqual(ops(), []);
  avatar.annex.set("x", room);
  const [entered] = calls.filter(({ op }) => op === "mapNode");
  assert.ok((entered!.args[4] as number) > before);
  calls.length = 0;
  room.number = 10;
  assert.equal(calls[0]?.args[3], Scope.ALL_CLIENTS, "it has the scope of its new place");
  assert.equal(avatar.annex.get("x"), room);
});

test("containers: what is inside one that left leaves with it, and stays its own", () => {
  avatar.school.set("a", {});
  const room = avatar.school.get("a")!;
  const { pupils } = room;
  avatar.school.clear();
  calls.length = 0;
  pupils.set("ann", 1);
  assert.deepEqual(ops(), []);
  avatar.annex.set("z", {});
  const other = avatar.annex.get("z")!;
  assert.throws(() => (other.pupils = pupils), { code: "PROPERTY_ATTACHED" });
});

test("containers: a container of another type is refused (PROPERTY_VALUE)", () => {
  const words = avatar.words;
  (avatar as { words: unknown }).words = [];
  assert.throws(() => ((avatar as { school: unknown }).school = words), { code: "PROPERTY_VALUE" });
});

test("lists: indices and the count are checked", () => {
  avatar.words.push("a", "b");
  for (const run of [
    () => avatar.words.set(2, "x"),
    () => avatar.words.insert(3, "x"),
    () => avatar.words.remove(1, 2),
    () => avatar.words.remove(0, -1),
    () => avatar.words.move(0, 2),
    () => avatar.words.insert(0.5, "x"),
  ])
    assert.throws(run, { code: "PROPERTY_VALUE" });
  for (let i = 0; i < 4; i++) avatar.line.push({ who: "x" });
  assert.throws(() => avatar.line.push({ who: "x" }), refusal("PROPERTY_VALUE", /Avatar\.line: at most 4 elements/));
});

test("lists: splice, swap and pop do as Array's", () => {
  avatar.words.push("a", "b", "c", "d");
  assert.deepEqual(avatar.words.splice(1, 2, "x"), ["b", "c"]);
  assert.deepEqual([...avatar.words], ["a", "x", "d"]);
  avatar.words.swap(2, 0);
  assert.deepEqual([...avatar.words], ["d", "x", "a"]);
  assert.equal(avatar.words.pop(), "a");
  assert.deepEqual(JSON.parse(JSON.stringify(avatar.words)), ["d", "x"]);
});

test("properties: after detach nothing is written", () => {
  avatar.properties.detach();
  avatar.hp = 1;
  avatar.school.set("a", {});
  assert.deepEqual(ops(), []);
});

test("properties: only persistent ones are saved and mark the entity (nested included)", () => {
  const tree = avatar.properties;
  avatar.speed = 3;
  assert.equal(tree.dirtyPersistent, false);
  avatar.school.set("a", { number: 4, teacher: "Ada" });
  assert.equal(tree.dirtyPersistent, true);
  tree.dirtyPersistent = false;
  avatar.school.get("a")!.pupils.set("ann", 2);
  assert.equal(tree.dirtyPersistent, true);
  assert.deepEqual(tree.persistent(), { hp: 100, school: { a: { number: 4, teacher: "Ada", pupils: { ann: 2 } } } });
});

test("properties: loading skips what is unknown at any depth and refuses wrong values", () => {
  const tree = avatar.properties;
  tree.load({ hp: 5, gone: 1, school: { a: { number: 1, gone: 2 } } });
  assert.equal(avatar.hp, 5);
  assert.equal(avatar.school.get("a")?.number, 1);
  assert.equal(tree.dirtyPersistent, false);
  assert.throws(() => tree.load({ hp: "x" }), refusal("PROPERTY_VALUE", /Avatar\.hp/));
});

test("containers: what is inside a container that is taken out changes only itself, at any depth", () => {
  avatar.school.set("a", { pupils: new Map([["ann", 1]]) });
  const room = avatar.school.get("a")!;
  const { pupils } = room;
  for (const takeOut of [() => avatar.school.delete("a"), () => avatar.school.clear()]) {
    avatar.school.set("a", room);
    takeOut();
    calls.length = 0;
    pupils.set("bob", 2);
    room.number = 9;
    room.number = 8;
    assert.deepEqual(ops(), []);
    assert.throws(() => avatar.annex.set("x", { pupils }), { code: "PROPERTY_ATTACHED" }, "the room holds it still");
  }
  avatar.annex.set("b", room);
  calls.length = 0;
  pupils.set("ann", 3);
  assert.equal(calls[0]?.op, "mapSet");
  assert.deepEqual(avatar.properties.plain(Scope.ALL_CLIENTS).annex, {
    b: { number: 8, pupils: { ann: 3, bob: 2 } },
  });
});

test("containers: what was in a list that was cleared may be put in again, what came since stays", () => {
  avatar.line.push({ who: "a" }, { who: "b" });
  const [a, b] = [...avatar.line];
  avatar.line.clear();
  avatar.line.push({ who: "c" });
  avatar.line.push(b!);
  assert.throws(() => avatar.line.push(b!), { code: "PROPERTY_ATTACHED" });
  calls.length = 0;
  a!.who = "nobody hears";
  b!.who = "bob";
  assert.deepEqual(calls.length, 1);
  assert.deepEqual(avatar.properties.plain(Scope.ALL_CLIENTS).line, [{ who: "c" }, { who: "bob" }]);
});
