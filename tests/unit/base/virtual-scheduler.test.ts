import assert from "node:assert/strict";
import { test } from "node:test";
import { EventHeap } from "../../../engine/base/event-heap.js";
import { SeededRandom } from "../../../engine/base/random.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";

test("event heap: gives events back by time, then by order (1,000 at random)", () => {
  const random = new SeededRandom(1);
  const heap = new EventHeap();
  for (let order = 0; order < 1_000; order++) {
    heap.push({ atMs: Math.floor(random.next() * 50), order, owner: null, run: () => undefined });
  }
  let last = { atMs: -1, order: -1 };
  for (let i = 0; i < 1_000; i++) {
    const event = heap.takeUntil(50);
    assert.ok(event !== null);
    assert.ok(event.atMs > last.atMs || (event.atMs === last.atMs && event.order > last.order));
    last = event;
  }
  assert.equal(heap.takeUntil(50), null);
});

test("virtual time: timers run in order of time and of setting, and the clock stands at each", async () => {
  const world = new VirtualScheduler();
  const seen: string[] = [];
  world.setTimer(20, () => seen.push(`b${world.nowMs()}`));
  world.setTimer(10, () => seen.push(`a${world.nowMs()}`));
  world.setTimer(20, () => seen.push(`c${world.nowMs()}`));
  world.setTimer(31, () => seen.push("late"));
  await world.run(30);
  assert.deepEqual(seen, ["a10", "b20", "c20"]);
  assert.equal(world.nowMs(), 30);
});

test("virtual time: a cleared timer does not run", async () => {
  const world = new VirtualScheduler();
  const handle = world.setTimer(5, () => assert.fail("cleared"));
  world.clearTimer(handle);
  await world.run(10);
});

test("virtual time: chains of promises settle before the next event (depth 50)", async () => {
  const world = new VirtualScheduler();
  const seen: string[] = [];
  const chain = async () => {
    for (let i = 0; i < 50; i++) await Promise.resolve();
    seen.push("chain");
  };
  world.setTimer(1, () => void chain());
  world.setTimer(1, () => seen.push("next"));
  await world.run(1);
  assert.deepEqual(seen, ["chain", "next"]);
});

test("virtual time: defer runs after the event and its promises, before the next event", async () => {
  const world = new VirtualScheduler();
  const seen: string[] = [];
  world.setTimer(1, () => {
    world.defer(() => seen.push("deferred"));
    void Promise.resolve().then(() => seen.push("promise"));
    seen.push("event");
  });
  world.setTimer(1, () => seen.push("next"));
  await world.run(1);
  assert.deepEqual(seen, ["event", "promise", "deferred", "next"]);
});

test("virtual process: what comes due while it is paused runs at its resume, in order, deferred work included", async () => {
  const world = new VirtualScheduler();
  const process = world.process("game1");
  const seen: string[] = [];
  process.setTimer(5, () => {
    process.defer(() => seen.push(`deferred@${process.nowMs()}`));
    process.pause();
  });
  process.setTimer(10, () => seen.push(`ten@${process.nowMs()}`));
  process.setTimer(20, () => seen.push(`twenty@${process.nowMs()}`));
  world.setTimer(100, () => process.resume());
  await world.run(99);
  assert.deepEqual(seen, []);
  await world.run(200);
  assert.deepEqual(seen, ["deferred@100", "ten@100", "twenty@100"]);
});

test("virtual process: a killed process never runs again (timers, deferred, resumed)", async () => {
  const world = new VirtualScheduler();
  const process = world.process("game1");
  process.setTimer(10, () => assert.fail("killed"));
  process.setTimer(1, () => {
    process.defer(() => assert.fail("killed"));
    process.kill();
  });
  await world.run(5);
  process.setTimer(1, () => assert.fail("killed"));
  process.resume();
  await world.run(50);
});

test("virtual time: what an event throws rejects the run", async () => {
  const world = new VirtualScheduler();
  world.setTimer(1, () => {
    throw new Error("boom");
  });
  await assert.rejects(world.run(5), /boom/);
  await world.run(5);
});

test("virtual time: runUntil stops at the event that makes its condition true", async () => {
  const world = new VirtualScheduler();
  let count = 0;
  const tick = () => {
    count++;
    world.setTimer(10, tick);
  };
  world.setTimer(10, tick);
  assert.equal(await world.runUntil(() => count === 3, 1_000), true);
  assert.equal(world.nowMs(), 30);
  assert.equal(await world.runUntil(() => count === 100, 100), false);
  assert.equal(world.nowMs(), 100);
});
