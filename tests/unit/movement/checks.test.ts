/** The four checks on streams of moves with known times: what is legal, what is not, and what is never held against anybody. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultConfig } from "../../../engine/config/config.js";
import { checkMove, jitterSlack, type Mover, newMover } from "../../../engine/movement/checks.js";
import { limitsOf, type MoveLimits } from "../../../engine/movement/rules.js";
import { VERDICT, verdictNames } from "../../../engine/movement/verdict.js";

const thresholds = defaultConfig().movement;
const [FOOT] = limitsOf({ foot: { speedMax: 6, climbSpeedMax: 3, jumpHeight: 1.2, fallSpeedMax: 40 } });
const limits = FOOT as MoveLimits;
const FRAME_MS = 100;
const STEP = (6 * FRAME_MS) / 1_000;

/** A mover and its clock; each call is a move, and returns the names of its verdict. */
class Run {
  readonly mover: Mover = newMover(0, 0, 0, 0);
  ms = 0;
  x = 0;
  y = 0;

  /** Moves on by `units` in `gapMs`. */
  step(units: number, gapMs = FRAME_MS, up = 0): string {
    this.ms += gapMs;
    const bits = checkMove(this.mover, limits, thresholds, this.ms, this.x + units, this.y + up, 0);
    if (bits === 0) {
      this.x += units;
      this.y += up;
    }
    return verdictNames(bits).join("+");
  }

  /** The first verdict of up to `count` moves, and when; "" when all are legal. */
  steps(count: number, units: number, gapMs = FRAME_MS, up = 0): string {
    for (let i = 0; i < count; i++) {
      const verdict = this.step(units, gapMs, up);
      if (verdict !== "") return verdict;
    }
    return "";
  }
}

test("checks: at the limit for ten minutes, nothing is said, whether moves come 10 or 20 times a second", () => {
  for (const gapMs of [50, 100])
    assert.equal(new Run().steps(600_000 / gapMs, (6 * gapMs) / 1_000, gapMs), "", `${gapMs}`);
});

test("checks: a client's clock may run fast by 500 ppm for an hour", () => {
  assert.equal(new Run().steps(36_000, STEP * 1.0005), "");
});

test("checks: factors of 1.05, 1.2 and 2 are found, the larger ones sooner", () => {
  const foundMs = [1.05, 1.2, 2].map((factor) => {
    const run = new Run();
    assert.notEqual(run.steps(600, STEP * factor), "", `${factor}`);
    return run.ms;
  });
  const [small = 0, middle = 0, large = 0] = foundMs;
  assert.ok(small < 12_000 && middle < 1_500 && large < 500, String(foundMs));
});

test("checks: pauses do not pay for a factor of 1.1 (0.5 s after each 2 s)", () => {
  const run = new Run();
  let verdict = "";
  for (let i = 0; i < 20 && verdict === ""; i++) {
    verdict = run.steps(20, STEP * 1.1);
    if (verdict === "") verdict = run.steps(5, 0);
  }
  assert.notEqual(verdict, "");
});

test("checks: more moves, each shorter, gain no way and no time", () => {
  const plain = new Run();
  plain.steps(600, STEP * 1.2);
  const often = new Run();
  often.steps(2_400, (STEP * 1.2) / 4, FRAME_MS / 4);
  assert.ok(often.x <= plain.x * 1.1, `${often.x} units, ${plain.x} with fewer moves`);
});

test("checks: moves above the rate are dropped, and the next one covers their way", () => {
  const run = new Run();
  const verdicts = new Set<string>();
  for (let i = 0; i < 400; i++) verdicts.add(run.step(0, 10));
  assert.deepEqual([...verdicts].sort(), ["", "drop", "rate"]);
});

test("checks: a stall of 0.9 s is caught up with at once, in one step or in many", () => {
  for (const parts of [1, 9]) {
    const run = new Run();
    run.steps(50, STEP);
    const verdicts = [
      run.step((STEP * 9) / parts, 900),
      run.steps(parts - 1, (STEP * 9) / parts, 0),
      run.steps(50, STEP),
    ];
    assert.deepEqual(verdicts, ["", "", ""], `${parts} steps`);
  }
});

test("checks: a stall of 3 s is put back and is no evidence; the same way without one is", () => {
  const stalled = new Run();
  stalled.steps(50, STEP);
  assert.equal(stalled.step(STEP * 30, 3_000), "stall");
  assert.equal(stalled.steps(100, STEP), "");
  const cheat = new Run();
  cheat.steps(50, STEP);
  assert.equal(cheat.step(STEP * 30), "speed");
});

test("checks: what was saved by standing melts: a second of double speed after a minute's rest is found", () => {
  const run = new Run();
  run.steps(600, 0);
  assert.notEqual(run.steps(15, STEP * 2), "");
});

test("checks: jitter of ±50 ms around the usual gap is nothing", () => {
  const run = new Run();
  for (let i = 0; i < 3_000; i++) assert.equal(run.step(STEP, i % 2 === 0 ? 50 : 150), "", `move ${i}`);
});

