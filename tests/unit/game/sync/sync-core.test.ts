import assert from "node:assert/strict";
import { test } from "node:test";
import type { CustomList } from "../../../../engine/property/custom-list.js";
import { ClientMirror } from "./client-mirror.js";
import { ACCOUNT, AVATAR, GATE, idOf, ON_SAY, OTHER_GATE, TestGame } from "./test-game.js";

function game(): TestGame {
  const game = new TestGame();
  game.addSpace(1);
  return game;
}

function bagOf(game: TestGame, slot: number): CustomList<number> {
  return game.trees[slot]?.get("bag") as CustomList<number>;
}

test("attach: definitions, own entity, space, view, in this order and in one drain", () => {
  const g = game();
  g.monster(2, 3, 0);
  const client = g.avatar(1, 0, 0);
  g.end();
  assert.deepEqual(client.takeLog(), ["definitions", "ownEnter", "spaceEnter", "viewEnter"]);
  assert.equal(client.own?.id, idOf(1));
  assert.equal(client.space, 1);
  assert.deepEqual([...client.viewPlain().keys()], [idOf(2)]);
});

test("attach: definitions that the client has are not sent again", () => {
  const g = game();
  g.create(1, ACCOUNT);
  const client = g.attach(1, 1, new ClientMirror(g.definitions), g.definitions.hash);
  g.end();
  assert.deepEqual(client.takeLog(), ["ownEnter", "spaceEnter"]);
  assert.equal(client.space, 0);
});

test("scopes: own client sees its own, viewers what is public, nobody what is the server's", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  const b = g.avatar(2, 1, 0);
  g.end();
  g.trees[1]?.set("hp", 77);
  g.trees[1]?.set("gold", 5);
  g.trees[1]?.set("threat", 9);
  g.end();
  const own = a.ownPlain();
  assert.deepEqual([own.hp, own.gold, "threat" in own], [77, 5, false]);
  const seen = b.viewPlain().get(idOf(1))?.plain ?? {};
  assert.deepEqual([seen.hp, "gold" in seen, "threat" in seen], [77, false, false]);
});

test("changes: what only the server sees sends nothing; several changes of a drain are one body", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  g.end();
  a.takeLog();
  g.trees[1]?.set("threat", 1);
  g.end();
  assert.deepEqual(a.takeLog(), []);
  g.trees[1]?.set("hp", 1);
  g.flush();
  g.trees[1]?.set("hp", 2);
  g.trees[1]?.set("gold", 3);
  g.end();
  assert.deepEqual(a.takeLog(), ["nearChanges"]);
  assert.equal(a.ownPlain().hp, 2);
});

test("call: changes before it arrive before it, later ones after (own client and viewers)", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  const b = g.avatar(2, 1, 0);
  g.end();
  g.trees[1]?.set("hp", 10);
  g.sink.clientCall(1, "all", ON_SAY, new Uint8Array([1]));
  g.trees[1]?.set("hp", 20);
  g.sink.clientCall(1, "others", ON_SAY, new Uint8Array([2]));
  g.trees[1]?.set("hp", 30);
  g.end();
  assert.deepEqual(
    a.calls.map((call) => [call.target, call.method, call.args, call.plain.hp]),
    [[0, ON_SAY, [1], 10]],
  );
  const target = b.targetOf(idOf(1));
  assert.deepEqual(
    b.calls.map((call) => [call.target, call.args, call.plain.hp]),
    [
      [target, [1], 10],
      [target, [2], 20],
    ],
  );
  assert.equal(b.viewPlain().get(idOf(1))?.plain.hp, 30);
});

test("call: a change of another entity before it arrives before it", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  const monster = g.monster(2, 1, 0);
  g.end();
  a.takeLog();
  monster.set("hp", 3);
  g.sink.clientCall(1, "own", ON_SAY, new Uint8Array());
  g.sink.clientReply(1, 44, "", new Uint8Array([7]));
  g.end();
  assert.deepEqual(a.takeLog(), ["nearChanges", "clientCall", "callReply"]);
  assert.deepEqual(a.replies, [{ callId: 44, code: "", payload: [7] }]);
});

test("view: enters with its state, moves, leaves beyond the margin", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  g.monster(2, 30, 0).set("hp", 12);
  g.end();
  a.takeLog();
  g.tick([2, 10, 0]);
  g.end();
  assert.deepEqual(a.takeLog(), ["tick", "viewEnter"]);
  assert.deepEqual([...a.view.values()][0]?.position, [10, 0, 0, 0]);
  assert.equal(a.viewPlain().get(idOf(2))?.plain.hp, 12);
  g.tick([2, 11, 0]);
  g.end();
  assert.deepEqual(a.takeLog(), ["tick", "shortTransforms"]);
  assert.deepEqual([...a.view.values()][0]?.position, [11, 0, 0, 0]);
  g.tick([2, 13, 0]);
  g.end();
  assert.deepEqual(a.takeLog(), ["tick", "viewLeave"]);
  assert.equal(a.view.size, 0);
});

