/** The load's WebSocket client against the server that the gates use. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { WebSocketServer } from "ws";
import { RawSocket } from "../../../bench/load/raw-socket.js";

test("raw socket: messages of all lengths come whole and go out as they are", async (t) => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  t.after(() => server.close());
  await once(server, "listening");
  const lengths = [1, 125, 126, 4_000, 65_535, 65_536, 200_000];
  server.on("connection", (socket) => {
    socket.on("message", (message: Buffer) => socket.send(message));
    for (const length of lengths) socket.send(Buffer.alloc(length, length % 251));
  });
  const socket = await RawSocket.connect("127.0.0.1", (server.address() as AddressInfo).port, "/");
  t.after(() => socket.close());
  const messages: { firstByte: number; length: number }[] = [];
  const arrived = (count: number) =>
    new Promise<void>((resolve) => {
      socket.onMessage = (firstByte, message) => {
        messages.push({ firstByte, length: message?.length ?? -1 });
        assert.ok(message === null || message.every((byte) => byte === firstByte));
        if (messages.length === count) resolve();
      };
    });
  await arrived(lengths.length);
  assert.deepEqual(
    messages,
    lengths.map((length) => ({ firstByte: length % 251, length })),
  );
  messages.length = 0;
  const echoed = arrived(2);
  socket.send(new Uint8Array(100).fill(7));
  socket.send(new Uint8Array(1_000).fill(8));
  await echoed;
  assert.deepEqual(messages, [
    { firstByte: 7, length: 100 },
    { firstByte: 8, length: 1_000 },
  ]);
});

test("raw socket: a server that does not switch is an error", async (t) => {
  const server = createServer();
  server.on("upgrade", (_, socket) => socket.end("HTTP/1.1 503 Service Unavailable\r\n\r\n"));
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  await assert.rejects(RawSocket.connect("127.0.0.1", (server.address() as AddressInfo).port, "/"), /503/);
});
