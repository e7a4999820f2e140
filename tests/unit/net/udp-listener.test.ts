/** The UDP end over the system's sockets: a gate's listener and the SDK's connections on loopback. */
import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { type TestContext, test } from "node:test";
import {
  connectKcp,
  type KcpOptions,
  kcpUrlOf,
  nodeTransport,
  parseKcpUrl,
} from "../../../client/node/kcp-transport.js";
import { bytesToBase64Url } from "../../../engine/base/ids.js";
import { callbackLog } from "../../../engine/base/log.js";
import { Metrics } from "../../../engine/base/metrics.js";
import { systemRandom } from "../../../engine/base/random.js";
import { realScheduler } from "../../../engine/base/real-scheduler.js";
import { parseConfig } from "../../../engine/config/config.js";
import { nodeSeal } from "../../../engine/net/node-seal.js";
import { gateKeyPair } from "../../../engine/net/seal.js";
import type { Connection, Listener } from "../../../engine/net/transport.js";
import { createUdpListener } from "../../../engine/net/udp-listener.js";
import { patternBytes, SECRET } from "./udp-rig.js";

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));
const staticKey = gateKeyPair(nodeSeal, SECRET);

async function serve(t: TestContext, gate: Record<string, unknown> = {}, host = "127.0.0.1") {
  const logged: Record<string, unknown>[] = [];
  const config = parseConfig({ gate }).gate;
  const transport = createUdpListener({
    config,
    scheduler: realScheduler,
    random: systemRandom,
    primitives: nodeSeal,
    log: callbackLog((_, event, data) => logged.push({ event, ...data })),
    metrics: new Metrics(),
    staticKey,
    secret: SECRET,
    frameBytesMax: 1_048_576,
    admits: () => true,
  });
  const onConnection = (connection: Connection) => {
    connection.onFrame = (frame) => connection.send(frame);
  };
  const listener: Listener = await transport.listen({ host, port: 0 }, onConnection);
  t.after(() => listener.close());
  return { listener, transport, logged, port: listener.address.port };
}

/** Opens, sends the frames and resolves with as many as came back. */
function echo(url: string, frames: readonly Uint8Array[], options: KcpOptions = {}): Promise<Uint8Array[]> {
  return new Promise((resolve, reject) => {
    const connection = connectKcp(url, options);
    const back: Uint8Array[] = [];
    connection.onOpen = () => {
      for (const frame of frames) connection.send(frame);
    };
    connection.onFrame = (frame) => {
      back.push(frame.slice());
      if (back.length === frames.length) connection.close("done");
    };
    connection.onClose = (reason) => (reason === "done" ? resolve(back) : reject(new Error(reason)));
  });
}

const FRAMES = [patternBytes(1, 10), patternBytes(2, 70_000), patternBytes(3, 0), patternBytes(4, 1_200)];

for (const [host, named] of [
  ["127.0.0.1", "127.0.0.1"],
  ["::1", "[::1]"],
  ["::", "127.0.0.1"],
] as const) {
  test(`udp listener: frames come back over the system's sockets (listening at ${host}, reached by ${named})`, async (t) => {
    if (host.includes(":") && !hasIpv6) {
      t.skip("this machine has no IPv6");
      return;
    }
    const { port, logged } = await serve(t, {}, host);
    for (const seal of ["aes", "chacha", "none"] as const) {
      assert.deepEqual(await echo(`kcp://${named}:${port}?seal=${seal}`, FRAMES), FRAMES);
    }
    const [line] = logged.filter(({ event }) => event === "udp.listening");
    assert.ok((line?.receiveBufferBytes as number) > 0, "what the system gave is logged");
    assert.equal(line?.gateKey, bytesToBase64Url(staticKey.publicKey));
  });
}

test("udp listener: the pinned key of the log is this gate's, another one is not", async (t) => {
  const { port } = await serve(t);
  const key = bytesToBase64Url(staticKey.publicKey);
  assert.deepEqual(await echo(`kcp://127.0.0.1:${port}?key=${key}`, FRAMES), FRAMES);
  const other = bytesToBase64Url(patternBytes(1, 32));
  const refused = connectKcp(`kcp://127.0.0.1:${port}`, { gateKey: other });
  const isOpen = await new Promise((resolve) => {
    refused.onOpen = () => resolve(true);
    realScheduler.setTimer(300, () => resolve(false));
  });
  refused.close();
  assert.equal(isOpen, false);
});

test("udp listener: a port in use is said so", async (t) => {
  const { transport, listener } = await serve(t);
  await assert.rejects(
    transport.listen(listener.address, () => undefined),
    { code: "CLUSTER_PORT_IN_USE" },
  );
});

test("udp listener: closing tells its clients, and its port is free again", async (t) => {
  const { listener, transport } = await serve(t);
  const connection = connectKcp(`kcp://127.0.0.1:${listener.address.port}`);
  const closed = new Promise((resolve) => {
    connection.onClose = resolve;
  });
  await new Promise<void>((resolve) => {
    connection.onOpen = () => connection.send(patternBytes(1, 5));
    connection.onFrame = () => resolve();
  });
  await listener.close();
  assert.equal(await closed, "CLIENT_SHUTDOWN");
  const again = await transport.listen(listener.address, () => undefined);
  await again.close();
});

test("kcp url: host, port, key and seal are read, anything else is refused", () => {
  assert.deepEqual(parseKcpUrl("kcp://example.org:7711"), { host: "example.org", port: 7711, gateKey: "", seal: "" });
  assert.deepEqual(parseKcpUrl("kcp://[::1]:7711?key=abc&seal=none"), {
    host: "::1",
    port: 7711,
    gateKey: "abc",
    seal: "none",
  });
  for (const url of ["kcp://host", "ws://host:1", "", "kcp://:1", "kcp://host:0", "nonsense"])
    assert.throws(() => parseKcpUrl(url), { code: "CONFIG_INVALID" }, url);
  assert.throws(() => connectKcp("kcp://127.0.0.1:1?seal=rot13"), { code: "CONFIG_INVALID" });
  assert.throws(() => connectKcp("kcp://127.0.0.1:1?key=AAAA"), { code: "CONFIG_INVALID" });
  assert.equal(kcpUrlOf("ws://127.0.0.1:7711"), "kcp://127.0.0.1:7711");
  assert.equal(kcpUrlOf("wss://play.example.org"), null);
});

test("node transport: auto goes over UDP, and over WebSocket where UDP came to nothing", async (t) => {
  const { port } = await serve(t);
  const dialled: string[] = [];
  const webSocket = (url: string): Connection => {
    dialled.push(url);
    return connectKcp("kcp://127.0.0.1:1");
  };
  const transport = nodeTransport("auto", { webSocket });
  const first = transport(`ws://127.0.0.1:${port}`);
  await new Promise<void>((resolve) => {
    first.onOpen = resolve;
  });
  first.close();
  assert.deepEqual(dialled, []);
  const deaf = transport("ws://127.0.0.1:9");
  deaf.close();
  transport("ws://127.0.0.1:9").close();
  assert.deepEqual(dialled, ["ws://127.0.0.1:9"]);
});
