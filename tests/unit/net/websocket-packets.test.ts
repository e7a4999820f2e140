/** A server's end under a peer that reads late, on real sockets: pooled packets are written past `ws`. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createConnection } from "node:net";
import { type TestContext, test } from "node:test";
import { WebSocket } from "ws";
import { silentLog } from "../../../engine/base/log.js";
import { type PacketBuffer, PacketPool } from "../../../engine/net/packet-buffer.js";
import type { Connection } from "../../../engine/net/transport.js";
import { createWebSocketListener } from "../../../engine/net/websocket-server.js";

const LARGE_BYTES = 60_000;
const PACKET_COUNT = 2_100;

async function listen(t: TestContext): Promise<{ port: number; accepted: Connection[] }> {
  const accepted: Connection[] = [];
  const listener = await createWebSocketListener({
    httpHandler: () => ({ status: 404, type: "text/plain", body: "" }),
    allowedOrigins: [],
    maxFrameBytes: 65_536,
    log: silentLog,
  }).listen({ host: "127.0.0.1", port: 0 }, (connection) => accepted.push(connection));
  t.after(() => listener.close());
  return { port: listener.address.port, accepted };
}

async function connect(t: TestContext): Promise<{ near: WebSocket; far: Connection }> {
  const { port, accepted } = await listen(t);
  const near = new WebSocket(`ws://127.0.0.1:${port}`);
  await once(near, "open");
  const far = accepted[0];
  assert.ok(far);
  return { near, far };
}

function packetOf(pool: PacketPool, length: number, filling: number): PacketBuffer {
  const packet = pool.take(length + 100);
  packet.start = 50;
  packet.end = 50 + length;
  packet.bytes.fill(filling, packet.start, packet.end);
  return packet;
}

test("websocket packets: held until the system has them; a peer that reads late gets each as it was (back-pressure)", async (t) => {
  const { near, far } = await connect(t);
  const pool = new PacketPool();
  near.pause();
  const packets: PacketBuffer[] = [];
  // Larger than any socket buffer together, so that one is written in part and the rest waits.
  for (let i = 0; i < PACKET_COUNT; i++) {
    const packet = packetOf(pool, i % 7 === 0 ? LARGE_BYTES : 10 + i, i & 0xff);
    far.sendPacket?.(packet);
    packet.release();
    packets.push(packet);
  }
  assert.ok(packets.at(-1)?.isHeld);
  assert.ok(far.bufferedBytes > LARGE_BYTES);
  const held = packets.filter((packet) => packet.isHeld);
  for (let i = 0; i < PACKET_COUNT; i++) {
    const other = pool.take(LARGE_BYTES + 100);
    assert.ok(!held.includes(other), "a packet that waits was given to somebody else");
    other.bytes.fill(0xff);
  }
  const arrived: Buffer[] = [];
  const all = new Promise<void>((resolve) => {
    near.on("message", (data: Buffer) => {
      arrived.push(data);
      if (arrived.length === PACKET_COUNT) resolve();
    });
  });
  near.resume();
  await all;
  arrived.forEach((data, i) => {
    assert.equal(data.length, i % 7 === 0 ? LARGE_BYTES : 10 + i);
    assert.ok(data.every((byte) => byte === (i & 0xff)));
  });
  assert.equal(far.bufferedBytes, 0);
  assert.ok(
    packets.every((packet) => !packet.isHeld),
    "all were let go",
  );
});

test("websocket packets: a connection that is cut lets go of what it could not write", async (t) => {
  const { near, far } = await connect(t);
  const pool = new PacketPool();
  near.pause();
  const packets = Array.from({ length: 300 }, (_, i) => packetOf(pool, LARGE_BYTES, i & 0xff));
  for (const packet of packets) {
    far.sendPacket?.(packet);
    packet.release();
  }
  assert.ok(packets.at(-1)?.isHeld);
  const closed = new Promise<void>((resolve) => {
    far.onClose = () => resolve();
  });
  near.terminate();
  await closed;
  assert.ok(packets.every((packet) => !packet.isHeld));
  const late = packetOf(pool, 10, 1);
  far.sendPacket?.(late);
  late.release();
  assert.ok(!late.isHeld, "nothing is sent on a closed connection");
});

test("websocket packets: messages, packets and the pongs of ws keep their order and shape", async (t) => {
  const { near, far } = await connect(t);
  const pool = new PacketPool();
  const arrived: string[] = [];
  near.on("message", (data: Buffer) => arrived.push(`${data.length}:${data[0]}`));
  near.on("pong", (data) => arrived.push(`pong:${data}`));
  const taken: number[] = [];
  far.onFrame = (bytes) => taken.push(...bytes);
  near.send(Uint8Array.of(1));
  near.ping("a");
  near.send(Uint8Array.of(2), { fin: false });
  near.ping("b");
  near.send(Uint8Array.of(3), { fin: true });
  near.send(Uint8Array.of(4));
  await once(near, "pong");
  for (const length of [0, 1, 125, 126, 65_535, 65_536]) {
    far.send(new Uint8Array(length).fill(1));
    const packet = packetOf(pool, length, 2);
    far.sendPacket?.(packet);
    packet.release();
  }
  far.close("done");
  const [code, reason] = (await once(near, "close")) as [number, Buffer];
  assert.deepEqual(taken, [1, 2, 3, 4]);
  assert.deepEqual(
    arrived,
    [
      ["pong:a", "pong:b"],
      ["0:undefined", "0:undefined"],
      ...[1, 125, 126, 65_535, 65_536].map((length) => [`${length}:1`, `${length}:2`]),
    ].flat(),
  );
  assert.equal(code, 1000);
  assert.equal(String(reason), "done");
});

test("websocket packets: a message behind the peer's close frame is not taken, also in the same chunk", async (t) => {
  const { port, accepted } = await listen(t);
  const socket = createConnection({ host: "127.0.0.1", port });
  const key = "dGhlIHNhbXBsZSBub25jZQ==";
  const head = ["GET / HTTP/1.1", "Host: a", "Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Key: ${key}`];
  socket.write([...head, "Sec-WebSocket-Version: 13", "", ""].join("\r\n"));
  await once(socket, "data");
  const far = accepted[0];
  assert.ok(far);
  const taken: number[] = [];
  far.onFrame = (bytes) => taken.push(...bytes);
  const closed = new Promise<string>((resolve) => {
    far.onClose = resolve;
  });
  const message = (byte: number) => [0x82, 0x81, 0, 0, 0, 0, byte];
  const closeFrame = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8];
  socket.write(Uint8Array.from([...message(1), ...closeFrame, ...message(2)]));
  assert.equal(await closed, "status 1000");
  assert.deepEqual(taken, [1]);
  socket.destroy();
});
