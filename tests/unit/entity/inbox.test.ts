import assert from "node:assert/strict";
import { test } from "node:test";
import type { AeonError } from "../../../engine/base/errors.js";
import { TimerWheel } from "../../../engine/base/timer-wheel.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";
import { Inbox } from "../../../engine/entity/inbox.js";
import { ScriptTurn } from "../../../engine/entity/script-turn.js";

interface Bench {
  readonly scheduler: VirtualScheduler;
  readonly turn: ScriptTurn;
  readonly seen: string[];
  readonly flushes: { count: number };
  inbox(jobsMax?: number): Inbox;
  /** Enqueues a job that notes its begin and its end. */
  add(inbox: Inbox, name: string, run?: () => unknown, options?: { reentrant?: boolean; vital?: boolean }): void;
}

function bench(): Bench {
  const scheduler = new VirtualScheduler();
  const timers = new TimerWheel(scheduler);
  const turn = new ScriptTurn(scheduler);
  const seen: string[] = [];
  const flushes = { count: 0 };
  return {
    scheduler,
    turn,
    seen,
    flushes,
    inbox: (jobsMax = 100) =>
      new Inbox({ timers, turn, jobsMax, handlerTimeoutMs: 1_000, afterScript: () => void flushes.count++ }),
    add: (inbox, name, run = () => undefined, { reentrant = false, vital = false } = {}) =>
      inbox.enqueue({
        reentrant,
        vital,
        run: () => {
          seen.push(`${name}+`);
          return run();
        },
        settle: (error, value) =>
          seen.push(`${name}${error === undefined ? `=${String(value)}` : `!${(error as AeonError).code ?? error}`}`),
      }),
  };
}

/** A promise with its ends in hand. */
function gate<T = unknown>() {
  let open: (value: T) => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}

test("inbox: a job runs at once when nothing is before it, and settles with what it returned", () => {
  const { add, inbox, seen, flushes } = bench();
  add(inbox(), "a", () => 7);
  assert.deepEqual(seen, ["a+", "a=7"]);
  assert.equal(flushes.count, 1);
});

test("inbox: jobs run in the order they came, each after the one before has settled (a handler awaits)", async () => {
  const { add, inbox, seen, scheduler } = bench();
  const box = inbox();
  const first = gate();
  add(box, "a", () => first.promise);
  add(box, "b");
  add(box, "c");
  assert.deepEqual(seen, ["a+"]);
  assert.equal(box.length, 2);
  first.open("x");
  await scheduler.run(1);
  assert.deepEqual(seen, ["a+", "a=x", "b+", "b=undefined", "c+", "c=undefined"]);
});

test("inbox: what a job enqueues on its own entity runs after it, never inside it", () => {
  const { add, inbox, seen } = bench();
  const box = inbox();
  add(box, "a", () => add(box, "b"));
  assert.deepEqual(seen, ["a+", "a=undefined", "b+", "b=undefined"]);
});

test("inbox: a re-entrant job neither waits nor holds anything back", async () => {
  const { add, inbox, seen, scheduler } = bench();
  const box = inbox();
  const first = gate();
  const second = gate();
  add(box, "a", () => first.promise);
  add(box, "r", () => second.promise, { reentrant: true });
  first.open(1);
  await scheduler.run(1);
  add(box, "b");
  second.open(2);
  await scheduler.run(2);
  assert.deepEqual(seen, ["a+", "r+", "a=1", "b+", "b=undefined", "r=2"]);
});

test("inbox: a throw, a rejection and even `throw undefined` settle the job with an error, and the next one runs", async () => {
  const { add, inbox, seen, scheduler } = bench();
  const box = inbox();
  add(box, "a", () => {
    throw new TypeError("boom");
  });
  add(box, "b", () => {
    throw undefined;
  });
  add(box, "c", () => Promise.reject());
  add(box, "d", () => Promise.reject(new RangeError("bang")));
  await scheduler.run(1);
  add(box, "e");
  assert.deepEqual(
    seen.filter((line) => !line.endsWith("+")),
    ["a!TypeError: boom", "b!RPC_HANDLER_THREW", "c!RPC_HANDLER_THREW", "d!RangeError: bang", "e=undefined"],
  );
});

test("inbox: a handler that awaits past its time is aborted, and its late end changes nothing", async () => {
  const { add, inbox, seen, scheduler } = bench();
  const box = inbox();
  const late = gate();
  add(box, "a", () => late.promise);
  add(box, "b");
  await scheduler.run(990);
  assert.deepEqual(seen, ["a+"]);
  await scheduler.run(1_010);
  assert.deepEqual(seen, ["a+", "a!RPC_HANDLER_ABORTED", "b+", "b=undefined"]);
  late.fail(new Error("nobody listens"));
  await scheduler.run(1_100);
  assert.equal(seen.length, 4);
});

