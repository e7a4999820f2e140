/** What stands before a gate's WebSocket: TLS, reverse proxies, budgets. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { WebSocket } from "ws";
import { silentLog } from "../../../engine/base/log.js";
import type { Connection } from "../../../engine/net/transport.js";
import { createWebSocketListener, type WebSocketListenerOptions } from "../../../engine/net/websocket-server.js";
import { makeTestCertificate } from "./test-certificate.js";

const LOOPBACK = { host: "127.0.0.1", port: 0 };

async function serve(t: TestContext, options: Partial<WebSocketListenerOptions>) {
  const connections: Connection[] = [];
  const transport = createWebSocketListener({
    httpHandler: () => ({ status: 200, type: "text/plain", body: "page" }),
    allowedOrigins: [],
    maxFrameBytes: 1_000,
    log: silentLog,
    ...options,
  });
  const listener = await transport.listen(LOOPBACK, (connection) => connections.push(connection));
  t.after(() => listener.close());
  return { port: listener.address.port, connections };
}

/** The status that the upgrade was answered with: 101 when it opened. */
function upgrade(url: string, headers: Record<string, string> = {}): Promise<number> {
  const socket = new WebSocket(url, { headers, rejectUnauthorized: false });
  return new Promise((resolve) => {
    socket.on("open", () => {
      resolve(101);
      socket.terminate();
    });
    socket.on("unexpected-response", (_, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on("error", () => undefined);
  });
}

test("tls: clients use wss, the page https, and the connection counts as secure", async (t) => {
  const { port, connections } = await serve(t, { tls: makeTestCertificate() });
  const socket = new WebSocket(`wss://127.0.0.1:${port}`, { rejectUnauthorized: false });
  const answered = new Promise<Buffer>((resolve) => socket.on("message", (data) => resolve(data as Buffer)));
  await new Promise((resolve) => socket.on("open", resolve));
  const [connection] = connections;
  assert.equal(connection?.isSecure, true);
  const arrived = new Promise<Uint8Array>((resolve) => {
    if (connection !== undefined) connection.onFrame = (frame) => resolve(frame.slice());
  });
  socket.send(Uint8Array.of(1, 2, 3));
  assert.deepEqual([...(await arrived)], [1, 2, 3]);
  connection?.send(Uint8Array.of(4));
  assert.deepEqual([...(await answered)], [4]);
  socket.terminate();
});

test("tls: a certificate that is none is refused (CONFIG_INVALID)", async () => {
  const { key } = makeTestCertificate();
  const { cert: other } = makeTestCertificate();
  for (const tls of [
    { cert: new Uint8Array(3), key },
    { cert: other, key },
  ]) {
    const transport = createWebSocketListener({
      httpHandler: () => ({ status: 404, type: "text/plain", body: "" }),
      allowedOrigins: [],
      maxFrameBytes: 1_000,
      log: silentLog,
      tls,
    });
    await assert.rejects(async () => transport.listen(LOOPBACK, () => undefined), { code: "CONFIG_INVALID" });
  }
});

test("proxy: a trusted one's headers say who the client is and whether it came by TLS", async (t) => {
  const { port, connections } = await serve(t, { trustedProxies: ["127.0.0.1"] });
  const url = `ws://127.0.0.1:${port}`;
  for (const headers of [
    { "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https" },
    { "x-forwarded-for": "6.6.6.6, 203.0.113.7", "x-forwarded-proto": "http" },
    { "x-forwarded-for": "2001:db8::7", "x-forwarded-proto": "WSS" },
    { "x-forwarded-proto": "https, http" },
    {},
  ]) {
    assert.equal(await upgrade(url, headers as Record<string, string>), 101);
  }
  assert.deepEqual(
    connections.map(({ remote, isSecure }) => [remote, isSecure]),
    [
      ["203.0.113.7:0", true],
      ["203.0.113.7:0", false],
      ["[2001:db8::7]:0", true],
      ["127.0.0.1:0", false],
      ["127.0.0.1:0", false],
    ],
  );
});

test("proxy: a stranger's X-Forwarded-For and X-Forwarded-Proto change nothing", async (t) => {
  const { port, connections } = await serve(t, { trustedProxies: ["203.0.113.1"] });
  const headers = { "x-forwarded-for": "203.0.113.1, 127.0.0.1", "x-forwarded-proto": "wss" };
  assert.equal(await upgrade(`ws://127.0.0.1:${port}`, headers), 101);
  assert.match(connections[0]?.remote ?? "", /^127\.0\.0\.1:[1-9]\d*$/);
  assert.equal(connections[0]?.isSecure, false);
});

test("budget: who is over it is refused with 429 before the upgrade, under the address that the proxy says", async (t) => {
  const asked: string[] = [];
  const admits = (host: string) => {
    asked.push(host);
    return host !== "203.0.113.7";
  };
  const { port, connections } = await serve(t, { trustedProxies: ["127.0.0.1"], admits });
  const url = `ws://127.0.0.1:${port}`;
  assert.equal(await upgrade(url, { "x-forwarded-for": "203.0.113.7" }), 429);
  assert.equal(await upgrade(url, { "x-forwarded-for": "203.0.113.8" }), 101);
  assert.equal(await upgrade(url, { "x-forwarded-for": "203.0.113.8", origin: "http://evil.example" }), 403);
  assert.deepEqual(asked, ["203.0.113.7", "203.0.113.8"]);
  assert.equal(connections.length, 1);
});
