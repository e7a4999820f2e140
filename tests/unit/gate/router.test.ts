import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader } from "../../../engine/base/bytes.js";
import { GameToGate } from "../../../engine/protocol/game-link.js";
import { openGate, Rig } from "./rig.js";

const ENTITY = "AAAAAAAAAAAAAAAA";
const payload = Uint8Array.from([1, 2, 3]);

function twoGames() {
  const rig = new Rig();
  const home = rig.addGame(1, 0);
  const other = rig.addGame(2, 200);
  const client = rig.client();
  client.connect();
  const { handle } = home.last("clientConnected") as { handle: number };
  return { rig, home, other, client, handle };
}

test("router: messages between two games arrive in order with their sender", () => {
  const { home, other } = twoGames();
  for (const byte of [1, 2, 3]) {
    home.deliver(GameToGate.route, { targetGame: 2, token: 0, payload: Uint8Array.from([byte]) });
  }
  const routed = other.seen.filter(({ name }) => name === "routed");
  assert.deepEqual(
    routed.map(({ value }) => [value.fromGame, ...(value.payload as Uint8Array)]),
    [
      [1, 1],
      [1, 2],
      [1, 3],
    ],
  );
});

test("router: a message for a game that is not there comes back with its token", () => {
  const { rig, home } = twoGames();
  home.deliver(GameToGate.route, { targetGame: 99, token: 7, payload });
  assert.deepEqual(home.last("routeFailed"), { token: 7, targetGame: 99, code: "MAILBOX_GAME_GONE" });
  home.deliver(GameToGate.route, { targetGame: 99, token: 0, payload });
  assert.equal(home.count("routeFailed"), 1);
  assert.equal(rig.counter("routes_failed"), 2);
});

test("router: a message for a listed game that is not linked yet waits in its link", () => {
  const { rig, home } = twoGames();
  rig.places = [...rig.places, { incarnation: 3, name: "game3", host: "h", linkPort: 1 }];
  rig.list();
  home.deliver(GameToGate.route, { targetGame: 3, token: 7, payload });
  assert.equal(home.count("routeFailed"), 0);
  assert.equal(rig.links.get(3)?.last("routed").fromGame, 1);
});

test("router: a proxy's call goes to the game its client is bound to", () => {
  const { home, other, client, handle } = twoGames();
  other.deliver(GameToGate.routeToClientEntity, { clientId: client.clientId, token: 3, payload });
  assert.deepEqual(home.last("proxied"), { fromGame: 2, handle, bindNumber: 1, payload });
});

test("router: a proxy's call to the client is one body of its stream", async () => {
  const { rig, home, other, client, handle } = twoGames();
  home.frames(handle, 1, [9, 0]);
  other.deliver(GameToGate.routeToClient, { clientId: client.clientId, token: 3, payload });
  await rig.pass(1);
  assert.deepEqual(client.connection.bodies(), [[9, 0, 1, 2, 3]]);
});

test("router: a proxy whose client is not here fails with a code", () => {
  const { rig, other } = twoGames();
  const clientId = rig.client().clientId;
  other.deliver(GameToGate.routeToClientEntity, { clientId, token: 3, payload });
  assert.equal(other.last("routeFailed").code, "PROXY_CLIENT_GONE");
  other.deliver(GameToGate.routeToClient, { clientId, token: 4, payload });
  assert.deepEqual(other.last("routeFailed"), { token: 4, targetGame: 0, code: "PROXY_CLIENT_GONE" });
});

test("router: a bind points the client at another game under the next number", () => {
  const { home, other, client, handle } = twoGames();
  home.deliver(GameToGate.clientBind, { handle, bindNumber: 1, targetGame: 2, entity: ENTITY });
  assert.equal(other.last("clientBound").bindNumber, 2);
  assert.equal(other.last("clientBound").entity, ENTITY);
  client.send([[1, 1]]);
  assert.equal(home.count("clientMessage"), 0);
  assert.equal(other.last("clientMessage").bindNumber, 2);
  assert.equal(home.count("clientLost"), 0);
});

test("router: a bind to the game where the client is takes the next number too", () => {
  const { home, client, handle } = twoGames();
  home.deliver(GameToGate.clientBind, { handle, bindNumber: 1, targetGame: 1, entity: ENTITY });
  client.send([[1, 1]]);
  assert.equal(home.last("clientMessage").bindNumber, 2);
});

