import assert from "node:assert/strict";
import { test } from "node:test";
import { GateList } from "../../../client/gate-list.js";
import { SeededRandom } from "../../../engine/base/random.js";

test("gate list: the gate that holds the session gets a second chance, then the next one is tried", () => {
  const gates = new GateList(["a", "b"], new SeededRandom(1));
  gates.failed(true);
  assert.equal(gates.current, "a");
  gates.failed(true);
  assert.equal(gates.current, "b");
});

test("gate list: without a session each failure moves on, around and around", () => {
  const gates = new GateList(["a", "b"], new SeededRandom(1));
  gates.learn(["b", "c"]);
  const tried = [gates.current];
  for (let i = 0; i < 3; i++) {
    gates.failed(false);
    tried.push(gates.current);
  }
  assert.deepEqual(tried, ["a", "b", "c", "a"]);
});

test("gate list: pauses grow up to a bound, are never the same for all, and shrink after a success", () => {
  const gates = new GateList(["a"], new SeededRandom(7));
  const pauses = Array.from({ length: 30 }, () => gates.failed(false));
  assert.ok((pauses[0] as number) <= 100);
  assert.ok(pauses.every((pause) => pause >= 50 && pause <= 5_000));
  assert.ok(pauses.slice(10).every((pause) => pause >= 2_500));
  assert.ok(new Set(pauses.slice(10)).size > 10);
  gates.succeeded();
  assert.ok(gates.failed(false) <= 100);
});
