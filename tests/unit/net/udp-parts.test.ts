/** The parts of the UDP end by themselves: addresses, replay window, wheel, cookies, seals. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SeededRandom } from "../../../engine/base/random.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";
import { COOKIE_LIFE_MS, CookieJar } from "../../../engine/net/cookie.js";
import { FlushWheel, NOT_DUE } from "../../../engine/net/flush-wheel.js";
import { addressBytes, hostOf, portOf } from "../../../engine/net/ip-address.js";
import { nodeSeal } from "../../../engine/net/node-seal.js";
import { REPLAY_WINDOW_PACKETS, ReplayWindow } from "../../../engine/net/replay-window.js";
import {
  clientSessionKeys,
  gateKeyPair,
  gateSessionKeys,
  SealKind,
  TAG_BYTES,
  type Transcript,
} from "../../../engine/net/seal.js";

test("ip address: what was written is read back (IPv4, IPv6, IPv4 in IPv6)", () => {
  for (const [host, read] of [
    ["127.0.0.1", "127.0.0.1"],
    ["255.255.255.255", "255.255.255.255"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["::1", "0:0:0:0:0:0:0:1"],
    ["2001:db8::8:800:200c:417a", "2001:db8:0:0:8:800:200c:417a"],
    ["fe80::", "fe80:0:0:0:0:0:0:0"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
  ] as const) {
    const bytes = addressBytes(host, 51_234);
    assert.ok(bytes !== null, host);
    assert.equal(hostOf(bytes), read);
    assert.equal(portOf(bytes), 51_234);
  }
});

test("ip address: what is none is refused", () => {
  for (const host of [
    "",
    "localhost",
    "256.1.1.1",
    "1.2.3",
    "1:2:3",
    "::1::2",
    "fe80::1%eth0",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
  ])
    assert.equal(addressBytes(host, 1), null, host);
});

test("replay window: each number is taken once, and none that is older than the window (against a set)", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1_500, max: 1_600 }), { maxLength: 300 }), (steps) => {
      const window = new ReplayWindow();
      const seen = new Set<number>();
      let at = 1;
      for (const step of steps) {
        at = Math.max(1, at + step);
        const isOld = at <= window.newest - REPLAY_WINDOW_PACKETS;
        assert.equal(window.isNew(at), !seen.has(at) && !isOld);
        if (!window.isNew(at)) continue;
        const wasNewest = at > window.newest;
        assert.equal(window.take(at), wasNewest);
        seen.add(at);
      }
    }),
    { numRuns: 300 },
  );
});

test("replay window: numbers near 2^48, and a jump over everything", () => {
  const window = new ReplayWindow();
  for (const number of [1, 2 ** 40, 2 ** 48 - 1, 2 ** 48 - 2, 2 ** 48 - 1 - REPLAY_WINDOW_PACKETS + 1]) {
    assert.ok(window.isNew(number));
    window.take(number);
    assert.ok(!window.isNew(number));
  }
  assert.ok(!window.isNew(0));
  assert.ok(!window.isNew(2 ** 40));
});

test("flush wheel: each item runs once, when its last setting says, at most a slot late or at the horizon", async () => {
  const scheduler = new VirtualScheduler();
  const random = new SeededRandom(2);
  const ran: { name: number; atMs: number }[] = [];
  const wheel = new FlushWheel<{ name: number; dueTick: number }>(
    scheduler,
    (item) => ran.push({ name: item.name, atMs: scheduler.nowMs() }),
    () => undefined,
  );
  const items = Array.from({ length: 200 }, (_, name) => ({ name, dueTick: NOT_DUE }));
  const dueMs = new Map<number, number>();
  for (let round = 0; round < 5; round++) {
    for (const item of items) {
      if (random.next() < 0.3) continue;
      const delayMs = random.next() * 400;
      wheel.set(item, delayMs);
      dueMs.set(item.name, scheduler.nowMs() + delayMs);
    }
    for (const item of items) {
      if (random.next() > 0.1) continue;
      wheel.clear(item);
      dueMs.delete(item.name);
    }
    await scheduler.run(scheduler.nowMs() + 50);
    for (const { name, atMs } of ran.splice(0)) {
      const due = dueMs.get(name);
      assert.ok(due !== undefined, "it was set");
      assert.ok(atMs >= due - 1e-6 && atMs <= due + 4, `${atMs} for ${due}`);
      dueMs.delete(name);
    }
  }
  await scheduler.run(scheduler.nowMs() + 2_000);
  assert.deepEqual(ran.map(({ name }) => name).sort(), [...dueMs.keys()].sort());
  assert.equal(wheel.size, 0);
  const { eventCount } = scheduler;
  await scheduler.run(scheduler.nowMs() + 10_000);
  assert.equal(scheduler.eventCount, eventCount, "empty, it sets no timer");
});

test("cookie: good for its address and key in its epoch and the next, then no more", () => {
  const jar = new CookieJar(nodeSeal, new SeededRandom(1), 0);
  const [address, other] = [addressBytes("203.0.113.7", 1), addressBytes("203.0.113.7", 2)] as [Uint8Array, Uint8Array];
  const [key, otherKey] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const cookie = jar.bake(address, 0, key, 100).slice();
  const epoch = jar.epoch(100);
  assert.ok(jar.isGood(epoch, cookie, address, 0, key, 200));
  assert.ok(!jar.isGood(epoch, cookie, other, 0, key, 200));
  assert.ok(!jar.isGood(epoch, cookie, address, 0, otherKey, 200));
  assert.ok(!jar.isGood(epoch + 1, cookie, address, 0, key, 200));
  assert.ok(jar.isGood(epoch, cookie, address, 0, key, COOKIE_LIFE_MS + 1));
  assert.ok(!jar.isGood(epoch, cookie, address, 0, key, 2 * COOKIE_LIFE_MS + 1));
  const later = jar.bake(address, 0, key, 300 * COOKIE_LIFE_MS);
  assert.notDeepEqual(later.slice(), cookie);
  assert.ok(
    !jar.isGood(epoch, cookie, address, 0, key, (256 + epoch) * COOKIE_LIFE_MS),
    "an epoch's number comes again",
  );
});

test("seal: X25519 as in RFC 7748, and no key of low order is agreed with", () => {
  const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));
  const alice = nodeSeal.keyPair(hex("77076d0a7318a57d3c16c17251b26645c6e1a0e8b9f9c2f9c4c1b0d6f4d1b3c2".slice(0, 64)));
  const bob = nodeSeal.keyPair(hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
  assert.equal(
    Buffer.from(bob.publicKey).toString("hex"),
    "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
  );
  assert.deepEqual(nodeSeal.agree(alice, bob.publicKey), nodeSeal.agree(bob, alice.publicKey));
  assert.equal(nodeSeal.agree(alice, new Uint8Array(32)), null);
  assert.equal(nodeSeal.agree(alice, Uint8Array.of(1, ...new Uint8Array(31))), null);
  assert.equal(nodeSeal.agree(alice, new Uint8Array(31)), null);
});

test("seal: both ends have the same keys, and others when any part of what was said differs", () => {
  const random = new SeededRandom(8);
  const fixed = gateKeyPair(nodeSeal, "a cluster's secret");
  assert.deepEqual(gateKeyPair(nodeSeal, "a cluster's secret").publicKey, fixed.publicKey);
  assert.notDeepEqual(gateKeyPair(nodeSeal, "another's secret").publicKey, fixed.publicKey);
  const [client, gate] = [nodeSeal.keyPair(random.bytes(32)), nodeSeal.keyPair(random.bytes(32))];
  const transcript: Transcript = {
    context: "test 1",
    kind: SealKind.aes256Gcm,
    clientKey: client.publicKey,
    gateKey: gate.publicKey,
    gateStaticKey: fixed.publicKey,
    extra: Uint8Array.of(1),
  };
  const atGate = gateSessionKeys(nodeSeal, transcript, gate, fixed);
  assert.ok(atGate !== null);
  assert.deepEqual(clientSessionKeys(nodeSeal, transcript, client), atGate);
  assert.notDeepEqual(atGate.toClient, atGate.toGate);
  for (const other of [
    { context: "test 2" },
    { kind: SealKind.chacha20Poly1305 },
    { extra: Uint8Array.of(2) },
    { extra: new Uint8Array(0) },
  ]) {
    const keys = clientSessionKeys(nodeSeal, { ...transcript, ...other } as Transcript, client);
    assert.notDeepEqual(keys?.toGate, atGate.toGate);
  }
});

test("seal: AES-GCM and ChaCha20-Poly1305 open what they sealed at any length, and nothing under another number or head", () => {
  const random = new SeededRandom(9);
  for (const kind of [SealKind.aes256Gcm, SealKind.chacha20Poly1305]) {
    const aead = nodeSeal.aead(kind, random.bytes(32));
    for (const length of [0, 1, 100, 1_007, 1_008, 1_009, 1_024, 1_025, 1_400, 5_000]) {
      const [plain, head] = [random.bytes(length), random.bytes(length % 20)];
      const out = new Uint8Array(length + TAG_BYTES);
      aead.seal(2 ** 33 + length, head, plain, out, 0);
      const back = new Uint8Array(length);
      assert.ok(aead.open(2 ** 33 + length, head, out, back, 0), `${length}`);
      assert.deepEqual(back, plain);
      assert.ok(!aead.open(length, head, out, back, 0));
      assert.ok(!aead.open(2 ** 33 + length, random.bytes(21), out, back, 0));
    }
  }
});