test("view: an entity that enters and changes in one drain is neither doubled nor short (list operations)", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  g.monster(2, 30, 0);
  const b = g.avatar(3, 30, 1);
  g.end();
  bagOf(g, 2).push(1);
  bagOf(g, 2).push(2);
  g.tick([2, 9, 0], [3, 9, 1]);
  bagOf(g, 2).remove(0);
  bagOf(g, 2).insert(0, 5);
  g.end();
  assert.deepEqual(a.viewPlain().get(idOf(2))?.plain.bag, [5, 2]);
  assert.deepEqual(b.viewPlain().get(idOf(2))?.plain.bag, [5, 2]);
  assert.deepEqual(a.takeLog().slice(3), ["tick", "viewEnter", "viewEnter", "propertyOps"]);
});

test("view: one that is created among viewers with values is seen as it is, then as it changes", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  g.end();
  const tree = g.create(2, AVATAR);
  tree.set("bag", [1, 2, 3]);
  g.enterSpace(2, 1, 1, 0);
  bagOf(g, 2).push(4);
  g.sink.clientCall(2, "all", ON_SAY, new Uint8Array());
  g.end();
  assert.deepEqual(a.calls[0]?.plain.bag, [1, 2, 3, 4]);
});

test("destroy: its last changes arrive, then it leaves; its slot may be used again at once", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  g.monster(2, 1, 0);
  g.end();
  a.takeLog();
  g.trees[2]?.set("hp", 1);
  g.destroy(2);
  g.monster(2, 2, 0).set("hp", 50);
  g.end();
  assert.deepEqual(a.takeLog(), ["nearChanges", "viewLeave", "viewEnter", "nearChanges"]);
  assert.equal(a.viewPlain().get(idOf(2))?.plain.hp, 50);
});

test("destroy: the client of a destroyed entity hears nothing more", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  g.end();
  a.takeLog();
  g.destroy(1);
  for (let i = 0; i < 50; i++) g.tick();
  g.end();
  assert.deepEqual(a.takeLog(), []);
  assert.equal(g.metrics.snapshot().sync_clients, 0);
});

test("space: leaving empties the view, another space fills it anew", () => {
  const g = game();
  g.addSpace(2);
  const a = g.avatar(1, 0, 0);
  const b = g.avatar(2, 1, 0);
  g.end();
  a.takeLog();
  b.takeLog();
  g.leaveSpace(1);
  g.end();
  assert.deepEqual([a.takeLog(), a.space, a.view.size], [["spaceEnter"], 0, 0]);
  assert.deepEqual(b.takeLog(), ["viewLeave"]);
  g.enterSpace(1, 2, 5, 5);
  g.enterSpace(2, 2, 6, 5);
  g.end();
  assert.deepEqual([a.takeLog(), a.space], [["spaceEnter", "viewEnter"], 2]);
  assert.deepEqual([b.takeLog(), b.space], [["spaceEnter", "viewEnter"], 2]);
  g.closeSpace(2);
  g.end();
  assert.deepEqual([a.space, a.view.size, b.space, b.view.size], [0, 0, 0, 0]);
});

test("give: everything before goes first, then the client is bound elsewhere and hears nothing more", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  g.avatar(2, 1, 0);
  g.trees[1]?.set("hp", 3);
  g.sink.clientGive(1, 77, idOf(2));
  g.trees[1]?.set("hp", 4);
  g.sink.clientCall(1, "own", ON_SAY, new Uint8Array());
  g.end();
  assert.deepEqual(a.takeLog().slice(-2), ["nearChanges", "spaceEnter"]);
  assert.deepEqual(g.events, [`bind 77 ${idOf(2)} after 6`]);
  assert.equal(a.view.size, 0);
});

test("give: the client may next own an entity that it saw (bound again on this game)", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  g.create(2, AVATAR);
  g.enterSpace(2, 1, 1, 0);
  g.end();
  g.sink.clientGive(1, 77, idOf(2));
  g.attach(2, 99, a, g.definitions.hash);
  g.end();
  assert.equal(a.own?.id, idOf(2));
});

test("kick: what was said before reaches the client first", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  g.end();
  a.takeLog();
  g.sink.clientCall(1, "own", ON_SAY, new Uint8Array());
  g.sink.clientKick(1, "CLIENT_KICKED", "bye");
  g.end();
  assert.deepEqual(g.events, ["kick CLIENT_KICKED after 1"]);
  assert.deepEqual(a.takeLog(), ["clientCall"]);
});