test("router: what the old game sent before the bind arrives, what it sends after is dropped and counted", async () => {
  const { rig, home, other, client, handle } = twoGames();
  home.frames(handle, 1, [1]);
  home.deliver(GameToGate.clientBind, { handle, bindNumber: 1, targetGame: 2, entity: ENTITY });
  home.frames(handle, 1, [2]);
  home.deliver(GameToGate.clientKick, { handle, bindNumber: 1, code: "CLIENT_KICKED", reason: "" });
  other.frames(handle, 2, [3]);
  await rig.pass(1);
  assert.deepEqual(client.connection.bodies(), [[1, 3]]);
  assert.equal(client.connection.state, "open");
  assert.equal(rig.counter("stale_binds"), 2);
});

test("router: a bind to a game that is not linked closes the client", () => {
  const { home, client, handle } = twoGames();
  home.deliver(GameToGate.clientBind, { handle, bindNumber: 1, targetGame: 99, entity: ENTITY });
  assert.equal(client.connection.closeCode, "CLIENT_GAME_GONE");
  assert.equal(client.connection.last("serverClose").retry, true);
  assert.equal(home.last("clientLost").code, "CLIENT_GAME_GONE");
});

test("router: the new game of a cut client hears that it is cut", () => {
  const { home, other, client, handle } = twoGames();
  client.heartbeat();
  client.connection.drop();
  home.deliver(GameToGate.clientBind, { handle, bindNumber: 1, targetGame: 2, entity: ENTITY });
  assert.deepEqual(other.names(), ["clientBound", "clientInterrupted"]);
  client.connect();
  assert.equal(other.last("clientResumed").bindNumber, 2);
});

test("router: a kick arrives behind what was sent before it", () => {
  const { rig, home, client, handle } = twoGames();
  home.frames(handle, 1, [1]);
  home.deliver(GameToGate.clientKick, { handle, bindNumber: 1, code: "MY_CODE", reason: "because" });
  assert.deepEqual(client.connection.names(), ["serverWelcome", "serverPacket", "serverClose"]);
  assert.deepEqual(client.connection.last("serverClose"), { code: "MY_CODE", reason: "because", retry: false });
  assert.equal(home.last("clientLost").code, "MY_CODE");
  assert.equal(rig.core.clientCount, 0);
});

test("router: too many refused calls in a minute close the client, spread out they do not", async () => {
  const { rig, game } = openGate({ refusalsPerMinuteMax: 3, heartbeatIntervalMs: 30_000, clientTimeoutMs: 600_000 });
  const client = rig.client();
  client.connect();
  const { handle } = game.last("clientConnected") as { handle: number };
  const refuse = () => game.deliver(GameToGate.clientRefused, { handle, bindNumber: 1 });
  for (let minute = 0; minute < 3; minute++) {
    for (let i = 0; i < 3; i++) refuse();
    await rig.pass(60_000);
  }
  assert.equal(client.connection.state, "open");
  for (let i = 0; i < 4; i++) refuse();
  assert.equal(client.connection.closeCode, "CLIENT_REFUSALS");
});

test("router: the clients of a game whose link goes down are closed with retry, others stay", () => {
  const rig = new Rig();
  const first = rig.addGame(1, 0);
  const gone = rig.client();
  gone.connect();
  rig.addGame(2, 0);
  first.deliver(GameToGate.acceptClients, { accept: false, load: 0 });
  const stays = rig.client();
  stays.connect();
  first.turn("interrupted");
  assert.equal(gone.connection.state, "open");
  first.turn("down", "LINK_DOWN");
  assert.equal(gone.connection.closeCode, "CLIENT_GAME_GONE");
  assert.equal(gone.connection.last("serverClose").retry, true);
  assert.equal(stays.connection.state, "open");
  assert.deepEqual(rig.linksReported.at(-1), [2]);
});

test("router: the clients of a game that leaves the process list are closed, its link too", () => {
  const { rig, home, client } = twoGames();
  rig.removeGame(1);
  assert.equal(client.connection.closeCode, "CLIENT_GAME_GONE");
  assert.equal(home.state, "down");
});

test("router: a listed game whose link was lost is dialled again", async () => {
  const { rig, game } = openGate();
  game.turn("down", "LINK_QUEUE_FULL");
  assert.equal(rig.dials, 1);
  await rig.pass(2_000);
  assert.equal(rig.dials, 2);
  rig.links.get(1)?.turn("up");
  rig.links.get(1)?.deliver(GameToGate.streamOffer, { streams: [] });
  assert.deepEqual(rig.linksReported.at(-1), [1]);
});

test("router: what a game sends that cannot be read is thrown to its link", () => {
  const { game } = openGate();
  assert.throws(() => game.onMessage?.(new ByteReader(Uint8Array.from([1, 200]))), { code: "BYTES_TRUNCATED" });
  assert.throws(() => game.onMessage?.(new ByteReader(Uint8Array.from([99]))), { code: "MESSAGE_UNKNOWN" });
});
