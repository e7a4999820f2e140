/** Ways are judged in batches, late answers included; what is not answered is counted and left alone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GateClock } from "../../../engine/movement/gate-clock.js";
import { NavGuard, type WrongWay } from "../../../engine/movement/nav-guard.js";
import { VERDICT } from "../../../engine/movement/verdict.js";

/** A wall along x = 10. */
function walls(ways: Float32Array, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => {
    const [fromX = 0, toX = 0] = [ways[i * 6], ways[i * 6 + 3]];
    return fromX < 10 !== toX < 10 ? 2 : 0;
  });
}

test("nav guard: a way through a wall is told with where it began; the others are not", () => {
  const wrong: WrongWay<string>[] = [];
  const guard = new NavGuard<string>({ check: walls }, (one) => wrong.push(one));
  guard.note("ann", 1, 0, 0, 0, 9, 0, 0);
  guard.note("bob", 2, 8, 0, 3, 12, 0, 3);
  guard.flush();
  assert.deepEqual(wrong, [{ who: "bob", placement: 2, bits: VERDICT.throughWall, x: 8, y: 0, z: 3 }]);
});

test("nav guard: an answer that comes later is taken all the same, and batches do not mix", async () => {
  const wrong: string[] = [];
  const answers: (() => void)[] = [];
  const check = (ways: Float32Array, count: number) => {
    const answer = walls(ways, count);
    return new Promise<Uint8Array>((resolve) => answers.push(() => resolve(answer)));
  };
  const guard = new NavGuard<string>({ check }, ({ who }) => wrong.push(who));
  for (const who of ["ann", "bob"]) {
    guard.note(who, 1, 0, 0, 0, who === "bob" ? 20 : 1, 0, 0);
    guard.flush();
  }
  for (const answer of answers.reverse()) answer();
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(wrong, ["bob"]);
});

test("nav guard: what throws, rejects, is too short or never comes is counted, and moves stand", async () => {
  const wrong: string[] = [];
  const checks = [
    () => {
      throw new Error("no mesh");
    },
    () => Promise.reject(new Error("no worker")),
    () => new Uint8Array(0),
  ];
  for (const check of checks) {
    const guard = new NavGuard<string>({ check }, ({ who }) => wrong.push(who));
    guard.note("ann", 1, 0, 0, 0, 20, 0, 0);
    guard.flush();
    await new Promise(setImmediate);
    assert.equal(guard.uncheckedCount, 1, String(check));
  }
  const silent = new NavGuard<string>({ check: () => new Promise(() => undefined) }, ({ who }) => wrong.push(who));
  for (let i = 0; i < 10; i++) {
    silent.note("ann", 1, 0, 0, 0, 20, 0, 0);
    silent.flush();
  }
  assert.equal(silent.uncheckedCount, 6);
  assert.deepEqual(wrong, []);
});

test("nav guard: a thousand ways of one tick are one question", () => {
  let asked = 0;
  const wrong: number[] = [];
  const check = (ways: Float32Array, count: number) => {
    asked++;
    return walls(ways, count);
  };
  const guard = new NavGuard<number>({ check }, ({ who }) => wrong.push(who));
  for (let i = 0; i < 1_000; i++) guard.note(i, 1, 0, 0, 0, i % 100 === 7 ? 11 : 1, 0, 0);
  guard.flush();
  guard.flush();
  assert.equal(asked, 1);
  assert.deepEqual(wrong, [7, 107, 207, 307, 407, 507, 607, 707, 807, 907]);
});

test("gate clock: stamps wrap after 49 days and never go back", () => {
  const clock = new GateClock();
  const begun = clock.note(2 ** 32 - 50, 1_000);
  assert.equal(clock.note(50, 1_100) - begun, 100);
  assert.equal(clock.note(20, 1_150) - begun, 100);
  assert.equal(clock.at(1_160) - begun, 110);
  assert.equal(clock.note(60, 9_000) - begun, 110);
});