test("detach: nothing further is sent, others still see the entity, a later client begins anew", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  const b = g.avatar(2, 1, 0);
  g.end();
  a.takeLog();
  g.sink.clientDetach(1);
  g.trees[2]?.set("hp", 9);
  g.tick([2, 2, 0]);
  g.end();
  assert.deepEqual(a.takeLog(), []);
  assert.equal(b.view.size, 1);
  const again = g.attach(1, 5, new ClientMirror(), "", OTHER_GATE);
  g.end();
  assert.deepEqual(again.takeLog(), ["definitions", "ownEnter", "spaceEnter", "tick", "viewEnter"]);
  assert.equal(again.viewPlain().get(idOf(2))?.plain.hp, 9);
});

test("tick: a client to whom nothing happens hears of it once a second", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  g.end();
  a.takeLog();
  for (let i = 0; i < 100; i++) {
    g.tick();
    g.end();
  }
  const heard = a.takeLog();
  assert.ok(heard.length >= 5 && heard.length <= 6, `${heard.length} ticks in 5 s`);
  assert.ok(heard.every((name) => name === "tick"));
});

test("radius: a client that sees nothing from here on loses its view; farther sight shows more", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  g.monster(2, 5, 0);
  g.monster(3, 25, 0);
  g.end();
  g.sink.viewRadius(1, 30, 2);
  g.end();
  assert.equal(a.view.size, 2);
  g.sink.viewRadius(1, 0, 0);
  g.end();
  assert.equal(a.view.size, 0);
});

test("view change: beginnings and ends of sight are reported, also when the client goes", () => {
  const g = game();
  g.avatar(1, 0, 0);
  g.sink.viewEvents(1, true);
  g.monster(2, 5, 0);
  g.monster(3, 5, 5);
  assert.deepEqual(g.viewChanges.splice(0), ["entity1 + entity2", "entity1 + entity3"]);
  g.tick([2, 40, 0]);
  assert.deepEqual(g.viewChanges.splice(0), ["entity1 - entity2"]);
  g.sink.clientDetach(1);
  assert.deepEqual(g.viewChanges.splice(0), ["entity1 - entity3"]);
});

test("correction: reaches the own client only", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  const b = g.avatar(2, 1, 0);
  g.end();
  b.takeLog();
  g.sink.moveCorrect(1, 12, 3, "corrected", 1, 2, 3, 0.5);
  g.end();
  assert.deepEqual([a.corrected, a.ownPosition], [12, [1, 2, 3, 0.5]]);
  assert.deepEqual(b.takeLog(), []);
});

test("frames: a gate gets each body once, however many clients get it", () => {
  const g = game();
  for (let slot = 1; slot <= 20; slot++) g.avatar(slot, slot / 10, 0);
  g.end();
  const encoded = g.metrics.counter("sync_bodies_encoded_total");
  const sent = g.metrics.counter("sync_bodies_sent_total");
  const [encodedBefore, sentBefore] = [encoded.value, sent.value];
  for (let slot = 1; slot <= 20; slot++) g.trees[slot]?.set("hp", slot);
  g.end();
  // For its own client and for the others.
  assert.equal(encoded.value - encodedBefore, 20 + 20);
  // And the head of its parts for each client.
  assert.equal(sent.value - sentBefore, 20 + 20 * 19 + 20);
  assert.equal(g.metrics.snapshot().sync_clients, 20);
  assert.ok(g.mirrors.has(`${GATE}/1/1`));
});

function seenAt(client: ClientMirror, slot: number): number[] | undefined {
  return client.viewPlain().get(idOf(slot))?.position;
}

test("positions: to 1/64 unit; the height is told when it changes, and who joins late has it too", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  g.monster(2, 1, 0);
  g.end();
  g.tick([2, 1.26, -2.51, 3.14]);
  g.end();
  assert.deepEqual(seenAt(a, 2), [1.265625, 3.140625, -2.515625, 0]);
  g.tick([2, 1.5, -2.5, 3.14]);
  g.end();
  assert.deepEqual(seenAt(a, 2), [1.5, 3.140625, -2.5, 0]);
  const late = g.avatar(3, 0, 1);
  g.end();
  assert.equal(seenAt(late, 2)?.[1], Math.fround(3.14));
});

test("positions: a step too small to be told sends nothing", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  g.monster(2, 1, 0);
  g.end();
  g.tick();
  g.end();
  a.takeLog();
  g.tick([2, 1.004, 0]);
  g.end();
  assert.deepEqual(a.takeLog(), []);
  g.tick([2, 1.012, 0]);
  g.end();
  assert.deepEqual(a.takeLog(), ["tick", "shortTransforms"]);
});