test("checks: stamps that do not grow, or go back, count as equal", () => {
  const run = new Run();
  run.steps(20, STEP);
  run.ms -= 5_000;
  assert.equal(run.step(0, 0), "");
  assert.equal(run.mover.arrivedMs, 2_000);
});

test("checks: one who runs at the limit again and again on a line that holds some moves up is legal (1 s running, 0.5 s standing)", () => {
  const run = new Run();
  const gaps = [190, 10, 100, 180, 20];
  for (let i = 0; i < 3_000; i++) assert.equal(run.step(i % 15 < 10 ? STEP : 0, gaps[i % 5]), "", `move ${i}`);
  // The last of a rest is late, and the first full step comes with it.
  const late = new Run();
  late.steps(10, STEP);
  for (let i = 0; i < 3_000; i++) {
    const at = i % 15;
    assert.equal(late.step(at < 10 ? STEP : 0, at === 14 ? 145 : at === 0 ? 55 : FRAME_MS), "", `move ${i}`);
  }
});

test("checks: a long step of a page that did not run is paid for by the pause before it, also when other moves came between", () => {
  const run = new Run();
  run.steps(50, STEP);
  const verdicts = [run.step(STEP, 900), run.step(STEP, 0), run.step(STEP * 7, FRAME_MS), run.steps(50, STEP)];
  assert.deepEqual(verdicts, ["", "", "", ""]);
});

test("checks: what is left of a stall of 1.3 s does not excuse 1.2 times the speed", () => {
  const run = new Run();
  run.steps(50, STEP);
  run.step(0, 1_300);
  assert.notEqual(run.mover.stallMs, 0);
  assert.match(run.steps(40, STEP * 1.2), /^(?:speed|average)$/);
});

test("checks: what comes in a bunch is not taken for jitter: holding 1.4 s back again and again raises the slack once", () => {
  const run = new Run();
  run.steps(50, STEP);
  const slacks: number[] = [];
  for (let i = 0; i < 5; i++) {
    run.step(0, 1_400);
    run.steps(13, 0, 0);
    slacks.push(jitterSlack(run.mover, thresholds));
    run.steps(30, STEP);
  }
  assert.ok(Math.max(...slacks) < 600 && run.mover.jitterMs < 20, `${slacks}, jitter ${run.mover.jitterMs}`);
});

test("checks: moves that a pause held up leave what script allowed to those behind them", () => {
  const run = new Run();
  run.steps(50, STEP);
  Object.assign(run.mover, { freeUnits: 6, freeUnitsUp: 0, freeUntilMs: run.ms + 5_000 });
  run.step(STEP, 600);
  assert.equal(run.steps(5, STEP, 0), "");
  assert.ok(run.mover.freeUnits > 5.9, `${run.mover.freeUnits} units are left`);
});

test("checks: jumps on the spot, stairs and a fall of 30 units are legal", () => {
  const run = new Run();
  const jump = [0.5, 0.4, 0.3, -0.3, -0.4, -0.5];
  for (let i = 0; i < 300; i++) assert.equal(run.step(STEP, FRAME_MS, jump[i % 6] ?? 0), "", `jump ${i}`);
  assert.equal(run.steps(100, STEP, FRAME_MS, 0.29), "", "stairs");
  const fall = [-0.5, -1.5, -2.5, -3.5, -4, -4, -4, -4, -4];
  for (const way of fall) assert.equal(run.step(STEP, FRAME_MS, way), "", `fall ${way}`);
});

test("checks: rising for longer than a jump is found, and so is a fall through the floor", () => {
  const flyer = new Run();
  assert.equal(flyer.steps(40, STEP, FRAME_MS, 0.6), "rise");
  assert.ok(flyer.y < 6, `it got ${flyer.y} units up`);
  const faller = new Run();
  assert.equal(faller.steps(20, 0, FRAME_MS, -8), "fall");
});

test("checks: what script allowed pays only for what is too much, and not for longer than it said", () => {
  const run = new Run();
  run.steps(20, STEP);
  Object.assign(run.mover, { freeUnits: 6, freeUnitsUp: 0, freeUntilMs: run.ms + 5_000 });
  assert.equal(run.steps(10, STEP), "");
  assert.ok(run.mover.freeUnits > 5.99, "legal steps cost nothing of it");
  assert.equal(run.step(STEP + 6), "");
  assert.equal(run.mover.freeUnits < 0.5, true);
  run.mover.freeUnits = 6;
  run.mover.freeUntilMs = run.ms;
  assert.equal(run.step(STEP + 6), "speed");
});

test("checks: a refused move leaves the mover where it was, its time has passed", () => {
  const run = new Run();
  run.steps(20, STEP);
  const { x } = run.mover;
  assert.equal(run.step(50), verdictNames(VERDICT.speed)[0]);
  assert.deepEqual([run.mover.x, run.mover.arrivedMs], [x, run.ms]);
});
