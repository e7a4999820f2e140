import assert from "node:assert/strict";
import { test } from "node:test";
import { makeEntityId } from "../../../engine/base/ids.js";
import { ClientToGate } from "../../../engine/protocol/client-link.js";
import { GameToGate } from "../../../engine/protocol/game-link.js";
import { encoded, FakeConnection, type FakeLink, openGate, type Rig, type TestClient } from "./rig.js";

function joined(gate: Record<string, unknown> = {}): { rig: Rig; game: FakeLink; client: TestClient } {
  const { rig, game } = openGate(gate);
  const client = rig.client();
  client.connect();
  client.heartbeat();
  return { rig, game, client };
}

function payloads(game: FakeLink): number[][] {
  const calls = game.seen.filter(({ name }) => name === "clientMessage");
  return calls.map(({ value }) => [...(value.payload as Uint8Array)]);
}

test("session: messages reach the game in order, once", () => {
  const { game, client } = joined();
  client.send([
    [1, 1],
    [1, 2],
  ]);
  client.send([[1, 3]]);
  assert.deepEqual(payloads(game), [
    [1, 1],
    [1, 2],
    [1, 3],
  ]);
  assert.equal(game.last("clientMessage").handle, game.last("clientConnected").handle);
});

test("session: what a client repeats after a cut runs once", () => {
  const { rig, game, client } = joined();
  client.send([
    [1, 1],
    [1, 2],
  ]);
  client.connection.drop();
  assert.equal(client.connect().last("serverWelcome").ack, 2);
  client.send(
    [
      [1, 1],
      [1, 2],
      [1, 3],
    ],
    { from: 1 },
  );
  assert.deepEqual(payloads(game), [
    [1, 1],
    [1, 2],
    [1, 3],
  ]);
  assert.equal(rig.counter("client_duplicates"), 2);
});

test("session: a gap in the numbers closes the client", () => {
  const { client } = joined();
  client.send([[1, 1]], { from: 3 });
  assert.equal(client.connection.closeCode, "CLIENT_MALFORMED");
});

test("session: confirming what was never sent closes the client", () => {
  const { client } = joined();
  client.heartbeat(5);
  assert.equal(client.connection.closeCode, "CLIENT_MALFORMED");
});

test("session: bodies of one turn leave in one packet, numbered, with the acknowledgement", async () => {
  const { rig, game, client } = joined();
  client.send([[1, 1]]);
  const { handle } = game.last("clientConnected") as { handle: number };
  game.frames(handle, 1, [4, 1, 9], [5, 0]);
  game.frames(handle, 1, [6, 0]);
  await rig.pass(1);
  game.frames(handle, 1, [7, 0]);
  await rig.pass(1);
  assert.deepEqual(client.connection.bodies(), [
    [4, 1, 9, 5, 0, 6, 0],
    [7, 0],
  ]);
  const packet = client.connection.last("serverPacket");
  assert.equal(packet.sequence, 2);
  assert.equal(packet.ack, 1);
});

test("session: a resumed client gets what it lacks, then what came meanwhile, each once", async () => {
  const { rig, game, client } = joined();
  const { handle } = game.last("clientConnected") as { handle: number };
  for (const body of [1, 2, 3]) {
    game.frames(handle, 1, [body]);
    await rig.pass(1);
  }
  client.connection.drop();
  game.frames(handle, 1, [4]);
  await rig.pass(1);
  const connection = client.connect({ ack: 1 });
  game.frames(handle, 1, [5]);
  await rig.pass(1);
  assert.equal(connection.last("serverWelcome").resumed, true);
  assert.deepEqual(connection.bodies(), [[2], [3], [4], [5]]);
  assert.deepEqual(
    game.names().filter((name) => name !== "clientMessage"),
    ["clientConnected", "clientInterrupted", "clientResumed"],
  );
});

test("session: a client that lacks what was confirmed before begins anew", async () => {
  const { rig, game, client } = joined();
  const { handle } = game.last("clientConnected") as { handle: number };
  game.frames(handle, 1, [1]);
  await rig.pass(1);
  client.heartbeat(1);
  client.connection.drop();
  assert.equal(client.connect({ ack: 0 }).last("serverWelcome").resumed, false);
  assert.deepEqual(game.names(), ["clientConnected", "clientInterrupted", "clientLost", "clientConnected"]);
  assert.notEqual(game.last("clientConnected").handle, handle);
});

test("session: a cut client is lost after the resume window, not before", async () => {
  const { rig, game, client } = joined({ resumeWindowMs: 4_000 });
  client.connection.drop();
  assert.equal(game.last("clientInterrupted").bindNumber, 1);
  await rig.pass(3_900);
  assert.equal(game.count("clientLost"), 0);
  await rig.pass(1_200);
  assert.equal(game.last("clientLost").code, "CLIENT_SILENT");
  assert.equal(rig.core.clientCount, 0);
});

