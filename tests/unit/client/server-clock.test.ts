import assert from "node:assert/strict";
import { test } from "node:test";
import { ServerClock } from "../../../client/server-clock.js";
import { SeededRandom } from "../../../engine/base/random.js";

const OFFSET_MS = 1_700_000_000_000;

test("server clock: the estimate is within its own error of the truth (random delays both ways, drift 50 ppm)", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = new SeededRandom(seed);
    const clock = new ServerClock();
    const truth = (nowMs: number) => OFFSET_MS + nowMs * 1.000_05;
    let nowMs = 0;
    for (let beat = 0; beat < 60; beat++) {
      const sentMs = nowMs;
      const answeredMs = sentMs + random.next() * 80;
      nowMs = answeredMs + random.next() * 80;
      clock.observeReply(sentMs, truth(answeredMs), nowMs);
      const tickSentMs = nowMs;
      nowMs += random.next() * 60;
      clock.observeSent(truth(tickSentMs), nowMs);
      nowMs += 2_000;
      if (beat < 3) continue;
      const error = Math.abs(clock.serverMs(nowMs) - truth(nowMs));
      assert.ok(error <= clock.errorMs(nowMs) + 1e-6, `seed ${seed}: off by ${error}, says ${clock.errorMs(nowMs)}`);
      assert.ok(clock.errorMs(nowMs) < 80);
    }
  }
});

test("server clock: reading never goes back (the server's clock is set back by 5 s)", () => {
  const clock = new ServerClock();
  clock.observeReply(0, OFFSET_MS + 10, 20);
  let last = clock.serverMs(20);
  clock.observeReply(1_000, OFFSET_MS - 4_000, 1_020);
  for (let nowMs = 1_020; nowMs < 14_000; nowMs += 100) {
    const read = clock.serverMs(nowMs);
    assert.ok(read >= last);
    last = read;
  }
  assert.ok(Math.abs(last - (OFFSET_MS - 5_000 + 13_920)) < 100, "it has come to the new time by running slower");
});

test("server clock: a large step forward is taken at once (the server's clock is set ahead by 5 s)", () => {
  const clock = new ServerClock();
  clock.observeReply(0, OFFSET_MS + 10, 20);
  clock.serverMs(20);
  clock.observeReply(1_000, OFFSET_MS + 6_010, 1_020);
  assert.ok(Math.abs(clock.serverMs(1_020) - (OFFSET_MS + 6_020)) <= 15);
});

test("server clock: a tick moves the estimate up (it arrived before the estimate says it was sent)", () => {
  const clock = new ServerClock();
  clock.observeReply(0, OFFSET_MS, 100);
  assert.equal(clock.errorMs(100), 50);
  clock.observeSent(OFFSET_MS + 80, 100);
  assert.ok(clock.errorMs(100) <= 10 + 1e-3);
  assert.ok(clock.serverMs(100) >= OFFSET_MS + 80);
});

test("server clock: the error is infinite and time is local (nothing heard)", () => {
  const clock = new ServerClock();
  assert.equal(clock.errorMs(5), Number.POSITIVE_INFINITY);
  assert.equal(clock.serverMs(5), 5);
});
