import assert from "node:assert/strict";
import { test } from "node:test";
import { Scope, type ViewCheck } from "../../../../engine/property/op-sink.js";
import type { Shadow } from "../../../../engine/property/shadow.js";
import type { ClientMirror } from "./client-mirror.js";
import { idOf, TestGame, type TestGameOptions } from "./test-game.js";

const S = Scope.ALL_CLIENTS;
const HP = 1;

function game(options: TestGameOptions = {}): TestGame {
  const g = new TestGame(options);
  g.addSpace(1);
  return g;
}

function shadowOf(client: ClientMirror): Shadow {
  return (client as unknown as { shadow: Shadow }).shadow;
}

/** As a client's SDK asks. */
function ask(g: TestGame, observer: number, check: Partial<ViewCheck>): void {
  g.sink.viewCheck(observer, { target: 0, generation: 0, stage: "hash", parts: [], ...check });
  g.end();
}

function generationOf(g: TestGame, client: ClientMirror, slot: number): { target: number; generation: number } {
  const target = client.targetOf(idOf(slot));
  const { spaces } = g.core as unknown as { spaces: Map<number, { generations: Uint8Array }> };
  return { target, generation: spaces.get(1)?.generations[target] as number };
}

test("view check: a client is told the hash of what it should have, of exactly what was sent before", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  g.monster(2, 1, 0);
  g.end();
  g.trees[2]?.set("hp", 7);
  g.trees[1]?.set("gold", 8);
  const seen = generationOf(g, a, 2);
  g.sink.viewCheck(1, { ...seen, stage: "hash", parts: [] });
  g.trees[2]?.set("hp", 9);
  g.sink.viewCheck(1, { target: 0, generation: 0, stage: "hash", parts: [] });
  g.end();
  assert.equal(a.hashes.length, 2);
  for (const { hash, own } of a.hashes) assert.equal(own, hash);
});

test("view check: what is wrong in a copy is found, named in the log, and sent again", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  g.monster(2, 1, 0).set("hp", 5);
  g.end();
  const seen = generationOf(g, a, 2);
  shadowOf(a).fieldSet(seen.target, 0, HP, S, 99);
  ask(g, 1, seen);
  assert.notEqual(a.hashes.at(-1)?.own, a.hashes.at(-1)?.hash);
  ask(g, 1, { ...seen, stage: "nodes" });
  assert.deepEqual(
    a.divergences.map(({ path, part }) => [path, part]),
    [["", 0]],
  );
  a.takeLog();
  ask(g, 1, { ...seen, stage: "repair", parts: a.divergences.map(({ part, opNumber }) => ({ part, op: opNumber })) });
  assert.deepEqual(a.takeLog(), ["repairOps", "viewHashes"]);
  assert.equal(a.hashes.at(-1)?.own, a.hashes.at(-1)?.hash);
  assert.equal(a.viewPlain().get(idOf(2))?.plain.hp, 5);
  const [warning] = g.warnings as [{ entity: string; type: string; differs: string[] }];
  assert.deepEqual([warning.entity, warning.type, warning.differs], [idOf(2), "Monster", ["(root) (fields)"]]);
  assert.equal(g.metrics.snapshot().sync_divergences_total, 1);
});

test("view check: what is not in view, or was another's short id, is not answered", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  g.monster(2, 1, 0);
  g.end();
  const { target, generation } = generationOf(g, a, 2);
  ask(g, 1, { target, generation: generation + 1 });
  ask(g, 1, { target: 60_000 });
  g.tick([2, 500, 0]);
  ask(g, 1, { target, generation });
  assert.equal(a.hashes.length, 0);
});

test("view check: a client that asks more than its share is not answered, and is in the next second", () => {
  const g = game();
  const a = g.avatar(1, 0, 0);
  g.end();
  for (let i = 0; i < 100; i++) ask(g, 1, {});
  assert.equal(a.hashes.length, 16);
  assert.equal(g.metrics.snapshot().sync_view_checks_unanswered_total, 84);
  for (let i = 0; i < 25; i++) g.tick();
  ask(g, 1, {});
  assert.equal(a.hashes.length, 17);
});

test("view check: clients are checked now and then, each in its turn, with all they see", () => {
  const g = game({ viewCheckIntervalMs: 500 });
  const clients = Array.from({ length: 10 }, (_, i) => g.avatar(i + 1, i / 10, 0));
  const ticks: number[] = [];
  for (let tick = 1; tick <= 41; tick++) {
    g.trees[1 + (tick % 10)]?.set("hp", tick);
    g.tick([1, tick / 100, 0]);
    g.end();
    ticks.push(clients.filter((client) => client.hashes.splice(0).every(({ hash, own }) => hash === own)).length);
    if (tick === 20) for (const client of clients) assert.ok(client.log.includes("viewHashes"));
  }
  assert.ok(ticks.every((right) => right === clients.length));
  const firsts = clients.map((client) => client.log.indexOf("viewHashes"));
  assert.ok(new Set(firsts).size > 3, "not all in one tick");
});
