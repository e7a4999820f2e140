import assert from "node:assert/strict";
import { test } from "node:test";
import { type Random, randomIndex, SeededRandom } from "../../../engine/base/random.js";
import { ClientToGate } from "../../../engine/protocol/client-link.js";
import { CLIENT_FRAME_BYTES_MAX, CLIENT_PROTOCOL_VERSION } from "../../../engine/protocol/limits.js";
import { encoded, FakeConnection, openGate } from "./rig.js";

const FUZZ_SEED = 20_260_101;
const FUZZ_PACKETS = 5_000;

test("client door: an unlisted message closes with its code", () => {
  const { rig } = openGate();
  const client = rig.client();
  client.connect();
  client.connection.receive(Uint8Array.from([77, 1, 2]));
  assert.equal(client.connection.closeCode, "CLIENT_UNLISTED");
  const close = client.connection.last("serverClose");
  assert.equal(close.retry, false);
  assert.equal(close.reason, "the message number is not listed in the protocol: number 77");
});

test("client door: an empty frame, a cut one and one with bytes too many are malformed", () => {
  const heartbeat = encoded(ClientToGate.clientHeartbeat, { clientMs: 1, ack: 0 });
  for (const frame of [new Uint8Array(0), heartbeat.subarray(0, 5), Uint8Array.from([...heartbeat, 0])]) {
    const { rig, game } = openGate();
    const client = rig.client();
    client.connect();
    client.connection.receive(frame);
    assert.equal(client.connection.closeCode, "CLIENT_MALFORMED");
    assert.equal(game.last("clientLost").code, "CLIENT_MALFORMED");
  }
});

test("client door: an oversized frame and an oversized message are refused before they are decoded", () => {
  const { rig } = openGate({ bytesPerSecondMax: 10_000_000 });
  for (const frame of [new Uint8Array(CLIENT_FRAME_BYTES_MAX + 2).fill(2), new Uint8Array(100).fill(3)]) {
    const client = rig.client();
    client.connect();
    client.connection.receive(frame);
    assert.equal(client.connection.closeCode, "CLIENT_OVERSIZED");
  }
});

test("client door: an empty message is malformed", () => {
  const { rig } = openGate();
  const client = rig.client();
  client.connect();
  client.send([[]]);
  assert.equal(client.connection.closeCode, "CLIENT_MALFORMED");
});

test("client door: anything before hello, and a second hello, is malformed", () => {
  const { rig, game } = openGate();
  const early = new FakeConnection();
  rig.core.onConnection(early);
  early.receive(encoded(ClientToGate.clientHeartbeat, { clientMs: 1, ack: 0 }));
  assert.equal(early.closeCode, "CLIENT_MALFORMED");
  assert.deepEqual(game.names(), []);

  const client = rig.client();
  client.connect();
  client.connection.receive(
    encoded(ClientToGate.clientHello, {
      protocolVersion: CLIENT_PROTOCOL_VERSION,
      clientId: client.clientId,
      connectionNumber: 2,
      token: client.token,
      ack: 0,
      definitionsHash: "",
      indexHash: "",
      compression: "none",
    }),
  );
  assert.equal(client.connection.closeCode, "CLIENT_MALFORMED");
});

test("client door: more messages than the rate allows close the client, as many as it allows do not", async () => {
  const { rig, game } = openGate({ messagesPerSecondMax: 10, rateWindowMs: 1_000 });
  const client = rig.client();
  client.connect();
  for (let second = 0; second < 5; second++) {
    for (let i = 0; i < 10; i++) client.send([[1, i]]);
    await rig.pass(1_000);
  }
  assert.equal(client.connection.state, "open");
  assert.equal(game.count("clientMessage"), 50);
  for (let i = 0; i < 11; i++) client.send([[1, i]]);
  assert.equal(client.connection.closeCode, "CLIENT_RATE");
});

