/** What strangers may cost a gate: sessions by address, a time to log in, handshakes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GameToGate } from "../../../engine/protocol/game-link.js";
import { openGate, type Rig, type TestClient } from "./rig.js";

const entity = "AAECAwQFBgcICQoL";

function connected(rig: Rig): TestClient {
  const client = rig.client();
  client.connect();
  return client;
}

/** Stays online for `ms`. */
async function stay(rig: Rig, clients: readonly TestClient[], ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) {
    for (const client of clients) client.heartbeat();
    await rig.pass(1_000);
  }
}

test("budget: an address has so many sessions, and one that ends makes room (CLIENT_ADDRESS_FULL)", async () => {
  const { rig } = openGate({ sessionsPerAddressMax: 2, resumeWindowMs: 5_000 });
  const [first, second] = [connected(rig), connected(rig)];
  const third = connected(rig);
  assert.equal(third.connection.closeCode, "CLIENT_ADDRESS_FULL");
  assert.equal(third.connection.last("serverClose").retry, true);
  second.connection.drop();
  assert.equal(connected(rig).connection.closeCode, "CLIENT_ADDRESS_FULL", "it may still come back");
  second.connect();
  assert.equal(second.connection.closeCode, "", "its own session resumes");
  second.connection.drop();
  await stay(rig, [first], 8_000);
  assert.equal(connected(rig).connection.closeCode, "");
});

test("budget: a gate's own machine is not limited by address unless that is asked for", () => {
  const { rig } = openGate({ handshakesPerAddressMax: 1, handshakesPerPrefixMax: 1, rateWindowMs: 1_000 });
  for (let i = 0; i < 100; i++) assert.equal(rig.core.admitsHandshake("127.0.0.1"), true);
  assert.deepEqual([rig.core.admitsHandshake("203.0.113.1"), rig.core.admitsHandshake("203.0.113.1")], [true, false]);
  assert.equal(rig.counter("handshakes_over_address"), 1);
  assert.equal(rig.counter("handshakes_over_all"), 0);
});

test("budget: 5,000 clients of this machine get in one after the other at the defaults", async () => {
  const { rig } = openGate();
  let admitted = 0;
  for (let i = 0; i < 5_000; i++) {
    if (rig.core.admitsHandshake("127.0.0.1")) admitted++;
    if (i % 100 === 99) await rig.pass(50);
  }
  assert.equal(admitted, 5_000);
});

test("login: who stays with the account too long is closed, who was given to an avatar is not (CLIENT_LOGIN_TIMEOUT)", async () => {
  const { rig, game } = openGate({ loginTimeoutMs: 10_000 });
  const [idle, player] = [connected(rig), connected(rig)];
  game.deliver(GameToGate.clientBind, { handle: 2, bindNumber: 1, targetGame: 1, entity });
  await stay(rig, [idle, player], 9_000);
  assert.equal(idle.connection.closeCode, "");
  await stay(rig, [idle, player], 5_000);
  assert.equal(idle.connection.closeCode, "CLIENT_LOGIN_TIMEOUT");
  assert.equal(player.connection.closeCode, "");
});

test("login: reconnecting gives no new time, and 0 gives all of it", async () => {
  const { rig } = openGate({ loginTimeoutMs: 10_000 });
  const client = connected(rig);
  await stay(rig, [client], 6_000);
  client.connection.drop();
  client.connect();
  await stay(rig, [client], 8_000);
  assert.equal(client.connection.closeCode, "CLIENT_LOGIN_TIMEOUT");
  const { rig: patient } = openGate({ loginTimeoutMs: 0 });
  const waits = connected(patient);
  await stay(patient, [waits], 400_000);
  assert.equal(waits.connection.closeCode, "");
});