test("session: without a resume window a cut client is lost at once", () => {
  const { game, client } = joined({ resumeWindowMs: 0 });
  client.connection.drop();
  assert.equal(game.last("clientLost").code, "CLIENT_SILENT");
  assert.equal(game.count("clientInterrupted"), 0);
});

test("session: a silent client is cut and may come back", async () => {
  const { rig, game, client } = joined({ heartbeatIntervalMs: 1_000, clientTimeoutMs: 3_000 });
  await rig.pass(2_900);
  assert.equal(client.connection.state, "open");
  await rig.pass(600);
  assert.equal(client.connection.state, "closed");
  assert.equal(game.count("clientInterrupted"), 1);
  assert.equal(client.connect().last("serverWelcome").resumed, true);
});

test("session: heartbeats are answered and keep a client", async () => {
  const { rig, client } = joined({ heartbeatIntervalMs: 1_000, clientTimeoutMs: 3_000 });
  for (let i = 0; i < 10; i++) {
    await rig.pass(1_000);
    client.heartbeat(0, i);
  }
  assert.equal(client.connection.state, "open");
  assert.equal(client.connection.last("serverHeartbeat").clientMs, 9);
});

test("session: a bye ends it at once", () => {
  const { rig, game, client } = joined();
  client.connection.receive(encoded(ClientToGate.clientBye, {}));
  assert.equal(game.last("clientLost").code, "CLIENT_CLOSED");
  assert.equal(client.connection.state, "closed");
  assert.equal(rig.core.clientCount, 0);
});

test("session: a client that confirms nothing is closed at the queue's bound", async () => {
  const { rig, game, client } = joined({ queueBytesMax: 16_384, resumeBytesMax: 4_096 });
  const { handle } = game.last("clientConnected") as { handle: number };
  for (let i = 0; i < 20 && client.connection.state === "open"; i++) {
    game.frames(handle, 1, new Array<number>(1_000).fill(1));
    await rig.pass(1);
  }
  assert.equal(client.connection.closeCode, "CLIENT_SLOW");
  assert.equal(game.last("clientLost").code, "CLIENT_SLOW");
});

test("session: bytes that the connection cannot get rid of count against the queue", async () => {
  const { rig, game, client } = joined({ queueBytesMax: 16_384 });
  const { handle } = game.last("clientConnected") as { handle: number };
  client.connection.bufferedBytes = 20_000;
  game.frames(handle, 1, [1]);
  await rig.pass(1);
  assert.equal(client.connection.closeCode, "CLIENT_SLOW");
});

test("session: what one turn brings is bounded before it is copied", () => {
  const { game, client } = joined({ queueBytesMax: 16_384 });
  const { handle } = game.last("clientConnected") as { handle: number };
  game.frames(handle, 1, new Array<number>(20_000).fill(1));
  assert.equal(client.connection.closeCode, "CLIENT_SLOW");
});

test("session: a cut client is lost when its resume buffer is full", async () => {
  const { rig, game, client } = joined({ resumeBytesMax: 4_096 });
  const { handle } = game.last("clientConnected") as { handle: number };
  client.connection.drop();
  for (let i = 0; i < 6; i++) {
    game.frames(handle, 1, new Array<number>(1_000).fill(1));
    await rig.pass(1);
  }
  assert.equal(game.last("clientLost").code, "CLIENT_SLOW");
  assert.equal(client.connect({ ack: 0 }).last("serverWelcome").resumed, false);
});

test("session: acknowledged packets make room", async () => {
  const { rig, game, client } = joined({ queueBytesMax: 16_384 });
  const { handle } = game.last("clientConnected") as { handle: number };
  for (let i = 1; i <= 100; i++) {
    game.frames(handle, 1, new Array<number>(2_000).fill(1));
    await rig.pass(100);
    client.heartbeat(i);
  }
  assert.equal(client.connection.state, "open");
});

test("session: the gate's own pause is nobody's silence (the process did not run for 9 s)", async () => {
  const { rig, client } = joined({ heartbeatIntervalMs: 1_000, clientTimeoutMs: 3_000 });
  const late = rig.scheduler as unknown as { currentMs: number };
  late.currentMs += 9_000;
  await rig.pass(500);
  assert.equal(client.connection.state, "open");
  await rig.pass(3_500);
  assert.equal(client.connection.state, "closed");
});

test("session: its connection is trusted from the login on, and so is each that it resumes on", () => {
  const { rig, game, client } = joined();
  const [first, second] = [new FakeConnection(), new FakeConnection()];
  for (const connection of [first, second]) connection.isTrusted = false;
  client.connection.drop();
  client.connectWith(first);
  assert.equal(first.isTrusted, false);
  const { handle } = game.last("clientConnected") as { handle: number };
  const entity = makeEntityId(0, rig.random);
  game.deliver(GameToGate.clientBind, { handle, bindNumber: 1, targetGame: 1, entity });
  assert.equal(first.isTrusted, true);
  first.drop();
  client.connectWith(second);
  assert.equal(second.isTrusted, true);
});
