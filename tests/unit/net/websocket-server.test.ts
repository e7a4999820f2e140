import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { WebSocket } from "ws";
import { connectWebSocket } from "../../../client/node/websocket-transport.js";
import { connectWebSocket as connectBrowserWebSocket } from "../../../client/websocket-transport.js";
import { silentLog } from "../../../engine/base/log.js";
import type { Connection, Listener } from "../../../engine/net/transport.js";
import { createWebSocketListener, type HttpRequest } from "../../../engine/net/websocket-server.js";

const LOOPBACK = { host: "127.0.0.1", port: 0 };
const MAX_FRAME_BYTES = 65_536;

interface Server {
  readonly listener: Listener;
  readonly url: string;
  readonly host: string;
  readonly next: () => Promise<Connection>;
}

async function serve(
  t: TestContext,
  allowedOrigins: readonly string[] = [],
  pagePorts: readonly number[] = [],
): Promise<Server> {
  const waiting: ((connection: Connection) => void)[] = [];
  const come: Connection[] = [];
  const transport = createWebSocketListener({
    httpHandler: (request: HttpRequest) => {
      if (request.path === "/throw") throw new Error("boom");
      return { status: 200, type: "text/plain", body: `you asked for ${request.path}` };
    },
    allowedOrigins,
    pagePorts: () => pagePorts,
    maxFrameBytes: MAX_FRAME_BYTES,
    log: silentLog,
  });
  const listener = await transport.listen(LOOPBACK, (connection) => {
    const taker = waiting.shift();
    if (taker === undefined) come.push(connection);
    else taker(connection);
  });
  const next = () =>
    new Promise<Connection>((resolve) => {
      const connection = come.shift();
      if (connection === undefined) waiting.push(resolve);
      else resolve(connection);
    });
  t.after(() => listener.close());
  const host = `127.0.0.1:${listener.address.port}`;
  return { listener, url: `ws://${host}`, host, next };
}

const opened = (connection: Connection) =>
  new Promise<void>((resolve) => {
    connection.onOpen = resolve;
  });
const closed = (connection: Connection) =>
  new Promise<string>((resolve) => {
    connection.onClose = resolve;
  });
const frame = (connection: Connection) =>
  new Promise<Uint8Array>((resolve) => {
    connection.onFrame = (bytes) => resolve(bytes.slice());
  });
const statusOf = (socket: WebSocket) =>
  new Promise<number>((resolve) => {
    socket.on("close", (code) => resolve(code));
    socket.on("error", () => undefined);
  });

// Node before 22 has no WebSocket of its own; the one of `ws` has the browser's interface.
globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket;

for (const [name, connect] of [
  ["node", connectWebSocket],
  ["browser", connectBrowserWebSocket],
] as const) {
  test(`websocket (${name} client): binary frames go both ways, and a close carries its reason`, async (t) => {
    const { url, next } = await serve(t);
    const near = connect(url);
    await opened(near);
    const far = await next();
    const arrived = frame(far);
    const scratch = Uint8Array.of(1, 2, 3);
    near.send(scratch);
    scratch.fill(0);
    assert.deepEqual([...(await arrived)], [1, 2, 3]);
    const answered = frame(near);
    far.send(new Uint8Array(100_000).fill(9));
    assert.equal((await answered).length, 100_000);
    const reason = closed(near);
    far.close("CLIENT_KICKED");
    assert.equal(far.state, "closed");
    assert.equal(await reason, "CLIENT_KICKED");
  });

  test(`websocket (${name} client): nobody there is reported by onClose`, async (t) => {
    const { listener, url } = await serve(t);
    await listener.close();
    const near = connect(url);
    await closed(near);
    assert.equal(near.state, "closed");
  });
}

test("websocket server: a message above the bound closes that connection with status 1009", async (t) => {
  const { url, next } = await serve(t);
  const socket = new WebSocket(url);
  const status = statusOf(socket);
  socket.on("open", () => socket.send(new Uint8Array(MAX_FRAME_BYTES + 1)));
  const far = await next();
  far.onFrame = () => assert.fail("too large");
  const farClosed = closed(far);
  assert.equal(await status, 1009);
  await farClosed;
});

test("websocket server: a text message closes that connection with status 1003", async (t) => {
  const { url, next } = await serve(t);
  const socket = new WebSocket(url);
  const status = statusOf(socket);
  socket.on("open", () => socket.send("hello"));
  (await next()).onFrame = () => assert.fail("text");
  assert.equal(await status, 1003);
});

async function tryOrigin(server: Server, origin: string | undefined): Promise<boolean> {
  const socket = new WebSocket(server.url, origin === undefined ? {} : { origin });
  return new Promise((resolve) => {
    socket.on("open", () => {
      socket.terminate();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

test("websocket server: own pages, listed pages and programs may connect, other pages may not", async (t) => {
  const server = await serve(t, ["https://game.example"]);
  assert.equal(await tryOrigin(server, undefined), true);
  assert.equal(await tryOrigin(server, `http://${server.host}`), true);
  assert.equal(await tryOrigin(server, "https://game.example"), true);
  assert.equal(await tryOrigin(server, "https://evil.example"), false);
  assert.equal(await tryOrigin(server, "http://127.0.0.1:1"), false);
  assert.equal(await tryOrigin(server, "null"), false);
  const open = await serve(t, ["*"]);
  assert.equal(await tryOrigin(open, "https://evil.example"), true);
});

test("websocket: pages of this host's other gates may connect, those of the same ports elsewhere may not", async (t) => {
  const server = await serve(t, [], [8712]);
  assert.equal(await tryOrigin(server, "http://127.0.0.1:8712"), true);
  assert.equal(await tryOrigin(server, "http://127.0.0.1:8713"), false);
  assert.equal(await tryOrigin(server, "http://evil.example:8712"), false);
});

test("websocket server: answers HTTP on the same port, and a failing handler with 500", async (t) => {
  const { host } = await serve(t);
  const response = await fetch(`http://${host}/page?x=1`);
  assert.equal(await response.text(), "you asked for /page?x=1");
  assert.equal(response.headers.get("content-type"), "text/plain");
  assert.equal((await fetch(`http://${host}/throw`)).status, 500);
});

test("websocket server: a port in use is refused (CLUSTER_PORT_IN_USE)", async (t) => {
  const { listener } = await serve(t);
  const second = createWebSocketListener({
    httpHandler: () => ({ status: 404, type: "text/plain", body: "" }),
    allowedOrigins: [],
    maxFrameBytes: MAX_FRAME_BYTES,
    log: silentLog,
  });
  await assert.rejects(
    second.listen(listener.address, () => undefined),
    { code: "CLUSTER_PORT_IN_USE" },
  );
});

test("websocket server: closing the listener closes the connections that are open", async (t) => {
  const { listener, url, next } = await serve(t);
  const near = connectWebSocket(url);
  await opened(near);
  await next();
  const nearClosed = closed(near);
  await listener.close();
  await nearClosed;
});