test("inbox: a full one refuses calls and takes in what is vital (bound 2)", () => {
  const { add, inbox, seen } = bench();
  const box = inbox(2);
  add(box, "a", () => new Promise(() => undefined));
  add(box, "b");
  add(box, "c");
  add(box, "d");
  add(box, "v", undefined, { vital: true });
  add(box, "r", undefined, { reentrant: true });
  assert.deepEqual(seen, ["a+", "d!RPC_QUEUE_FULL", "r!RPC_QUEUE_FULL"]);
  assert.equal(box.length, 3);
});

test("inbox: re-entrant jobs that await are bounded too (bound 2), and give their place back", async () => {
  const { add, inbox, seen, scheduler } = bench();
  const box = inbox(2);
  const first = gate();
  add(box, "a", () => first.promise, { reentrant: true });
  add(box, "b", () => new Promise(() => undefined), { reentrant: true });
  add(box, "c", undefined, { reentrant: true });
  first.open(1);
  await scheduler.run(1);
  add(box, "d", undefined, { reentrant: true });
  assert.deepEqual(seen, ["a+", "b+", "c!RPC_QUEUE_FULL", "a=1", "d+", "d=undefined"]);
});

test("inbox: closing settles what waits and what comes with the error; what runs goes on", async () => {
  const { add, inbox, seen, scheduler } = bench();
  const box = inbox();
  const running = gate();
  add(box, "a", () => running.promise);
  add(box, "b");
  box.close(() => Object.assign(new Error("closed"), { code: "ENTITY_DESTROYED" }) as never);
  add(box, "c");
  add(box, "r", undefined, { reentrant: true });
  running.open("done");
  await scheduler.run(1);
  assert.deepEqual(seen, ["a+", "b!ENTITY_DESTROYED", "c!ENTITY_DESTROYED", "r!ENTITY_DESTROYED", "a=done"]);
});

test("inbox: every piece of script ends with a flush: before an await, and at the end", async () => {
  const { add, inbox, flushes, scheduler } = bench();
  const running = gate();
  add(inbox(), "a", () => running.promise);
  assert.equal(flushes.count, 1);
  running.open(1);
  await scheduler.run(1);
  assert.equal(flushes.count, 2);
});

test("inbox: a settle that throws does not leave the entity stuck", () => {
  const { inbox, add, seen } = bench();
  const box = inbox();
  const bad = {
    reentrant: false,
    run: () => 1,
    settle: () => {
      throw new Error("engine bug");
    },
  };
  assert.throws(() => box.enqueue(bad), /engine bug/);
  add(box, "b");
  assert.deepEqual(seen, ["b+", "b=undefined"]);
});

test("inbox: 20,000 jobs that wait run one after another and overflow no stack", async () => {
  const { inbox, scheduler } = bench();
  const box = inbox(20_000);
  const first = gate();
  let ran = 0;
  let order = 0;
  box.enqueue({ reentrant: false, run: () => first.promise, settle: () => undefined });
  for (let i = 0; i < 20_000; i++) {
    box.enqueue({
      reentrant: false,
      run: () => {
        if (order === i) order++;
      },
      settle: () => ran++,
    });
  }
  first.open(0);
  await scheduler.run(1);
  assert.equal(ran, 20_000);
  assert.equal(order, 20_000);
  assert.equal(box.length, 0);
});

test("inbox: a chain through 20,000 idle entities, each calling the next, overflows no stack", async () => {
  const { inbox, scheduler } = bench();
  const boxes = Array.from({ length: 20_000 }, () => inbox());
  let reached = 0;
  const send = (at: number): void =>
    boxes[at]?.enqueue({
      reentrant: at % 2 === 1,
      run: () => {
        reached++;
        send(at + 1);
      },
      settle: (error) => assert.equal(error, undefined),
    });
  send(0);
  await scheduler.run(1);
  assert.equal(reached, 20_000);
});

test("inbox: two entities that answer each other for ever leave the turn to others", async () => {
  const { inbox, scheduler, turn } = bench();
  const [ping, pong] = [inbox(), inbox()];
  let rounds = 0;
  let isOver = false;
  const send = (from: Inbox, to: Inbox): void =>
    to.enqueue({
      reentrant: false,
      run: () => {
        rounds++;
        if (!isOver) send(to, from);
      },
      settle: () => undefined,
    });
  send(ping, pong);
  const inOneTurn = rounds;
  assert.ok(inOneTurn >= 1_000 && inOneTurn < 100_000, String(inOneTurn));
  scheduler.defer(() => {
    isOver = true;
  });
  await scheduler.run(1);
  assert.ok(rounds > inOneTurn);
  assert.ok(turn.mayStart);
});
