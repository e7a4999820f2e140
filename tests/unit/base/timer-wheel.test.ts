import assert from "node:assert/strict";
import { test } from "node:test";
import { randomIndex, SeededRandom } from "../../../engine/base/random.js";
import { TimerWheel, type WheelTimer } from "../../../engine/base/timer-wheel.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";

const SLOT_MS = 5;
const REVOLUTION_MS = 5_120;

async function setUp(startMs = 0) {
  const scheduler = new VirtualScheduler();
  await scheduler.run(startMs);
  return { scheduler, wheel: new TimerWheel(scheduler) };
}

test("timer wheel: a timer fires at its time or at most one slot later, once", async () => {
  const { scheduler, wheel } = await setUp(1_000.3);
  const fired: [delayMs: number, lateMs: number][] = [];
  for (const delayMs of [0, 1, 4.9, 5, 12, 99, 1_000, REVOLUTION_MS, 20_000, 100_003]) {
    const dueMs = scheduler.nowMs() + delayMs;
    wheel.set(delayMs, () => fired.push([delayMs, scheduler.nowMs() - dueMs]));
  }
  await scheduler.run(200_000);
  assert.equal(fired.length, 10);
  for (const [delayMs, lateMs] of fired) assert.ok(lateMs > -1e-6 && lateMs <= SLOT_MS + 1e-6, `${delayMs}: ${lateMs}`);
  assert.equal(wheel.size, 0);
});

test("timer wheel: fires in order of time, then of setting", async () => {
  const { scheduler, wheel } = await setUp();
  const order: string[] = [];
  for (const [name, delayMs] of [
    ["c", 30],
    ["a", 10],
    ["b1", 20],
    ["b2", 20],
    ["d", 30 + REVOLUTION_MS],
  ] as const)
    wheel.set(delayMs, () => order.push(name));
  await scheduler.run(10_000);
  assert.deepEqual(order, ["a", "b1", "b2", "c", "d"]);
});

test("timer wheel: a cancelled timer does not fire and is not counted, also when cancelled by one of its own slot", async () => {
  const { scheduler, wheel } = await setUp();
  const timers: WheelTimer[] = [];
  let fired = 0;
  for (let i = 0; i < 3; i++) {
    timers.push(
      wheel.set(10, () => {
        fired++;
        for (const timer of timers) wheel.clear(timer);
      }),
    );
  }
  const early = wheel.set(8, () => assert.fail("cleared"));
  wheel.clear(early);
  wheel.clear(early);
  assert.equal(wheel.size, 3);
  await scheduler.run(100);
  assert.deepEqual([fired, wheel.size], [1, 0]);
});

test("timer wheel: what is set while others fire comes in a later slot, even with no delay", async () => {
  const { scheduler, wheel } = await setUp();
  const times: number[] = [];
  const again = () => {
    times.push(scheduler.nowMs());
    if (times.length < 4) wheel.set(0, again);
  };
  wheel.set(7, again);
  await scheduler.run(100);
  assert.deepEqual(times, [10, 15, 20, 25]);
});

test("timer wheel: a process that did not run for long fires everything it missed, in order", async () => {
  const world = new VirtualScheduler();
  const process = world.process("game1");
  const wheel = new TimerWheel(process);
  const order: number[] = [];
  for (const delayMs of [9_000, 50, 20_000, 10, 60_000]) wheel.set(delayMs, () => order.push(delayMs));
  process.pause();
  world.setTimer(30_000, () => process.resume());
  await world.run(30_001);
  assert.deepEqual(order, [10, 50, 9_000, 20_000]);
  await world.run(70_000);
  assert.deepEqual(order.at(-1), 60_000);
});

test("timer wheel: stop drops every timer, those that are due in the same moment too", async () => {
  const { scheduler, wheel } = await setUp();
  let fired = 0;
  const after = wheel.set(50, () => fired++);
  for (let i = 0; i < 3; i++) {
    wheel.set(10, () => {
      fired++;
      wheel.stop();
    });
  }
  await scheduler.run(100);
  wheel.clear(after);
  assert.deepEqual([fired, wheel.size], [1, 0]);
  wheel.set(10, () => fired++);
  await scheduler.run(200);
  assert.equal(fired, 2);
});

test("timer wheel: one timer of the system at most, and none when nothing waits", async () => {
  const scheduler = new VirtualScheduler();
  let armed = 0;
  const counting = {
    nowMs: () => scheduler.nowMs(),
    wallMs: () => scheduler.wallMs(),
    defer: (run: () => void) => scheduler.defer(run),
    clearTimer: (handle: object) => {
      armed--;
      scheduler.clearTimer(handle);
    },
    setTimer: (delayMs: number, run: () => void) => {
      armed++;
      return scheduler.setTimer(delayMs, () => {
        armed--;
        run();
      });
    },
  };
  const wheel = new TimerWheel(counting as never);
  for (let i = 1; i < 500; i++) wheel.set(i * 7, () => assert.ok(armed <= 1));
  assert.equal(armed, 1);
  await scheduler.run(10_000);
  assert.equal(armed, 0);
});

test("timer wheel: fires no less often than asked, whatever fractions the clock has (2,000 starts, seed 3)", async () => {
  const random = new SeededRandom(3);
  const scheduler = new VirtualScheduler();
  let fired = 0;
  for (let i = 0; i < 2_000; i++) {
    const startMs = scheduler.nowMs() + random.next() * 3 + random.next() * 1e-9;
    await scheduler.run(startMs);
    const wheel = new TimerWheel(scheduler);
    for (let slot = 1; slot < 20; slot++) wheel.set(slot * SLOT_MS, () => fired++);
    const before = scheduler.eventCount;
    await scheduler.run(scheduler.nowMs() + 120);
    assert.ok(scheduler.eventCount - before < 60, "it fires at nothing");
  }
  assert.equal(fired, 2_000 * 19);
});

test("timer wheel: agrees with a plain list of times, as timers are set and cancelled (seed 9)", async () => {
  const random = new SeededRandom(9);
  const { scheduler, wheel } = await setUp();
  const waiting = new Map<WheelTimer, number>();
  for (let step = 0; step < 3_000; step++) {
    if (random.next() < 0.6) {
      const delayMs = randomIndex(random, random.next() < 0.1 ? 30_000 : 300);
      const dueMs = scheduler.nowMs() + delayMs;
      const timer: WheelTimer = wheel.set(delayMs, () => {
        assert.ok(scheduler.nowMs() >= dueMs && scheduler.nowMs() <= dueMs + SLOT_MS);
        assert.ok(waiting.delete(timer));
      });
      waiting.set(timer, dueMs);
    } else if (waiting.size > 0 && random.next() < 0.5) {
      const timer = [...waiting.keys()][randomIndex(random, waiting.size)] as WheelTimer;
      wheel.clear(timer);
      waiting.delete(timer);
    } else await scheduler.run(scheduler.nowMs() + randomIndex(random, 40));
    assert.equal(wheel.size, waiting.size);
    for (const dueMs of waiting.values()) assert.ok(dueMs + SLOT_MS >= scheduler.nowMs());
  }
});
