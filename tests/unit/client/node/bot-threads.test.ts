import assert from "node:assert/strict";
import { test } from "node:test";
import type { BotPlan } from "../../../../client/node/bot-plan.js";
import { runBotThreads, sharesOf, sumUp, sumUpProgress } from "../../../../client/node/bot-threads.js";
import type { BotSummary } from "../../../../client/node/bots.js";
import { Histogram } from "../../../../client/node/histogram.js";
import { AeonError } from "../../../../engine/base/errors.js";

const PLAN: BotPlan = { gates: ["ws://127.0.0.1:9"], count: 2_500, seconds: 1, via: "ws", seed: 7 };

test("bot threads: shares are equal, hold every bot once, and log in no faster together than one would", () => {
  const shares = sharesOf({ ...PLAN, loginsPerSecond: 90 }, 1_000);
  assert.deepEqual(
    shares.map(({ firstNumber, count }) => [firstNumber, count]),
    [
      [1, 833],
      [834, 833],
      [1_667, 834],
    ],
  );
  assert.deepEqual(
    shares.map(({ loginsPerSecond, crowd, seed }) => [loginsPerSecond, crowd, seed]),
    [7, 8, 9].map((seed) => [30, 2_500, seed]),
  );
  assert.equal(sharesOf({ ...PLAN, count: 1_000 }, 1_000).length, 1);
});

function share(count: number, rtts: readonly number[], bytes: number): Parameters<typeof sumUp>[0][number] {
  const [rtt, see] = [new Histogram(), new Histogram()];
  for (const each of rtts) rtt.add(each);
  const none = { rttMsP50: 0, rttMsP99: 0, seeMsP50: 0, seeMsP99: 0 };
  const summary: BotSummary = {
    event: "summary",
    count,
    loggedIn: count - 1,
    errors: 2,
    disconnects: 3,
    putBack: 4,
    ...none,
    bytesPerClientPerSecond: bytes,
  };
  return { summary, rtt: rtt.toBins(), see: see.toBins() };
}

test("bot threads: the sum is what one would have measured (a slow thread and a fast one)", () => {
  const slow = Array.from({ length: 10 }, () => 99.95);
  const fast = Array.from({ length: 90 }, () => 9.95);
  const sum = sumUp([share(100, slow, 400), share(300, fast, 800)]);
  const { rttMsP50, rttMsP99, seeMsP50, bytesPerClientPerSecond } = sum;
  assert.deepEqual([rttMsP50, rttMsP99, seeMsP50, bytesPerClientPerSecond], [10, 100, 0, 700]);
  assert.deepEqual([sum.count, sum.loggedIn, sum.errors, sum.disconnects, sum.putBack], [400, 398, 4, 6, 8]);
});

test("bot threads: progress adds up, error codes too", () => {
  const line = { event: "progress", second: 4, loggedIn: 10, errors: 1, disconnects: 0, seeMsP99: 5 } as const;
  const sum = sumUpProgress([
    { ...line, errorCodes: { CLIENT_SLOW: 1 } },
    { ...line, second: 5, seeMsP99: 7, errorCodes: { CLIENT_SLOW: 2, RPC_TIMEOUT: 1 } },
  ]);
  assert.deepEqual(sum, {
    event: "progress",
    second: 5,
    loggedIn: 20,
    errors: 2,
    disconnects: 0,
    seeMsP99: 7,
    errorCodes: { CLIENT_SLOW: 3, RPC_TIMEOUT: 1 },
  });
});

test("bot threads: a thread's refusal is the command's (an unknown profile)", async () => {
  const isInvalid = (error: unknown) => error instanceof AeonError && error.code === "CONFIG_INVALID";
  await assert.rejects(runBotThreads({ ...PLAN, profile: "dance" }, {}), isInvalid);
  await assert.rejects(runBotThreads({ ...PLAN, profile: "dance", count: 1 }, {}), isInvalid);
});
