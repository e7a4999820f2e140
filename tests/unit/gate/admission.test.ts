import assert from "node:assert/strict";
import { test } from "node:test";
import { GameToGate } from "../../../engine/protocol/game-link.js";
import { FakeConnection, openGate, Rig } from "./rig.js";

test("admission: a client is refused with retry before the gates open (step 9 not reached)", () => {
  const rig = new Rig();
  rig.addGame(1);
  rig.list(false);
  const connection = rig.client().connect();
  assert.equal(connection.closeCode, "CLIENT_NOT_OPEN");
  assert.equal(connection.last("serverClose").retry, true);
  assert.equal(connection.state, "closed");
});

test("admission: a client is refused with retry while no game takes clients", () => {
  const rig = new Rig();
  rig.addGame(1, 0, false);
  const connection = rig.client().connect();
  assert.equal(connection.closeCode, "CLIENT_NOT_OPEN");
  assert.equal(connection.last("serverClose").retry, true);
});

test("admission: another protocol version is refused", () => {
  const { rig } = openGate();
  const connection = rig.client().connect({ protocolVersion: 9_999 });
  assert.equal(connection.closeCode, "CLIENT_PROTOCOL");
  assert.equal(connection.last("serverClose").retry, false);
});

test("admission: a welcomed client gets a token and the other gates, its game hears of it", () => {
  const { rig, game } = openGate();
  const client = rig.client();
  const welcome = client.connect().last("serverWelcome");
  assert.equal((welcome.token as Uint8Array).length, 16);
  assert.equal(welcome.resumed, false);
  assert.deepEqual(welcome.gates, ["ws://other:1"]);
  const told = game.last("clientConnected");
  assert.equal(told.clientId, client.clientId);
  assert.equal(told.bindNumber, 1);
  assert.equal(told.definitionsHash, "definitions");
  assert.equal(rig.core.clientCount, 1);
});

test("admission: an id in use is refused without its token, the first client stays", () => {
  const { rig, game } = openGate();
  const first = rig.client();
  first.connect();
  const thief = rig.client().connect({ clientId: first.clientId, connectionNumber: 9 });
  assert.equal(thief.closeCode, "CLIENT_ID_IN_USE");
  const guesser = rig.client().connect({ clientId: first.clientId, connectionNumber: 9, token: new Uint8Array(16) });
  assert.equal(guesser.closeCode, "CLIENT_ID_IN_USE");
  assert.equal(first.connection.state, "open");
  assert.equal(game.count("clientConnected"), 1);
});

test("admission: a client cut before it answered comes back without a token", () => {
  const { rig, game } = openGate();
  const client = rig.client();
  client.connect().drop();
  client.token = new Uint8Array(0);
  assert.equal(client.connect().names()[0], "serverWelcome");
  assert.deepEqual(game.names(), ["clientConnected", "clientInterrupted", "clientLost", "clientConnected"]);
});

test("admission: a cut client that had answered needs its token", () => {
  const { rig } = openGate();
  const client = rig.client();
  client.connect();
  client.heartbeat();
  client.connection.drop();
  client.token = new Uint8Array(0);
  assert.equal(client.connect().closeCode, "CLIENT_ID_IN_USE");
});

test("admission: a valid token with a higher number takes over, the old connection is closed", () => {
  const { rig, game } = openGate();
  const client = rig.client();
  const old = client.connect();
  const now = client.connect();
  assert.equal(old.closeCode, "CLIENT_TAKEN_OVER");
  assert.equal(now.last("serverWelcome").resumed, true);
  assert.deepEqual(game.names(), ["clientConnected"]);
});

test("admission: a valid token without a higher number is refused", () => {
  const { rig } = openGate();
  const client = rig.client();
  const first = client.connect({ connectionNumber: 5 });
  assert.equal(client.connect({ connectionNumber: 5 }).closeCode, "CLIENT_TAKEN_OVER");
  assert.equal(first.state, "open");
});

test("admission: a token of a session that is gone begins a new one", () => {
  const { rig } = openGate();
  const client = rig.client();
  client.token = new Uint8Array(16).fill(3);
  assert.equal(client.connect().last("serverWelcome").resumed, false);
});

test("admission: the gate holds no more than clientsMax", () => {
  const { rig } = openGate({ clientsMax: 2 });
  rig.client().connect();
  rig.client().connect();
  assert.equal(rig.client().connect().closeCode, "CLIENT_GATE_FULL");
});

test("admission: a client goes to the least loaded game", () => {
  const rig = new Rig();
  const busy = rig.addGame(1, 200);
  const idle = rig.addGame(2, 10);
  for (let i = 0; i < 5; i++) rig.client().connect();
  assert.equal(busy.count("clientConnected"), 0);
  assert.equal(idle.count("clientConnected"), 5);
});

test("admission: a game whose link is interrupted gets no new client until it is back", () => {
  const { rig, game } = openGate();
  game.turn("interrupted");
  assert.equal(rig.client().connect().closeCode, "CLIENT_NOT_OPEN");
  game.turn("up");
  assert.equal(rig.client().connect().names()[0], "serverWelcome");
});

test("admission: a rush spreads over equal games before they report", () => {
  const rig = new Rig();
  const games = [rig.addGame(1), rig.addGame(2), rig.addGame(3)];
  for (let i = 0; i < 30; i++) rig.client().connect();
  assert.deepEqual(
    games.map((game) => game.count("clientConnected")),
    [10, 10, 10],
  );
});

test("admission: a game that stops accepting gets no new client and keeps its own", () => {
  const rig = new Rig();
  const first = rig.addGame(1);
  const client = rig.client();
  client.connect();
  first.deliver(GameToGate.acceptClients, { accept: false, load: 0 });
  const second = rig.addGame(2, 255);
  rig.client().connect();
  assert.equal(second.count("clientConnected"), 1);
  assert.equal(client.connection.state, "open");
});

test("admission: a connection without a hello is closed in time", async () => {
  const { rig } = openGate({ helloTimeoutMs: 1_000 });
  const silent = new FakeConnection();
  rig.core.onConnection(silent);
  await rig.pass(900);
  assert.equal(silent.state, "open");
  await rig.pass(600);
  assert.equal(silent.closeCode, "CLIENT_SILENT");
});

test("admission: past handshakesMax the oldest connection without a hello makes room", () => {
  const { rig } = openGate({ handshakesMax: 2 });
  const idle = [new FakeConnection(), new FakeConnection(), new FakeConnection()];
  for (const connection of idle) rig.core.onConnection(connection);
  assert.deepEqual(
    idle.map((connection) => connection.state),
    ["closed", "open", "open"],
  );
  assert.equal(rig.client().connect().names()[0], "serverWelcome");
});

test("admission: a gate that stops refuses and closes with retry, and its games hear of it", async () => {
  const { rig, game } = openGate();
  const client = rig.client();
  client.connect();
  await rig.core.stop();
  assert.equal(client.connection.closeCode, "CLIENT_SHUTDOWN");
  assert.equal(client.connection.last("serverClose").retry, true);
  assert.equal(game.last("clientLost").code, "CLIENT_SHUTDOWN");
  assert.equal(rig.client().connect().closeCode, "CLIENT_SHUTDOWN");
});
