import assert from "node:assert/strict";
import { test } from "node:test";
import { ListPool } from "../../../engine/aoi/list-pool.js";
import { SeededRandom } from "../../../engine/base/random.js";

test("list pool: many lists hold what plain arrays hold (random pushes, removals, releases; with stamps)", () => {
  const random = new SeededRandom(3);
  const pool = new ListPool(true);
  const truth = new Map<number, [value: number, stamp: number][]>();
  for (let step = 0; step < 40_000; step++) {
    const list = random.u32() % 300;
    pool.reserve(list);
    const held = truth.get(list) ?? [];
    truth.set(list, held);
    const kind = random.next();
    if (kind < 0.6) {
      const [value, stamp] = [random.u32() % 65_536, random.u32() % 65_536];
      if (held.some(([other]) => other === value)) continue;
      pool.push(list, value, stamp);
      held.push([value, stamp]);
    } else if (kind < 0.98) {
      const at = held.length === 0 ? 0 : random.u32() % held.length;
      const [value = 7] = held[at] ?? [];
      assert.equal(pool.indexOf(list, value), held.length === 0 ? -1 : at);
      assert.equal(pool.removeValue(list, value, random.u32() % 20), held.length > 0);
      const last = held.pop();
      if (last !== undefined && at < held.length) held[at] = last;
    } else {
      pool.release(list);
      held.length = 0;
    }
  }
  for (const [list, held] of truth) {
    assert.equal(pool.length(list), held.length);
    const start = pool.starts[list] as number;
    for (const [at, [value, stamp]] of held.entries()) {
      assert.deepEqual([pool.at(list, at), pool.stamps[start + at]], [value, stamp], `list ${list} at ${at}`);
    }
  }
});

test("list pool: a list of no number that was reserved is empty", () => {
  const pool = new ListPool(false);
  assert.equal(pool.length(100_000), 0);
  pool.release(100_000);
});
