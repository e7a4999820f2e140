import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";
import { OpLog } from "../../../engine/property/op-log.js";
import { Scope } from "../../../engine/property/op-sink.js";
import { type FlushPolicy, TurnFlusher } from "../../../game/turn-flusher.js";

const S = Scope.ALL_CLIENTS;

function setUp(policy: FlushPolicy) {
  const scheduler = new VirtualScheduler();
  const log = new OpLog({ bytes: 65_536 });
  let ends = 0;
  const flusher = new TurnFlusher(scheduler, [log], policy, () => ends++);
  const sink = flusher.sinkOf(log);
  const write = () => sink.fieldSet(1, 0, 1, S, 5);
  return { scheduler, log, flusher, write, ends: () => ends };
}

test("flush: after each callback, and the turn ends once for all of them (callback)", async () => {
  const { scheduler, log, flusher, write, ends } = setUp("callback");
  write();
  assert.equal(log.sequence, 0);
  flusher.flush();
  assert.equal(log.sequence, 1);
  write();
  flusher.flush();
  assert.equal(log.sequence, 2);
  assert.equal(ends(), 0);
  await scheduler.run(1);
  assert.equal(ends(), 1);
});

test("flush: only at the tick's end (frame)", async () => {
  const { scheduler, log, flusher, write, ends } = setUp("frame");
  write();
  flusher.flush();
  flusher.touch();
  await scheduler.run(1);
  assert.equal(log.sequence, 0);
  flusher.flushFrame();
  assert.equal(log.sequence, 1);
  await scheduler.run(2);
  assert.equal(ends(), 2);
});

test("flush: each op as it is written (change)", async () => {
  const { scheduler, log, write, ends } = setUp("change");
  write();
  assert.equal(log.sequence, 1);
  write();
  assert.equal(log.sequence, 2);
  await scheduler.run(1);
  assert.equal(ends(), 1);
});

test("flush: what resumes after an await is published at the end of the turn in which it was settled", async () => {
  const { scheduler, log, flusher, write, ends } = setUp("callback");
  let resolve: () => void = () => undefined;
  const settled = new Promise<void>((done) => {
    resolve = done;
  });
  const handler = async () => {
    await settled;
    await Promise.resolve();
    write();
  };
  void handler();
  scheduler.setTimer(1, () => {
    resolve();
    flusher.touch();
  });
  await scheduler.run(1);
  assert.equal(log.sequence, 1);
  assert.equal(ends(), 1);
});
