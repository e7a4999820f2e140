/** Compression of what clients get: by size, by benefit, per connection, and again for what is sent again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateBounded } from "../../../client/inflate.js";
import { ByteReader } from "../../../engine/base/bytes.js";
import { SeededRandom } from "../../../engine/base/random.js";
import { GateToClient } from "../../../engine/protocol/client-link.js";
import { type FakeConnection, openGate, type Rig, type TestClient } from "./rig.js";

const words = [...new TextEncoder().encode("a slime, a wolf, a bear. ".repeat(60))];
const noise = [...new SeededRandom(3).bytes(1_500)];
const GATE = { compressionBytesMin: 512 };

async function online(gate: Record<string, unknown> = GATE, compression: "none" | "deflate" = "deflate") {
  const { rig, game } = openGate(gate);
  const client = rig.client();
  client.connect({ compression });
  await rig.pass(1);
  const say = async (...bodies: number[][]) => {
    game.frames(1, 1, ...bodies);
    await rig.pass(1);
  };
  return { rig, game, client, say };
}

function packetNames({ connection }: TestClient): string[] {
  return connection.names().filter((name) => name === "serverPacket" || name === "serverDeflated");
}

/** Bodies of the connection's compressed packets. */
function inflatedBodies(connection: FakeConnection): { sequence: number; bodies: number[] }[] {
  return connection.seen
    .filter(({ name }) => name === "serverDeflated")
    .map(({ value }) => {
      const packet = inflateBounded(value.deflated as Uint8Array, value.inflatedBytes as number);
      assert.equal(packet[0], GateToClient.serverPacket.id);
      const { sequence, bodies } = GateToClient.serverPacket.body.read(new ByteReader(packet, 1));
      return { sequence, bodies: [...bodies] };
    });
}

const counted = (rig: Rig) => ["deflate_tries", "packets_deflated"].map((name) => rig.counter(name));

test("compression: a packet that is large and shrinks goes compressed, and stands for the same packet", async () => {
  const { rig, client, say } = await online();
  await say(words);
  assert.deepEqual(packetNames(client), ["serverDeflated"]);
  assert.deepEqual(inflatedBodies(client.connection), [{ sequence: 1, bodies: words }]);
  assert.deepEqual(counted(rig), [1, 1]);
  assert.ok(rig.counter("deflate_saved_bytes") > words.length / 2);
});

test("compression: small packets, clients that cannot read it, and a gate that does not offer it stay plain", async () => {
  for (const [gate, compression, body] of [
    [GATE, "deflate", words.slice(0, 400)],
    [GATE, "none", words],
    [{ ...GATE, compression: "none" }, "deflate", words],
  ] as const) {
    const { rig, client, say } = await online(gate, compression);
    await say([...body]);
    assert.deepEqual(packetNames(client), ["serverPacket"]);
    assert.deepEqual(counted(rig), [0, 0]);
  }
});

test("compression: what does not shrink goes as it is and is tried more and more rarely, until something shrinks", async () => {
  const { rig, client, say } = await online();
  for (let i = 0; i < 200; i++) await say(noise);
  assert.ok(packetNames(client).every((name) => name === "serverPacket"));
  const tries = rig.counter("deflate_tries");
  assert.ok(tries >= 7 && tries <= 9, `${tries} tries of 200`);
  for (let i = 0; i < 200; i++) await say(words);
  assert.ok(rig.counter("packets_deflated") > 130);
});

test("compression: a packet that shrinks by less than the share goes as it is", async () => {
  const { client, say } = await online({ ...GATE, compressionSavedShareMin: 0.9 });
  await say([...words, ...noise]);
  assert.deepEqual(packetNames(client), ["serverPacket"]);
});

test("compression: what is sent again is made again for the new connection, compressed or not as that can read", async () => {
  const { client, say } = await online();
  await say(words);
  client.connection.drop();
  client.connect({ compression: "deflate" });
  assert.deepEqual(inflatedBodies(client.connection), [{ sequence: 1, bodies: words }]);
  client.connection.drop();
  client.connect({ compression: "none" });
  assert.deepEqual(packetNames(client), ["serverPacket"]);
  assert.deepEqual(client.connection.bodies(), [words]);
});
