/** A gate that did not run tells each game so, once, before anything else that it passes on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Scheduler } from "../../../engine/base/scheduler.js";
import { GateToGame } from "../../../engine/protocol/game-link.js";
import type { Game } from "../../../gate/game-table.js";
import { GateStall } from "../../../gate/gate-stall.js";

/** Clocks that the test sets; timers run when it says so. */
class Clocks {
  nowMs = 1_000;
  wallMs = 5_000_000;
  timer: (() => void) | null = null;

  readonly scheduler = {
    nowMs: () => this.nowMs,
    wallMs: () => this.wallMs,
    setTimer: (_: number, run: () => void) => {
      this.timer = run;
      return 0;
    },
    clearTimer: () => {
      this.timer = null;
    },
    defer: () => undefined,
  } as unknown as Scheduler;

  pass(ms: number, wallMs = ms): void {
    this.nowMs += ms;
    this.wallMs += wallMs;
  }
}

function game(): { readonly game: Game; readonly told: number[] } {
  const told: number[] = [];
  const send = (kind: object, value: { sleptMs: number }) => {
    assert.equal(kind, GateToGame.gateSlept);
    told.push(value.sleptMs);
  };
  return { game: { link: { send } } as unknown as Game, told };
}

test("gate stall: a gate that runs says nothing, however quiet its clients are", () => {
  const clocks = new Clocks();
  const stall = new GateStall(clocks.scheduler);
  const { game: one, told } = game();
  for (let i = 0; i < 100; i++) {
    clocks.pass(110);
    clocks.timer?.();
  }
  stall.note();
  stall.tell(one);
  assert.deepEqual(told, []);
});

test("gate stall: after a sleep each game is told once, and again after the next", () => {
  const clocks = new Clocks();
  const stall = new GateStall(clocks.scheduler);
  const [first, second] = [game(), game()];
  clocks.pass(4_100);
  stall.note();
  for (let i = 0; i < 3; i++) stall.tell(first.game);
  stall.tell(second.game);
  clocks.pass(100);
  clocks.timer?.();
  stall.tell(first.game);
  assert.deepEqual([first.told, second.told], [[4_000], [4_000]]);
  clocks.pass(900);
  stall.note();
  stall.tell(first.game);
  assert.deepEqual(first.told, [4_000, 800]);
});

test("gate stall: a monotonic clock that stood still with the machine is found out by the wall's", () => {
  const clocks = new Clocks();
  const stall = new GateStall(clocks.scheduler);
  const { game: one, told } = game();
  clocks.pass(90, 60_000);
  stall.note();
  stall.tell(one);
  assert.deepEqual(told, [59_900]);
});

test("gate stall: stopped, it sets no further timer", () => {
  const clocks = new Clocks();
  const stall = new GateStall(clocks.scheduler);
  stall.stop();
  assert.equal(clocks.timer, null);
});
