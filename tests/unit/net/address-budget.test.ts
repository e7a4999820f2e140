import assert from "node:assert/strict";
import { test } from "node:test";
import { AddressBudget, type AddressBudgetOptions } from "../../../engine/net/address-budget.js";
import { addressGroups, forwardedHost, hostOf, isIpAddress, isLoopback } from "../../../engine/net/network-address.js";

const OPTIONS: AddressBudgetOptions = {
  handshakesPerSecondMax: 100,
  handshakesPerAddressMax: 5,
  handshakesPerPrefixMax: 10,
  windowMs: 1_000,
  sessionsPerAddressMax: 2,
  sessionsPerPrefixMax: 3,
  limitsLoopback: false,
};
const budget = (options: Partial<AddressBudgetOptions> = {}) => new AddressBudget({ ...OPTIONS, ...options }, 0);

function takeAll(from: AddressBudget, host: string, count: number, nowMs = 0): (string | null)[] {
  return Array.from({ length: count }, () => from.takeHandshake(host, nowMs));
}

test("address: groups are the address and its /24, or for IPv6 its /64 and /56", () => {
  assert.deepEqual(addressGroups("203.0.113.7"), { host: "203.0.113.7", prefix: "203.0.113.0/24" });
  assert.deepEqual(addressGroups("::ffff:203.0.113.7"), addressGroups("203.0.113.7"));
  assert.deepEqual(addressGroups("2001:db8:1:22ff::9"), {
    host: "2001:db8:1:22ff::/64",
    prefix: "2001:db8:1:2200::/56",
  });
  assert.deepEqual(addressGroups("2001:DB8:0001:22ff:1:2:3:4"), addressGroups("2001:db8:1:22ff::9"));
  assert.deepEqual(addressGroups("node7"), { host: "node7", prefix: "node7" });
});

test("address: what is one and what is not", () => {
  for (const good of ["1.2.3.4", "::", "::1", "fe80::1%eth0", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8"])
    assert.equal(isIpAddress(good), true, good);
  for (const bad of ["", "1.2.3", "1.2.3.256", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "g::1", "unknown"])
    assert.equal(isIpAddress(bad), false, bad);
  for (const own of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]) assert.equal(isLoopback(own), true, own);
  for (const other of ["128.0.0.1", "127.example.com", "::2"]) assert.equal(isLoopback(other), false, other);
  assert.equal(hostOf("127.0.0.1:80"), "127.0.0.1");
  assert.equal(hostOf("::ffff:127.0.0.1:80"), "::ffff:127.0.0.1");
  assert.equal(hostOf("[2001:db8::1]:80"), "2001:db8::1");
});

test("forwarded: only what trusted proxies added is believed (the client writes the rest)", () => {
  const proxies = ["10.0.0.1", "10.0.0.2"];
  assert.equal(forwardedHost("203.0.113.7", "1.1.1.1", proxies), "203.0.113.7");
  assert.equal(forwardedHost("10.0.0.1", "203.0.113.7", proxies), "203.0.113.7");
  assert.equal(forwardedHost("::ffff:10.0.0.1", "203.0.113.7", proxies), "203.0.113.7");
  assert.equal(forwardedHost("10.0.0.1", "1.1.1.1, 203.0.113.7, 10.0.0.2", proxies), "203.0.113.7");
  assert.equal(forwardedHost("10.0.0.1", ["1.1.1.1", "203.0.113.7"], proxies), "203.0.113.7");
  assert.equal(forwardedHost("10.0.0.1", "203.0.113.7:4711", proxies), "203.0.113.7");
  assert.equal(forwardedHost("10.0.0.1", "[2001:db8::7]:4711", proxies), "2001:db8::7");
});

test("forwarded: a header that is missing, empty or nonsense leaves the proxy's own address", () => {
  for (const said of [undefined, "", ",", "unknown", "<script>", "10.0.0.1", "999.1.1.1"])
    assert.equal(forwardedHost("10.0.0.1", said, ["10.0.0.1"]), "10.0.0.1", String(said));
});

test("budget: an address has its handshakes, its network more, all together no more than the gate's", () => {
  const one = budget();
  assert.deepEqual(takeAll(one, "203.0.113.1", 6).slice(4), [null, "address"]);
  assert.deepEqual(takeAll(one, "203.0.113.2", 5), [null, null, null, null, null]);
  assert.equal(one.takeHandshake("203.0.113.3", 0), "prefix");
  assert.equal(one.takeHandshake("203.0.114.3", 0), null);
  const refused = Array.from({ length: 100 }, (_, i) => one.takeHandshake(`198.51.${i}.1`, 0)).filter(Boolean);
  assert.deepEqual(
    refused,
    Array.from({ length: 11 }, () => "all"),
  );
});

test("budget: it comes back with time, and a refusal costs nobody anything", () => {
  const one = budget();
  takeAll(one, "203.0.113.1", 5);
  for (let i = 0; i < 1_000; i++) assert.equal(one.takeHandshake("203.0.113.1", 0), "address");
  assert.equal(one.takeHandshake("198.51.100.1", 0), null);
  assert.equal(one.takeHandshake("203.0.113.1", 199), "address");
  assert.equal(one.takeHandshake("203.0.113.1", 400), null);
});

test("budget: one customer's many IPv6 addresses are one", () => {
  const one = budget();
  const answers = Array.from({ length: 6 }, (_, i) => one.takeHandshake(`2001:db8::${i + 1}`, 0));
  assert.equal(answers.at(-1), "address");
});

test("budget: this machine is held to the gate's budget only, unless it is to be limited", () => {
  assert.equal(
    takeAll(budget(), "127.0.0.1", 100).every((answer) => answer === null),
    true,
  );
  assert.equal(takeAll(budget(), "::1", 101).at(-1), "all");
  assert.equal(takeAll(budget({ limitsLoopback: true }), "127.0.0.1", 6).at(-1), "address");
});

test("budget: sessions are counted by address and network until they close", () => {
  const one = budget();
  assert.equal(one.openSession("203.0.113.1", 0), null);
  assert.equal(one.openSession("203.0.113.1", 0), null);
  assert.equal(one.openSession("203.0.113.1", 0), "address");
  assert.equal(one.openSession("203.0.113.2", 0), null);
  assert.equal(one.openSession("203.0.113.2", 0), "prefix");
  one.closeSession("203.0.113.1");
  assert.equal(one.openSession("203.0.113.2", 0), null);
  assert.equal(one.openSession("127.0.0.1", 0), null);
  one.closeSession("127.0.0.1");
});

test("budget: what is remembered is bounded by the global rate, and forgotten when idle (a million addresses)", () => {
  const one = budget();
  let largest = 0;
  for (let i = 0; i < 1_000_000; i++) {
    one.takeHandshake(`${(i >> 16) & 63}.${(i >> 8) & 255}.${i & 255}.1`, i / 100);
    largest = Math.max(largest, one.size);
  }
  assert.ok(largest < 5 * OPTIONS.handshakesPerSecondMax, `${largest} groups`);
});
