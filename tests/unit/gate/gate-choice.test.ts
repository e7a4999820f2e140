import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../../engine/base/random.js";
import { GateChoice, type GatePlace, type QueryStrategy } from "../../../gate/gate-choice.js";
import { isQuery, queryReply } from "../../../gate/query-reply.js";

const ready = (incarnation: number): GatePlace => ({ incarnation, clientUrl: `ws://g${incarnation}`, state: "ready" });

function choice(places: readonly GatePlace[], strategy: QueryStrategy = "load"): GateChoice {
  return new GateChoice({ strategy, random: new SeededRandom(4), clientsMax: 100, gates: () => places });
}

test("gate choice: by load the one with the fewest clients comes first, and says how full it is", () => {
  const one = choice([ready(1), ready(2), ready(3)]);
  one.update([
    { gate: 1, clients: 50 },
    { gate: 2, clients: 10 },
    { gate: 3, clients: 200 },
  ]);
  assert.deepEqual(one.offers(), [
    { url: "ws://g2", load: 26 },
    { url: "ws://g1", load: 128 },
    { url: "ws://g3", load: 255 },
  ]);
});

test("gate choice: a rush between two reports spreads evenly, and fills up the emptier gate first", () => {
  const one = choice([ready(1), ready(2), ready(3)]);
  one.update([{ gate: 1, clients: 30 }]);
  const told = new Map<string, number>();
  for (let i = 0; i < 90; i++) {
    const url = one.offers()[0]?.url ?? "";
    told.set(url, (told.get(url) ?? 0) + 1);
  }
  assert.deepEqual(Object.fromEntries(told), { "ws://g1": 10, "ws://g2": 40, "ws://g3": 40 });
});

test("gate choice: at random every gate has its share, whatever the load", () => {
  const one = choice([ready(1), ready(2)], "random");
  one.update([{ gate: 1, clients: 90 }]);
  const first = Array.from({ length: 1_000 }, () => one.offers()[0]?.url).filter((url) => url === "ws://g1");
  assert.ok(first.length > 400 && first.length < 600, `${first.length}`);
});

test("gate choice: gates that are not ready or take no clients are not named; 16 at most are", () => {
  const places: GatePlace[] = [
    { ...ready(1), state: "linking" },
    { ...ready(2), state: "stopping" },
    { ...ready(3), clientUrl: "" },
  ];
  assert.deepEqual(choice(places).offers(), []);
  assert.equal(choice(Array.from({ length: 40 }, (_, i) => ready(i + 1))).offers().length, 16);
});

test("query reply: JSON, best first; 503 while no gate takes clients; other origins where they may connect", () => {
  const offers = [{ url: "ws://a", load: 51 }];
  const ask = (origin?: string, allowed: readonly string[] = []) =>
    queryReply({ method: "GET", path: "/querygate", headers: { origin } }, offers, allowed);
  const reply = ask();
  assert.deepEqual(JSON.parse(reply.body as string), { gates: [{ ws: "ws://a", load: 0.2 }] });
  assert.equal(reply.status, 200);
  assert.equal(queryReply({ method: "GET", path: "/querygate", headers: {} }, [], []).status, 503);
  const cors = "access-control-allow-origin";
  assert.equal(ask("https://a.example").headers?.[cors], undefined);
  assert.equal(ask("https://a.example", ["https://b.example"]).headers?.[cors], undefined);
  assert.equal(ask("https://a.example", ["https://a.example"]).headers?.[cors], "https://a.example");
  assert.equal(ask("https://a.example", ["*"]).headers?.[cors], "https://a.example");
});

test("query reply: is asked for at any path that ends so, as a proxy may leave its own before it", () => {
  for (const path of ["/querygate", "/gate1/querygate", "/querygate?x=1"]) assert.equal(isQuery(path), true, path);
  for (const path of ["/", "/querygate/", "/index.html?/querygate", "/notquerygat"]) assert.equal(isQuery(path), false);
});
