import assert from "node:assert/strict";
import { test } from "node:test";
import { randomIndex, SeededRandom } from "../../../../engine/base/random.js";
import type { CustomList } from "../../../../engine/property/custom-list.js";
import type { CustomMap } from "../../../../engine/property/custom-map.js";
import type { ClientMirror } from "./client-mirror.js";
import { GATE, idOf, ON_SAY, TestGame, type TestGameOptions, TICK_MS } from "./test-game.js";

const WINDOW_BYTES = 400;
const TICKS_PER_SECOND = 1_000 / TICK_MS;

function game(options: TestGameOptions = {}): TestGame {
  const g = new TestGame({ clientWindowBytes: WINDOW_BYTES, ...options });
  g.addSpace(1);
  return g;
}

function tickOnce(g: TestGame, ...moved: [number, number, number][]): void {
  g.tick(...moved);
  g.end();
}

/** Avatar 1 with a client that confirms nothing any more, and is behind; monster 2 beside it. */
function behind(): { g: TestGame; client: ClientMirror; confirmedBytes: number } {
  const g = game();
  const client = g.avatar(1, 0, 0);
  g.monster(2, 3, 0);
  g.end();
  g.confirm(1);
  const confirmedBytes = g.givenTo(1);
  tickOnce(g);
  for (let i = 1; g.behindCount === 0; i++) {
    g.trees[2]?.set("hp", i);
    g.end();
  }
  client.takeLog();
  return { g, client, confirmedBytes };
}

function caughtUp(g: TestGame): void {
  for (let i = 0; i < 100 && g.behindCount > 0; i++) {
    g.confirmAll();
    tickOnce(g);
  }
  assert.equal(g.behindCount, 0);
}

test("credit: a client that confirms nothing is sent its window and one frame more, then nothing of what may be merged", () => {
  const { g, client, confirmedBytes } = behind();
  const sentBytes = g.givenTo(1) - confirmedBytes;
  assert.ok(sentBytes >= WINDOW_BYTES && sentBytes < WINDOW_BYTES + 30, `${sentBytes} bytes`);
  const bag = g.trees[2]?.get("bag") as CustomList<number>;
  for (let i = 0; i < 500; i++) {
    g.trees[2]?.set("hp", i % 7);
    bag.push(i);
    g.trees[1]?.set("gold", i);
    tickOnce(g, [2, 3 + (i % 50) / 64, 0]);
  }
  assert.deepEqual(client.takeLog(), []);
  caughtUp(g);
  assert.equal(client.ownPlain().gold, 499);
  const seen = client.viewPlain().get(idOf(2));
  assert.equal(seen?.plain.hp, 499 % 7);
  assert.deepEqual(
    seen?.plain.bag,
    Array.from({ length: 500 }, (_, i) => i),
  );
  assert.deepEqual(seen?.position, [3 + 49 / 64, 0, 0, 0]);
});

test("credit: what is told later is the difference, once, however often it changed (numbers of one entity)", () => {
  const { g, client } = behind();
  for (let i = 0; i < 100; i++) {
    g.trees[2]?.set("hp", i);
    g.end();
  }
  g.confirm(1);
  tickOnce(g);
  assert.deepEqual(client.takeLog(), ["tick", "nearChanges"]);
  assert.equal(g.behindCount, 0);
  g.trees[2]?.set("hp", 5);
  g.end();
  assert.deepEqual(client.takeLog(), ["nearChanges"]);
});

test("credit: of a tree only the parts that changed are told again, what is gone and what came among them", () => {
  const { g, client } = behind();
  const school = g.trees[1]?.get("school") as CustomMap<{ number: number; teacher: string }>;
  const buffs = g.trees[1]?.get("buffs") as CustomMap<CustomList<string>>;
  school.set("a", { number: 1, teacher: "" });
  school.set("b", { number: 2, teacher: "" });
  buffs.set("x", ["one"] as never);
  g.end();
  caughtUp(g);
  client.takeLog();
  while (g.behindCount === 0) {
    g.trees[1]?.set("gold", ((client.ownPlain().gold as number) + 1) % 1_000);
    g.end();
  }
  client.takeLog();
  const held = school.get("a");
  assert.ok(held !== undefined);
  held.number = 7;
  g.end();
  held.number = 8;
  buffs.get("x")?.push("two");
  g.end();
  buffs.delete("x");
  buffs.set("y", ["three"] as never);
  g.end();
  caughtUp(g);
  assert.deepEqual(client.ownPlain().school, { a: { number: 8 }, b: { number: 2 } });
  assert.deepEqual(client.ownPlain().buffs, { y: ["three"] });
  const log = client.takeLog();
  assert.equal(log.filter((name) => name === "repairOps").length, 1, log.join());
});

test("credit: who comes into view is put off, and one that leaves untold is never spoken of", () => {
  const { g, client } = behind();
  g.monster(3, 4, 0);
  g.monster(4, 5, 0);
  g.end();
  g.leaveSpace(3);
  g.end();
  assert.deepEqual(client.takeLog(), []);
  // Its short id is another's now.
  g.monster(5, 6, 0);
  g.end();
  caughtUp(g);
  assert.deepEqual([...client.viewPlain().keys()].sort(), [idOf(2), idOf(4), idOf(5)]);
  assert.equal(client.takeLog().filter((name) => name === "viewEnter").length, 2);
});

