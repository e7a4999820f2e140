import assert from "node:assert/strict";
import { test } from "node:test";
import { PendingCalls } from "../../../client/pending-calls.js";
import { ByteWriter } from "../../../engine/base/bytes.js";
import { AeonError, ERRORS } from "../../../engine/base/errors.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";
import type { MethodDefinition } from "../../../engine/property/definition.js";
import { int32 } from "../../../engine/property/types.js";

const buy: MethodDefinition = { id: 1, name: "buy", args: [], returns: int32(), access: "exposed", reentrant: false };

function payload(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  write(writer);
  return writer.copy();
}

test("pending calls: a call ends by its time-out, and its late reply is dropped and counted", async () => {
  const scheduler = new VirtualScheduler();
  const calls = new PendingCalls(scheduler);
  const { callId, result } = calls.start(buy, 500);
  const rejected = assert.rejects(result, { code: "RPC_TIMEOUT" });
  await scheduler.run(501);
  await rejected;
  calls.settle(
    callId,
    "",
    payload((w) => w.i32(5)),
  );
  assert.equal(calls.lateCount, 1);
  assert.equal(calls.count, 0);
});

test("pending calls: an error reply rejects with its code and sentence, without the code's own sentence twice", async () => {
  const calls = new PendingCalls(new VirtualScheduler());
  const { callId, result } = calls.start(buy, 500);
  calls.settle(
    callId,
    "RPC_HANDLER_THREW",
    payload((w) => w.text(`RPC_HANDLER_THREW: ${ERRORS.RPC_HANDLER_THREW.text}: no gold`)),
  );
  await assert.rejects(result, (error: AeonError) => {
    assert.equal(error.code, "RPC_HANDLER_THREW");
    assert.equal(error.message, `RPC_HANDLER_THREW: ${ERRORS.RPC_HANDLER_THREW.text}: no gold`);
    return true;
  });
});

test("pending calls: a code of a newer server is kept in the sentence", async () => {
  const calls = new PendingCalls(new VirtualScheduler());
  const { callId, result } = calls.start(buy, 500);
  calls.settle(
    callId,
    "RPC_FROM_TOMORROW",
    payload((w) => w.text("soon")),
  );
  await assert.rejects(result, /RPC_FROM_TOMORROW soon/);
});

test("pending calls: a malformed result fails the call and is reported", async () => {
  const calls = new PendingCalls(new VirtualScheduler());
  const { callId, result } = calls.start(buy, 500);
  const rejected = assert.rejects(result, AeonError);
  assert.throws(() => calls.settle(callId, "", new Uint8Array(0)), AeonError);
  await rejected;
});

test("pending calls: their number is bounded", () => {
  const calls = new PendingCalls(new VirtualScheduler());
  for (let i = 0; i < 1_024; i++) calls.start(buy, 500).result.catch(() => undefined);
  assert.throws(() => calls.start(buy, 500), { code: "RPC_QUEUE_FULL" });
  calls.failAll(new AeonError("CLIENT_DISCONNECTED"));
  assert.equal(calls.count, 0);
});
