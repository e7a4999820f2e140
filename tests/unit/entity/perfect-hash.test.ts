import assert from "node:assert/strict";
import { test } from "node:test";
import { randomIndex, SeededRandom } from "../../../engine/base/random.js";
import { buildPerfectHash, hashName, lookUp } from "../../../engine/entity/perfect-hash.js";

function names(count: number, seed: number): Record<string, number> {
  const random = new SeededRandom(seed);
  const numbers: Record<string, number> = {};
  for (let i = 1; i <= count; i++) numbers[`Type${randomIndex(random, 40)}.method${i}`] = i * 3;
  return numbers;
}

for (const count of [0, 1, 2, 7, 64, 1_000]) {
  test(`perfect hash: gives every name its number, in as many slots as there are names (${count})`, () => {
    const numbers = names(count, 5);
    const hash = buildPerfectHash(numbers);
    assert.equal(hash.numbers.length, Object.keys(numbers).length);
    for (const [name, number] of Object.entries(numbers)) assert.equal(lookUp(hash, name), number);
    assert.deepEqual(
      [...hash.numbers].sort((a, b) => a - b),
      Object.values(numbers).sort((a, b) => a - b),
    );
  });
}

test("perfect hash: the largest index there may be is built (9,999 names)", () => {
  const numbers = names(9_999, 6);
  const hash = buildPerfectHash(numbers);
  for (const [name, number] of Object.entries(numbers)) assert.equal(lookUp(hash, name), number);
});

test("perfect hash: depends on the names alone, not on their order", () => {
  const numbers = names(50, 7);
  const reversed = Object.fromEntries(Object.entries(numbers).reverse());
  assert.deepEqual(buildPerfectHash(reversed), buildPerfectHash(numbers));
});

test("perfect hash: a name outside of the set gets some number of it, or 0 of an empty one", () => {
  const hash = buildPerfectHash({ a: 4, b: 9 });
  assert.ok([4, 9].includes(lookUp(hash, "c")));
  assert.equal(lookUp(buildPerfectHash({}), "c"), 0);
});

test("perfect hash: the hash of a name is what it always was, since indexes and shards stand on it", () => {
  assert.deepEqual(
    ["", "a", "Avatar.say", "Ärger"].map((name) => hashName(name, 0)),
    [2872998923, 444641715, 1474602066, 3174664684],
  );
  assert.equal(hashName("Avatar.say", 7), 2803647294);
});