test("credit: who was told of leaves at once, and what it lacked is forgotten", () => {
  const { g, client } = behind();
  g.trees[2]?.set("hp", 77);
  g.end();
  g.leaveSpace(2);
  g.end();
  assert.deepEqual(client.takeLog(), ["viewLeave"]);
  caughtUp(g);
  assert.equal(client.view.size, 0);
});

test("credit: a call brings what its entity lacks with it, in front of it, and nothing of others", () => {
  const { g, client } = behind();
  g.monster(3, 4, 0);
  g.trees[2]?.set("hp", 50);
  g.trees[1]?.set("gold", 9);
  g.end();
  g.sink.clientCall(2, "all", ON_SAY, new Uint8Array([2]));
  g.end();
  assert.deepEqual(client.takeLog(), ["nearChanges", "clientCall"]);
  assert.equal(client.calls.at(-1)?.plain.hp, 50);
  g.sink.clientCall(3, "all", ON_SAY, new Uint8Array([3]));
  g.end();
  assert.deepEqual(client.takeLog(), ["viewEnter", "clientCall"]);
  g.sink.clientReply(1, 1, "", new Uint8Array());
  g.end();
  assert.deepEqual(client.takeLog(), ["nearChanges", "callReply"]);
  assert.equal(client.ownPlain().gold, 9);
});

test("credit: a client that enters another space while it is behind sees that one and nobody of the first", () => {
  const { g, client } = behind();
  g.addSpace(2);
  g.monster(3, 4, 0);
  g.trees[2]?.set("hp", 50);
  g.trees[1]?.set("gold", 9);
  g.end();
  g.enterSpace(1, 2, 0, 0);
  g.end();
  assert.deepEqual(client.takeLog(), ["spaceEnter"]);
  caughtUp(g);
  assert.equal(client.view.size, 0);
  assert.equal(client.ownPlain().gold, 9);
});

test("credit: one that goes on at another stream has been told of its own entity before", () => {
  const { g, client } = behind();
  g.trees[1]?.set("gold", 9);
  g.end();
  g.sink.clientSwitch(1, 2);
  g.end();
  assert.equal(client.ownPlain().gold, 9);
});

test("credit: word of another bind number, of an unknown client, or of more than was sent does no harm", () => {
  const { g, client } = behind();
  g.core.clientCredit(GATE, { handle: 1, bindNumber: 2, confirmedBytes: 10_000, isLossy: false });
  g.core.clientCredit(GATE, { handle: 99, bindNumber: 1, confirmedBytes: 10_000, isLossy: false });
  g.core.clientCredit(GATE + 1, { handle: 1, bindNumber: 1, confirmedBytes: 10_000, isLossy: false });
  tickOnce(g);
  assert.deepEqual(client.takeLog(), []);
  g.core.clientCredit(GATE, { handle: 1, bindNumber: 1, confirmedBytes: 2 ** 40, isLossy: false });
  caughtUp(g);
  for (let i = 0; g.behindCount === 0; i++) {
    assert.ok(i < 1_000, "its window is as large as before");
    g.trees[2]?.set("hp", i % 100);
    g.end();
  }
});

test("credit: a crowd that comes into view at once is told of as far as the window goes, and the rest when there is room", () => {
  const g = game({ clientWindowBytes: 2_000 });
  for (let slot = 2; slot < 202; slot++) g.monster(slot, (slot % 20) / 4, slot / 40);
  g.end();
  const client = g.avatar(1, 0, 0);
  g.end();
  assert.ok(client.view.size > 10 && client.view.size < 100, `${client.view.size}`);
  caughtUp(g);
  assert.equal(client.view.size, 200);
});

test("credit: nobody else notices a client that is behind", () => {
  const { g } = behind();
  const other = g.avatar(3, 1, 1);
  g.end();
  g.confirm(3);
  tickOnce(g);
  other.takeLog();
  g.trees[2]?.set("hp", 50);
  g.end();
  tickOnce(g, [2, 2, 0]);
  assert.deepEqual(other.takeLog(), ["nearChanges", "tick", "shortTransforms"]);
});

