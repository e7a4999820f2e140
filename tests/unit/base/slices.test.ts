import assert from "node:assert/strict";
import { test } from "node:test";
import type { Scheduler } from "../../../engine/base/scheduler.js";
import { SLICE_MS, Slices } from "../../../engine/base/slices.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";

/** Virtual time that work takes, too. */
function workingClock() {
  const scheduler = new VirtualScheduler();
  let workedMs = 0;
  const clock: Scheduler = {
    nowMs: () => scheduler.nowMs() + workedMs,
    wallMs: () => scheduler.wallMs(),
    setTimer: (delayMs, run) => scheduler.setTimer(delayMs, run),
    clearTimer: (handle) => scheduler.clearTimer(handle),
    defer: (run) => scheduler.defer(run),
  };
  return { scheduler, clock, work: (ms: number) => (workedMs += ms), worked: () => workedMs };
}

/** Of items that take 0.05 ms each, with a hair for rounding. */
const BATCH_MS = 16 * 0.05 + 0.01;
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

test("slices: every item once and in order, none of the slices longer than its share", async () => {
  const { scheduler, clock, work, worked } = workingClock();
  const done: number[] = [];
  let slices = 0;
  let sliceBeganMs = 0;
  const runner = new Slices(clock, () => {
    slices++;
    assert.ok(worked() - sliceBeganMs <= SLICE_MS + BATCH_MS, `${worked() - sliceBeganMs} ms`);
    sliceBeganMs = worked();
  });
  const finished = runner.each(numbers(1_000), (item) => {
    done.push(item);
    work(0.05);
  });
  assert.ok(done.length > 0 && done.length < 100, "a first slice runs at once");
  await scheduler.run(1_000);
  await finished;
  assert.deepEqual(done, numbers(1_000));
  assert.ok(slices >= (1_000 * 0.05) / (SLICE_MS + BATCH_MS), `${slices} slices`);
});

test("slices: what the items begin, and is done behind them, counts", async () => {
  const { scheduler, clock, work, worked } = workingClock();
  const longest = { ms: 0, sinceMs: 0 };
  const runner = new Slices(clock, () => {
    longest.ms = Math.max(longest.ms, worked() - longest.sinceMs);
    longest.sinceMs = worked();
  });
  const finished = runner.each(numbers(500), () => void Promise.resolve().then(() => work(0.05)));
  await scheduler.run(1_000);
  await finished;
  assert.ok(longest.ms <= SLICE_MS + 2 * BATCH_MS, `${longest.ms} ms`);
});

test("slices: a few items are done at once, however long they take", () => {
  const { clock, work } = workingClock();
  const done: number[] = [];
  void new Slices(clock).each(numbers(10), (item) => {
    done.push(item);
    work(5);
  });
  assert.deepEqual(done, numbers(10));
});

test("slices: a second job begins when the first is done, and others get their turn between slices", async () => {
  const { scheduler, clock, work } = workingClock();
  const runner = new Slices(clock);
  const done: string[] = [];
  const job = (name: string) =>
    runner.each(numbers(200), (item) => {
      work(0.1);
      if (item === 199) done.push(name);
    });
  const both = [job("first"), job("second")];
  scheduler.setTimer(1, () => done.push("other"));
  await scheduler.run(1_000);
  await Promise.all(both);
  assert.deepEqual(done, ["other", "first", "second"]);
});

test("slices: work that throws loses only its item", async () => {
  const { scheduler, clock } = workingClock();
  const runner = new Slices(clock);
  const done: number[] = [];
  const failing = () =>
    runner.each(numbers(3), (item) => {
      if (item === 0) throw new Error("no");
      done.push(item);
    });
  await assert.rejects(failing(), /no/);
  await scheduler.run(10);
  assert.deepEqual(done, [1, 2]);
});

test("slices: work may begin another job", async () => {
  const { scheduler, clock } = workingClock();
  const runner = new Slices(clock);
  const done: string[] = [];
  await Promise.all([runner.each(["a"], () => void runner.each(["b"], (item) => done.push(item))), scheduler.run(10)]);
  assert.deepEqual(done, ["b"]);
});