test("client door: messages in one packet count singly", () => {
  const { rig, game } = openGate({ messagesPerSecondMax: 10, rateWindowMs: 1_000 });
  const client = rig.client();
  client.connect();
  client.send(new Array<number[]>(11).fill([1, 1]));
  assert.equal(client.connection.closeCode, "CLIENT_RATE");
  assert.equal(game.count("clientMessage"), 0);
});

test("client door: more bytes than the rate allows close the client", () => {
  const { rig } = openGate({ bytesPerSecondMax: 1_000, rateWindowMs: 1_000 });
  const client = rig.client();
  client.connect();
  client.send([new Array<number>(600).fill(1)]);
  assert.equal(client.connection.state, "open");
  client.send([new Array<number>(600).fill(1)]);
  assert.equal(client.connection.closeCode, "CLIENT_RATE");
});

test("client door: reconnecting does not refill the rate", () => {
  const { rig } = openGate({ messagesPerSecondMax: 10, rateWindowMs: 1_000 });
  const client = rig.client();
  client.connect();
  for (let i = 0; i < 8; i++) client.send([[1, i]]);
  client.connection.drop();
  client.connect();
  for (let i = 0; i < 8; i++) client.send([[1, i]]);
  assert.equal(client.connection.closeCode, "CLIENT_RATE");
});

/** A valid packet of some kind, then changed, cut or lengthened at random. */
function mutated(random: Random, clientId: string): Uint8Array {
  const valid = [
    encoded(ClientToGate.clientHello, {
      protocolVersion: CLIENT_PROTOCOL_VERSION,
      clientId,
      connectionNumber: randomIndex(random, 5),
      token: random.bytes(randomIndex(random, 20)),
      ack: randomIndex(random, 3),
      definitionsHash: "hash",
      indexHash: "",
      compression: "none",
    }),
    encoded(ClientToGate.clientPacket, {
      sequence: randomIndex(random, 4),
      ack: randomIndex(random, 2),
      messages: [random.bytes(randomIndex(random, 30)), random.bytes(randomIndex(random, 30))],
    }),
    encoded(ClientToGate.clientHeartbeat, { clientMs: random.next(), ack: randomIndex(random, 2) }),
    encoded(ClientToGate.clientBye, {}),
    random.bytes(randomIndex(random, 60)),
  ];
  const frame = valid[randomIndex(random, valid.length)] as Uint8Array;
  for (let flips = randomIndex(random, 4); flips > 0 && frame.length > 0; flips--) {
    frame[randomIndex(random, frame.length)] = randomIndex(random, 256);
  }
  return frame.subarray(0, random.next() < 0.3 ? randomIndex(random, frame.length + 1) : frame.length);
}

test(`client door: ${FUZZ_PACKETS} mutated packets disturb nobody else and nothing is thrown (seed ${FUZZ_SEED})`, async () => {
  const { rig, game } = openGate({ clientsMax: 50, bytesPerSecondMax: 10_000_000 });
  const honest = rig.client();
  honest.connect();
  const { handle } = game.last("clientConnected") as { handle: number };
  const random = new SeededRandom(FUZZ_SEED);
  let attacker = rig.client();
  let answered = 0;
  for (let i = 0; i < FUZZ_PACKETS; i++) {
    if (attacker.connection.state === "closed" || attacker.connection.onFrame === null) {
      attacker = rig.client();
      if (random.next() < 0.5) attacker.connect();
      else rig.core.onConnection(attacker.connection);
    }
    attacker.connection.receive(mutated(random, attacker.clientId));
    if (i % 100 !== 0) continue;
    honest.send([[1, i % 250]]);
    game.frames(handle, 1, [5, 0]);
    await rig.pass(100);
    honest.heartbeat(++answered);
  }
  assert.equal(honest.connection.state, "open");
  assert.equal(honest.connection.bodies().length, FUZZ_PACKETS / 100);
  const delivered = game.seen.filter(({ name, value }) => name === "clientMessage" && value.handle === handle);
  assert.equal(delivered.length, FUZZ_PACKETS / 100);
  assert.equal(rig.counter("handler_throws"), 0);
  assert.ok(rig.counter("closed_client_malformed") > 500, "the mutations reach the decoders");
});