/** 200 movers around one client, and what it was given in each tick. */
function budgetRun(bytesPerSecond: number, ticks: number, changes: boolean) {
  const g = game({ clientWindowBytes: undefined, clientBytesPerSecond: bytesPerSecond });
  const client = g.avatar(1, 0, 0);
  g.sink.viewRadius(1, 50, 5);
  for (let slot = 2; slot < 202; slot++) g.monster(slot, slot / 8, slot / 16);
  g.end();
  for (let i = 0; i < 5 * TICKS_PER_SECOND; i++) tickOnce(g);
  assert.equal(client.view.size, 200);
  const random = new SeededRandom(4);
  const given: number[] = [];
  const staleSince = new Map<number, number>();
  let oldest = 0;
  for (let tick = 0; tick < ticks; tick++) {
    const moved = Array.from({ length: 200 }, (_, i): [number, number, number] => {
      return [i + 2, (i + 2) / 8 + randomIndex(random, 64) / 64, (i + 2) / 16];
    });
    if (changes) for (let slot = 2; slot < 202; slot++) g.trees[slot]?.set("hp", 1 + ((tick * 7 + slot) % 30_000));
    const before = g.givenTo(1);
    tickOnce(g, ...moved);
    given.push(g.givenTo(1) - before);
    for (const [slot, x, z] of moved) {
      const seen = client.viewPlain().get(idOf(slot));
      const isRight = seen?.position[0] === x && seen.position[2] === z;
      if (isRight && (!changes || seen.plain.hp === 1 + ((tick * 7 + slot) % 30_000))) staleSince.delete(slot);
      else if (!staleSince.has(slot)) staleSince.set(slot, tick);
      oldest = Math.max(oldest, tick - (staleSince.get(slot) ?? tick));
    }
  }
  return { given, oldestMs: oldest * TICK_MS };
}

for (const changes of [false, true]) {
  const what = changes ? "moves and changes" : "moves";
  test(`budget: at 16 KB/s with 200 in view each that ${what} is told of within 2 s, and no second takes more`, () => {
    const bytesPerSecond = 16_000;
    const { given, oldestMs } = budgetRun(bytesPerSecond, 6 * TICKS_PER_SECOND, changes);
    assert.ok(oldestMs <= 2_000, `${oldestMs} ms`);
    const frameBytes = Math.max(...given);
    for (let from = 0; from + TICKS_PER_SECOND <= given.length; from++) {
      const second = given.slice(from, from + TICKS_PER_SECOND).reduce((sum, bytes) => sum + bytes, 0);
      assert.ok(second <= bytesPerSecond + frameBytes, `${second} bytes in a second, ${frameBytes} in a frame`);
    }
    const all = given.reduce((sum, bytes) => sum + bytes, 0);
    assert.ok(all > bytesPerSecond * 6 * 0.8, `${all} bytes: the budget is used`);
  });
}

test("budget: one that needs less than its budget is told of everything at once", () => {
  const g = game({ clientWindowBytes: undefined, clientBytesPerSecond: 16_000 });
  const client = g.avatar(1, 0, 0);
  g.monster(2, 3, 0);
  for (let i = 0; i < TICKS_PER_SECOND; i++) tickOnce(g);
  client.takeLog();
  for (let i = 1; i < 40; i++) {
    g.trees[2]?.set("hp", i);
    g.end();
    assert.deepEqual(client.takeLog(), ["nearChanges"]);
    tickOnce(g, [2, 3 + i / 64, 0]);
    assert.deepEqual(client.takeLog(), ["tick", "shortTransforms"]);
  }
});

test("rates: what all do at once is told of at once, also of those at half rate, from the second time on", () => {
  const g = new TestGame({ rates: { halfRateFrom: 0.2, quarterRateFrom: 1 } });
  g.addSpace(1);
  const client = g.avatar(1, 0, 0);
  for (let slot = 2; slot < 12; slot++) g.monster(slot, slot / 2, 0);
  g.end();
  // Half of them begin a tick late.
  tickOnce(g, ...even(0));
  tickOnce(g, ...odd(1));
  for (let move = 1; move < 10; move++) {
    client.takeLog();
    tickOnce(g, ...even(move), ...odd(move));
    tickOnce(g);
    const told = client.takeLog().filter((name) => name === "shortTransforms").length;
    assert.ok(told === 1 || move === 1, `move ${move} comes in ${told} parts`);
  }
});

function even(move: number): [number, number, number][] {
  return [2, 4, 6, 8, 10].map((slot) => [slot, slot / 2, move / 64]);
}

function odd(move: number): [number, number, number][] {
  return [3, 5, 7, 9, 11].map((slot) => [slot, slot / 2, move / 64]);
}

test("loose: a height that was lost is told again while its mover goes on, and in order when it stops", () => {
  let isLost = false;
  const g = game({ clientWindowBytes: undefined, loses: () => isLost });
  const client = g.avatar(1, 0, 0);
  g.monster(2, 3, 0);
  g.end();
  g.confirm(1);
  tickOnce(g);
  const height = () => client.viewPlain().get(idOf(2))?.position[1];
  isLost = true;
  g.tick([2, 3, 1, 5]);
  g.end();
  assert.equal(height(), 0);
  isLost = false;
  g.tick([2, 3, 2, 5]);
  g.end();
  assert.equal(height(), 5);
  isLost = true;
  g.tick([2, 3, 3, 7]);
  g.end();
  assert.equal(height(), 5);
  for (let i = 0; i < 8; i++) tickOnce(g);
  assert.deepEqual(client.viewPlain().get(idOf(2))?.position, [3, 7, 3, 0]);
  client.takeLog();
  for (let i = 0; i < 10; i++) tickOnce(g);
  assert.deepEqual(
    client.takeLog().filter((name) => name !== "tick"),
    [],
    "it is told once",
  );
});
