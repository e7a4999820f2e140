/** Clients and gates that encrypt, over a line on which somebody may sit. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteWriter } from "../../../engine/base/bytes.js";
import { bytesToBase64Url } from "../../../engine/base/ids.js";
import { nodeSeal } from "../../../engine/net/node-seal.js";
import { gateKeyPair } from "../../../engine/net/seal.js";
import { UpstreamBody } from "../../../engine/protocol/client-link.js";
import { encodeMessage } from "../../../engine/protocol/message.js";
import { FAR, type Line, setUp, staticKey } from "./gate-line.js";

const NEAR = "ws://127.0.0.1:7711";
const WSS = "wss://203.0.113.1";
const PINNED = bytesToBase64Url(staticKey.publicKey);

const isPlain = (line: Line) => line.up.some((frame) => frame[0] === 1);
const holds = (frames: readonly Uint8Array[], words: string) =>
  frames.some((frame) => Buffer.from(frame).includes(words));

function secretMessage(): Uint8Array {
  const writer = new ByteWriter();
  const args = new TextEncoder().encode("up the hill");
  encodeMessage(writer, UpstreamBody.entityCall, { target: 0, generation: 0, method: 1, callId: 0, arguments: args });
  return writer.copy();
}

test("sealed transport: what both ends say reaches the other, and the line never sees it (auto, another machine)", async () => {
  const one = setUp({}, {});
  await one.online();
  one.session.send(secretMessage());
  one.game.frames(1, 1, [...new TextEncoder().encode("down the hill")]);
  assert.ok(await one.until(() => one.bodies.length > 0 && one.game.count("clientMessage") > 0));
  assert.deepEqual(one.bodies, ["down the hill"]);
  assert.equal(isPlain(one.line), false);
  for (const frames of [one.line.up, one.line.down]) assert.equal(holds(frames, "the hill"), false);
  const token = (one.session as unknown as { token: Uint8Array }).token;
  assert.equal(holds(one.line.down, Buffer.from(token).toString("latin1")), false);
});

test("sealed transport: on loopback, on wss and when it is off nothing is encrypted", async () => {
  for (const [client, place] of [
    [{}, { urls: [NEAR] }],
    [{}, { urls: [WSS] }],
    [{ encryption: "off" }, { urls: [FAR] }],
  ] as const) {
    const one = setUp({}, client, place);
    await one.online();
    assert.equal(isPlain(one.line), true);
  }
});

test("sealed transport: a gate that demands it gets it on loopback too, wss is enough, a client that must not is told", async () => {
  const near = setUp({ encryption: "required" }, {}, { urls: [NEAR] });
  await near.online();
  assert.equal(near.dialled.length, 2);
  const wss = setUp({ encryption: "required" }, {}, { urls: [WSS] });
  await wss.online();
  assert.equal(wss.dialled.length, 1);
  const off = setUp({ encryption: "required" }, { encryption: "off" });
  off.session.open();
  await off.until(() => off.closed.length > 0);
  assert.deepEqual(off.closed, ["CLIENT_ENCRYPTION"]);
});

test("sealed transport: a gate that does not encrypt is taken as it is by auto, never by `on` or with a pinned key", async () => {
  const auto = setUp({ encryption: "off" }, {});
  await auto.online();
  for (const client of [{ encryption: "on" }, { gateKey: PINNED }] as const) {
    const strict = setUp({ encryption: "off" }, client);
    strict.session.open();
    await strict.until(() => false, 30_000);
    assert.equal(strict.session.state, "connecting");
    assert.equal(isPlain(strict.line), false);
    assert.equal(strict.session.lastError?.code, "CLIENT_ENCRYPTION");
  }
});

test("sealed transport: the gate that is pinned is believed, another is not", async () => {
  await setUp({}, { gateKey: PINNED }).online();
  const other = setUp({}, { gateKey: bytesToBase64Url(gateKeyPair(nodeSeal, "another secret of a gate").publicKey) });
  other.session.open();
  await other.until(() => false, 10_000);
  assert.equal(other.session.lastError?.code, "CLIENT_ENCRYPTION");
  assert.equal(isPlain(other.line), false);
  assert.throws(() => setUp({}, { gateKey: "AAAA" }), { code: "CONFIG_INVALID" });
});

test("sealed transport: a frame that is changed, repeated or dropped cuts the connection, and the session resumes without a loss", async () => {
  for (const tamper of [
    (frame: Uint8Array) => [frame.map((byte, at) => (at === 3 ? byte ^ 1 : byte))],
    (frame: Uint8Array) => [frame, frame],
    () => [],
  ]) {
    const one = setUp({}, {});
    await one.online();
    const victim = one.line.up.length + 1;
    one.line.onUp = (frame, number) => (number === victim ? tamper(frame) : [frame]);
    for (let i = 0; i < 5; i++) {
      one.session.send(secretMessage());
      await one.until(() => false, 50);
    }
    assert.ok(await one.until(() => one.game.count("clientMessage") === 5, 30_000), "all arrive");
    assert.ok(await one.until(() => one.session.state === "online", 30_000));
    assert.equal(one.session.stats.cuts, 1);
    assert.equal(one.metrics.counter("gate_seal_failures_total").value, 1);
    assert.equal(one.metrics.counter("gate_connections_sealed_total").value, 2);
    assert.equal(one.metrics.counter("gate_sessions_resumed_total").value, 1);
    await one.until(() => false, 5_000);
    assert.equal(one.game.count("clientMessage"), 5);
  }
});

test("sealed transport: a library that cannot be loaded is reported, and the connection closed", async () => {
  const one = setUp({}, { loadPrimitives: () => Promise.reject(new Error("404")) });
  one.session.open();
  await one.until(() => one.session.lastError !== null);
  assert.equal(one.session.lastError?.code, "CLIENT_ENCRYPTION");
  assert.match(String(one.session.lastError), /404/);
});
