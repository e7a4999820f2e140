import assert from "node:assert/strict";
import { test } from "node:test";
import { GateList } from "../../../client/gate-list.js";
import { askOverHttp, gateQuery } from "../../../client/gate-query.js";
import { SeededRandom } from "../../../engine/base/random.js";

const gates = (...urls: unknown[]) => ({ gates: urls.map((ws) => ({ ws, load: 0.1 })) });

test("gate query: over HTTP at the gate's own address, wss by https, below a proxy's path", async () => {
  const asked: string[] = [];
  const ask = askOverHttp(async (url) => {
    asked.push(url);
    return gates("ws://a:1");
  });
  for (const url of ["ws://a:1", "ws://a:1/", "wss://b/gate1", "wss://b/gate1/?x"]) await ask(url);
  assert.deepEqual(asked, [
    "http://a:1/querygate",
    "http://a:1/querygate",
    "https://b/gate1/querygate",
    "https://b/gate1/querygate",
  ]);
});

test("gate query: the gates are asked in turn until one answers", async () => {
  const asked: string[] = [];
  const ask = async (url: string) => {
    asked.push(url);
    if (url === "ws://dead") throw new Error("no");
    return url === "ws://full" ? [] : ["ws://best", "ws://next"];
  };
  const query = gateQuery({ "ws:": ask });
  assert.deepEqual(await query(["nonsense", "kcp://skipped", "ws://dead", "ws://full", "ws://good", "ws://later"]), [
    "ws://best",
    "ws://next",
  ]);
  assert.deepEqual(asked, ["ws://dead", "ws://full", "ws://good"]);
  await assert.rejects(query(["ws://dead"]), /no/);
  await assert.rejects(query(["kcp://skipped"]), { code: "CLIENT_DISCONNECTED" });
});

test("gate query: who asked by wss is sent to wss only", async () => {
  const query = gateQuery({ "wss:": async () => ["ws://evil", "wss://good"] });
  assert.deepEqual(await query(["wss://a"]), ["wss://good"]);
});

test("gate query: an answer that is none, or names what is no gate, leads nowhere", async () => {
  for (const answer of [null, 7, "x", {}, { gates: 7 }]) {
    await assert.rejects(askOverHttp(async () => answer)("ws://a"), { code: "BYTES_MALFORMED" });
  }
  const strange = gates("javascript:alert(1)", 7, null, "http://a", "ws://b");
  assert.deepEqual(await askOverHttp(async () => strange)("ws://a"), ["ws://b"]);
  const many = gates(...Array.from({ length: 1_000 }, (_, i) => `ws://g${i}`));
  const query = gateQuery({ "ws:": askOverHttp(async () => many) });
  assert.equal((await query(["ws://a"])).length, 64);
});

test("gate list: preferred gates come first; other addresses of the current one are tried before other gates", () => {
  const list = new GateList(["ws://a", "ws://b"], new SeededRandom(1));
  list.prefer(["ws://c", "ws://b", "ws://c"]);
  assert.deepEqual(list.all, ["ws://c", "ws://b", "ws://a"]);
  assert.equal(list.current, "ws://c");
  list.learnSame(["kcp://c", "ws://a"]);
  assert.deepEqual(list.all, ["ws://c", "kcp://c", "ws://b", "ws://a"]);
  list.failed(true);
  assert.equal(list.current, "ws://c");
  list.failed(true);
  assert.equal(list.current, "kcp://c");
});