test("positions: what a short transform cannot say is told exactly (far away, high up, anywhere in the world)", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  g.sink.viewRadius(1, 5_000, 10);
  g.monster(2, 100, 0);
  g.monster(3, 100, 5);
  g.monster(4, 100, 10);
  g.end();
  a.takeLog();
  g.tick([2, 2_000.3, 0], [3, 100, 5.5, 900.3], [4, 110, 10]);
  g.end();
  assert.deepEqual(a.takeLog(), ["tick", "shortTransforms", "transforms"]);
  assert.deepEqual(seenAt(a, 2), [Math.fround(2_000.3), 0, 0, 0]);
  assert.deepEqual(seenAt(a, 3), [100, Math.fround(900.3), 5.5, 0]);
  assert.deepEqual(seenAt(a, 4), [110, 0, 10, 0]);
  for (const away of [-999_000, -700.25, 123.5, 4_095.75, 65_537, 998_999.5]) {
    g.tick([1, away, -away], [4, away + 40, 30 - away]);
    g.end();
    assert.deepEqual(seenAt(a, 4), [away + 40, 0, 30 - away, 0], `${away}`);
  }
});

test("rates: far ones are told of every second and every fourth tick, and where they stop", () => {
  const g = new TestGame({ rates: { halfRateFrom: 0.5, quarterRateFrom: 0.75 } });
  g.addSpace(1);
  const a = g.avatar(1, 0, 0);
  const distances = { 2: 3, 3: 6, 4: 9 };
  for (const [slot, x] of Object.entries(distances)) g.monster(Number(slot), x, 0);
  g.end();
  const heard = { 2: 0, 3: 0, 4: 0 };
  for (let tick = 1; tick <= 40; tick++) {
    const before = [2, 3, 4].map((slot) => seenAt(a, slot)?.[2]);
    g.tick([2, 3, tick / 64], [3, 6, tick / 64], [4, 9, tick / 64]);
    g.end();
    for (const [i, slot] of ([2, 3, 4] as const).entries()) if (seenAt(a, slot)?.[2] !== before[i]) heard[slot] += 1;
  }
  assert.deepEqual(heard, { 2: 40, 3: 20, 4: 10 });
  for (let tick = 0; tick < 4; tick++) {
    g.tick();
    g.end();
  }
  for (const slot of [2, 3, 4]) assert.equal(seenAt(a, slot)?.[2], 40 / 64);
});

test("limit: a client sees as many as it may, and the others by turns", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  for (let slot = 2; slot <= 40; slot++) g.monster(slot, slot / 8, 0);
  g.end();
  assert.equal(a.view.size, 39);
  g.sink.viewLimit(1, 8);
  g.end();
  assert.equal(a.view.size, 8);
  const met = new Set(a.viewPlain().keys());
  for (let tick = 0; tick < 100; tick++) {
    g.tick([2, 0.25 + tick / 64, 0]);
    g.end();
    assert.equal(a.view.size, 8);
    for (const id of a.viewPlain().keys()) met.add(id);
  }
  assert.equal(met.size, 39, "all were seen within 5 s");
  g.sink.viewLimit(1, 0);
  g.end();
  assert.equal(a.view.size, 39);
});

test("rules: hidden, for a team, for one entity; changes show at once, and nothing is said to who may not see", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  const b = g.avatar(2, 1, 0);
  const monster = g.monster(3, 2, 0);
  g.end();
  const rule = { teams: 0, seenByTeams: 0, seenBy: "", hidden: false };
  const seers = () => [a, b].map((client) => client.viewPlain().has(idOf(3)));
  g.sink.viewRule(3, { ...rule, hidden: true });
  g.end();
  assert.deepEqual(seers(), [false, false]);
  a.takeLog();
  monster.set("hp", 3);
  g.sink.clientCall(3, "all", ON_SAY, new Uint8Array());
  g.end();
  assert.deepEqual(a.takeLog(), []);
  g.sink.viewRule(3, { ...rule, seenByTeams: 4 });
  g.sink.viewRule(2, { ...rule, teams: 6 });
  g.end();
  assert.deepEqual(seers(), [false, true]);
  g.sink.viewRule(3, { ...rule, seenBy: idOf(1) });
  g.end();
  assert.deepEqual(seers(), [true, false]);
  assert.equal(a.viewPlain().get(idOf(3))?.plain.hp, 3);
  g.sink.viewRule(3, rule);
  g.end();
  assert.deepEqual(seers(), [true, true]);
});
