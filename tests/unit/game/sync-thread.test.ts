import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "../../../engine/base/log.js";
import { Metrics } from "../../../engine/base/metrics.js";
import { systemRandom } from "../../../engine/base/random.js";
import { realScheduler } from "../../../engine/base/real-scheduler.js";
import { parseConfig } from "../../../engine/config/config.js";
import { createLinkHost } from "../../../engine/net/link-host.js";
import { createTcpTransport } from "../../../engine/net/tcp-transport.js";
import type { Address } from "../../../engine/net/transport.js";
import { OpLog } from "../../../engine/property/op-log.js";
import { PropertyTree } from "../../../engine/property/properties.js";
import { ALL_SCOPES } from "../../../engine/property/scopes.js";
import { ClientFramesReader } from "../../../engine/protocol/client-frames.js";
import { StreamToGate } from "../../../engine/protocol/game-link.js";
import { dispatcher } from "../../../engine/protocol/message.js";
import { WakeFlag } from "../../../engine/worker/wake-flag.js";
import type { FromStream, StreamSetup } from "../../../game/stream-messages.js";
import { openSyncThread } from "../../../game/sync-thread.js";
import { ClientMirror } from "./sync/client-mirror.js";
import { ACCOUNT, idOf, testDefinitions } from "./sync/test-game.js";

const SECRET = "a secret of sixteen";
const GAME = 2 ** 41;
const GATE = 2 ** 41 + 1;
const SLOT = 3;
const HANDLE = 8;

function setUp(definitions = testDefinitions().toJson(ALL_SCOPES)) {
  const log = new OpLog({ bytes: 65_536, shared: true });
  const wake = WakeFlag.make();
  const config = parseConfig({ cluster: { secret: SECRET } });
  const setup: StreamSetup = {
    stream: 1,
    name: "game1",
    config,
    secret: SECRET,
    definitions,
    ring: log.buffer,
    wake: wake.buffer,
  };
  return { log, wake, config, port: openSyncThread(setup) };
}

test("sync thread: reads the ring, serves a gate that dials it, and ends in order behind what it was told", async () => {
  const { log, wake, config, port } = setUp();
  let handleDrained: () => void = () => undefined;
  const drained = new Promise<void>((resolve) => (handleDrained = resolve));
  const address = await new Promise<Address>((resolve) => {
    port.onMessage = (message: FromStream) => {
      if (message.kind === "listening") resolve(message.address);
      if (message.kind === "drained") handleDrained();
    };
  });
  port.post({ kind: "self", self: { kind: "game", name: "game1", incarnation: GAME } });
  const gate = createLinkHost({
    transport: createTcpTransport(),
    scheduler: realScheduler,
    random: systemRandom,
    log: silentLog,
    metrics: new Metrics(),
    clusterName: config.cluster.name,
    secret: SECRET,
    self: { kind: "gate", name: "gate1", incarnation: GATE },
    config: config.link,
  });
  const link = gate.dial(address, { kind: "game", incarnation: GAME });
  await new Promise<void>((resolve) => {
    link.onState = (state) => state === "up" && resolve();
  });

  const mirror = new ClientMirror();
  const kicked = new Promise<string>((resolve) => {
    link.onMessage = dispatcher(StreamToGate, {
      clientFrames: ({ payload }) => readFrames(mirror, payload),
      clientKick: ({ code }) => resolve(code),
      clientBind: () => undefined,
      streamSwitch: () => undefined,
    });
  });
  const definition = testDefinitions().byId(ACCOUNT);
  assert.ok(definition !== undefined);
  const tree = new PropertyTree(definition);
  tree.attach(log, SLOT, idOf(SLOT));
  log.clientAttach(SLOT, GATE, HANDLE, 1, "");
  tree.set("gold", 77);
  log.flush();
  if (wake.mustWake()) port.post({ kind: "wake" });
  log.clientKick(SLOT, "CLIENT_KICKED", "enough");
  log.flush();
  port.post({ kind: "drain" });
  assert.equal(await kicked, "CLIENT_KICKED");
  assert.equal(mirror.ownPlain().gold, 77);
  await drained;

  const ended = new Promise<Error | null>((resolve) => {
    port.onEnd = resolve;
  });
  port.post({ kind: "stop" });
  assert.equal(await ended, null);
  await gate.close("done");
});

test("sync thread: one that cannot work ends with an error", async () => {
  const { port } = setUp("{");
  const error = await new Promise<Error | null>((resolve) => {
    port.onEnd = resolve;
  });
  assert.match(error?.message ?? "", /definitions are not JSON/);
});

function readFrames(mirror: ClientMirror, payload: Uint8Array): void {
  const reader = new ClientFramesReader();
  reader.begin(payload.slice());
  while (reader.next()) {
    assert.equal(reader.handle, HANDLE);
    const bodies = new Uint8Array(reader.bodyBytes);
    reader.copyBodies(bodies, 0);
    mirror.readBodies(bodies);
  }
}
