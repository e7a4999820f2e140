import assert from "node:assert/strict";
import { test } from "node:test";
import { asReachedFrom } from "../../../client/gate-address.js";

test("gate address: loopback is the machine that was asked, anything else is what it is", () => {
  const cases = [
    ["ws://192.168.1.7:7711", "ws://127.0.0.1:7712", "ws://192.168.1.7:7712"],
    ["ws://192.168.1.7:7711/", "kcp://localhost:7712?key=abc", "kcp://192.168.1.7:7712?key=abc"],
    ["wss://play.example/gate1", "wss://[::1]:7712/x", "wss://play.example:7712/x"],
    ["ws://127.0.0.1:7711", "ws://127.0.0.1:7712", "ws://127.0.0.1:7712"],
    ["ws://localhost:7711", "ws://127.0.0.1:7712", "ws://127.0.0.1:7712"],
    ["ws://192.168.1.7:7711", "ws://10.0.0.1:7712", "ws://10.0.0.1:7712"],
    ["ws://192.168.1.7:7711", "nonsense", "nonsense"],
  ] as const;
  for (const [asked, told, reached] of cases) assert.equal(asReachedFrom(asked, told), reached);
});
