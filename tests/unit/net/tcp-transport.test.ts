import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { type TestContext, test } from "node:test";
import { silentLog } from "../../../engine/base/log.js";
import { Metrics } from "../../../engine/base/metrics.js";
import { systemRandom } from "../../../engine/base/random.js";
import { realScheduler } from "../../../engine/base/real-scheduler.js";
import { defaultConfig } from "../../../engine/config/config.js";
import { createLinkHost } from "../../../engine/net/link-host.js";
import { createTcpTransport } from "../../../engine/net/tcp-transport.js";
import type { Connection } from "../../../engine/net/transport.js";
import { countTo, LinkRecord } from "./link-fixture.js";

const LOOPBACK = { host: "127.0.0.1", port: 0 };

interface Pair {
  readonly near: Connection;
  readonly far: Connection;
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

async function pair(t: TestContext): Promise<Pair> {
  const transport = createTcpTransport();
  const { promise: farEnd, resolve } = withResolvers<Connection>();
  const listener = await transport.listen(LOOPBACK, resolve);
  const near = transport.connect(listener.address);
  await new Promise<void>((opened) => {
    near.onOpen = opened;
  });
  const far = await farEnd;
  t.after(async () => {
    near.close();
    far.close();
    await listener.close();
  });
  return { near, far };
}

function frames(connection: Connection, count: number): Promise<Uint8Array[]> {
  return new Promise((resolve) => {
    const got: Uint8Array[] = [];
    connection.onFrame = (frame) => {
      got.push(frame.slice());
      if (got.length === count) resolve(got);
    };
  });
}

function closed(connection: Connection): Promise<string> {
  return new Promise((resolve) => {
    connection.onClose = resolve;
  });
}

test("tcp: frames of all sizes arrive whole and in order, and the sender may reuse its bytes", async (t) => {
  const { near, far } = await pair(t);
  const sizes = [0, 1, 5, 1_000, 70_000, 1_000_000, 3];
  const arrived = frames(far, sizes.length);
  const scratch = new Uint8Array(1_000_000);
  for (const [i, size] of sizes.entries()) {
    scratch.fill(i + 1);
    near.send(scratch.subarray(0, size));
  }
  const got = await arrived;
  assert.deepEqual(
    got.map((frame) => frame.length),
    sizes,
  );
  for (const [i, frame] of got.entries()) assert.ok(frame.every((byte) => byte === i + 1));
});

test("tcp: closing reports once at each end, after what was sent", async (t) => {
  const { near, far } = await pair(t);
  const arrived = frames(far, 1);
  const nearClosed = closed(near);
  const farClosed = closed(far);
  near.send(Uint8Array.of(7));
  near.close("done");
  near.close("again");
  assert.equal(near.state, "closed");
  assert.equal(await nearClosed, "done");
  assert.deepEqual(await arrived, [Uint8Array.of(7)]);
  await farClosed;
  assert.equal(far.state, "closed");
});

test("tcp: a frame above the receiver's bound closes the connection (bound lowered on a running connection)", async (t) => {
  const { near, far } = await pair(t);
  far.frameBytesMax = 1_024;
  const farClosed = closed(far);
  const nearClosed = closed(near);
  far.onFrame = () => assert.fail("too large");
  near.send(new Uint8Array(1_025));
  assert.match(await farClosed, /larger than 1024/);
  await nearClosed;
});

test("tcp: connecting where nobody listens reports a close", async () => {
  const transport = createTcpTransport();
  const listener = await transport.listen(LOOPBACK, () => undefined);
  await listener.close();
  const connection = transport.connect(listener.address);
  assert.match(await closed(connection), /ECONNREFUSED/);
});

test("tcp: a port in use is refused (CLUSTER_PORT_IN_USE)", async () => {
  const transport = createTcpTransport();
  const listener = await transport.listen(LOOPBACK, () => undefined);
  await assert.rejects(
    transport.listen(listener.address, () => undefined),
    { code: "CLUSTER_PORT_IN_USE" },
  );
  await listener.close();
});

function realHost(t: TestContext, name: string, secret = "the secret of this test") {
  const host = createLinkHost({
    transport: createTcpTransport(),
    scheduler: realScheduler,
    random: systemRandom,
    log: silentLog,
    metrics: new Metrics(),
    clusterName: "test",
    secret,
    self: { kind: "game", name, incarnation: 0 },
    config: { ...defaultConfig().link, redialMs: 10 },
  });
  t.after(() => host.close("done"));
  return host;
}

test("link over tcp: 20,000 messages arrive in order in each direction", async (t) => {
  const server = realHost(t, "server");
  const client = realHost(t, "client");
  const taken = withResolvers<LinkRecord>();
  server.onLink = (link) => taken.resolve(new LinkRecord(link));
  const dialled = new LinkRecord(client.dial(await server.listen(LOOPBACK), { kind: "game", incarnation: 0 }));
  const accepted = await taken.promise;
  const numbers = countTo(20_000);
  for (const number of numbers) {
    dialled.send(number, 40);
    accepted.send(number, 40);
  }
  while (dialled.numbers.length < numbers.length || accepted.numbers.length < numbers.length) {
    await new Promise<void>((turn) => realScheduler.defer(turn));
  }
  assert.deepEqual(dialled.numbers, numbers);
  assert.deepEqual(accepted.numbers, numbers);
});

test("link over tcp: another secret is refused (LINK_AUTH_FAILED)", async (t) => {
  const server = realHost(t, "server");
  const client = realHost(t, "client", "another secret, as long");
  const link = client.dial(await server.listen(LOOPBACK), { kind: "game", incarnation: 0 });
  const reason = await new Promise<string>((resolve) => {
    link.onState = (_state, why) => resolve(why);
  });
  assert.match(reason, /^LINK_AUTH_FAILED/);
});

test("link over tcp: a stray peer that speaks HTTP is closed without an answer", async (t) => {
  const server = realHost(t, "server");
  const address = await server.listen(LOOPBACK);
  const answer = await new Promise<string>((resolve) => {
    const socket = createConnection({ host: address.host, port: address.port });
    let text = "";
    socket.on("data", (chunk) => {
      text += String(chunk);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(text));
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  });
  assert.equal(answer, "");
});
