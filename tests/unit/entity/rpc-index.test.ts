import assert from "node:assert/strict";
import { test } from "node:test";
import { buildRpcIndex, compareIndexes, type IndexNames, type RpcIndex } from "../../../engine/entity/rpc-index.js";

function names(methods: Record<string, string>, types: Record<string, string> = { A: "avatar" }): IndexNames {
  return { types, methods, properties: {} };
}

function numbers(index: RpcIndex): Record<string, number> {
  return Object.fromEntries(Object.entries(index.methods).map(([name, { number }]) => [name, number]));
}

const first = buildRpcIndex(names({ "A.c": "x()", "A.a": "x()", "A.b": "x()" }), null).index;

test("rpc index: numbers are given in the order of names, from 1", () => {
  assert.deepEqual(numbers(first), { "A.a": 1, "A.b": 2, "A.c": 3 });
  assert.deepEqual(first.types, { A: { number: 1, signature: "avatar" } });
});

test("rpc index: built again from the same names nothing changes", () => {
  const again = buildRpcIndex(names({ "A.c": "x()", "A.a": "x()", "A.b": "x()" }), first);
  assert.deepEqual([again.index, again.changes], [first, []]);
});

test("rpc index: a new name gets a free number and moves no other", () => {
  const { index, changes } = buildRpcIndex(names({ "A.0": "x()", "A.a": "x()", "A.b": "x()", "A.c": "x()" }), first);
  assert.deepEqual(numbers(index), { "A.0": 4, "A.a": 1, "A.b": 2, "A.c": 3 });
  assert.deepEqual(changes, ["methods: A.0 is new, 4"]);
});

test("rpc index: the number of a name that goes is retired for ever, also when the name comes back", () => {
  const without = buildRpcIndex(names({ "A.a": "x()", "A.c": "x()" }), first);
  assert.deepEqual(without.changes, ["methods: A.b is gone, 2 is retired"]);
  const back = buildRpcIndex(names({ "A.a": "x()", "A.b": "x()", "A.c": "x()", "A.d": "x()" }), without.index).index;
  assert.deepEqual(numbers(back), { "A.a": 1, "A.b": 4, "A.c": 3, "A.d": 5 });
  assert.deepEqual(back.retired.methods, [2]);
});

test("rpc index: a changed signature gets a new number, and the old one is retired", () => {
  const { index, changes } = buildRpcIndex(names({ "A.a": "x()", "A.b": "x(text)", "A.c": "x()" }), first);
  assert.deepEqual(numbers(index), { "A.a": 1, "A.b": 4, "A.c": 3 });
  assert.deepEqual(index.retired.methods, [2]);
  assert.deepEqual(changes, ["methods: A.b changed from x() to x(text), 2 is retired, now 4"]);
});

test("rpc index: methods have at most four digits, and what is full says so (ENTITY_DEFINITION)", () => {
  const many = (count: number) =>
    names(Object.fromEntries(Array.from({ length: count }, (_, i) => [`A.m${i}`, "x()"])));
  const full = buildRpcIndex(many(9_999), null).index;
  assert.equal(Math.max(...Object.values(numbers(full))), 9_999);
  assert.throws(() => buildRpcIndex(many(10_000), null), { code: "ENTITY_DEFINITION" });
});

test("rpc index: two agree when one has more; a number or a signature that differs is named", () => {
  const more = buildRpcIndex(names({ "A.a": "x()", "A.b": "x()", "A.c": "x()", "A.d": "x()" }), first).index;
  assert.equal(compareIndexes(first, more), null);
  assert.equal(compareIndexes(more, first), null);
  const other = buildRpcIndex(names({ "A.b": "x()", "A.c": "x()" }), null).index;
  assert.equal(compareIndexes(first, other), "methods: A.b is 2 x() here and 1 x() there");
  const changed = buildRpcIndex(names({ "A.a": "x()", "A.b": "x()", "A.c": "x()" }, { A: "space" }), null).index;
  assert.match(compareIndexes(first, changed) ?? "", /^types: A is 1 avatar here and 1 space there$/);
});
