import assert from "node:assert/strict";
import { test } from "node:test";
import { OWN_SCOPES, VIEW_SCOPES } from "../../../../engine/property/op-sink.js";
import { idOf, TestGame } from "./test-game.js";

const AVATARS = 40;

/** So many avatars one unit apart, each of which sees some of the others, and what they were sent so far taken away. */
function crowd() {
  const game = new TestGame();
  game.addSpace(1);
  const mirrors = Array.from({ length: AVATARS }, (_, i) => game.avatar(i + 1, i, 0));
  game.end();
  for (const mirror of mirrors) mirror.takeLog();
  return { game, mirrors };
}

/** Every client has what it sees, and itself, as they are; how many pairs that are. */
function comparePairs({ game, mirrors }: ReturnType<typeof crowd>): number {
  const truths = new Map(Array.from(game.trees, (tree, slot) => [idOf(slot), tree?.plain(VIEW_SCOPES)]));
  let pairs = 0;
  for (const [i, mirror] of mirrors.entries()) {
    assert.deepEqual(mirror.ownPlain(), game.trees[i + 1]?.plain(OWN_SCOPES));
    for (const [id, { plain }] of mirror.viewPlain()) assert.deepEqual(plain, truths.get(id), id);
    pairs += mirror.view.size;
  }
  return pairs;
}

test("change feed: few that changed and many that changed reach the same clients, one body each", () => {
  const world = crowd();
  for (const count of [1, AVATARS]) {
    for (let slot = 1; slot <= count; slot++) world.game.trees[slot]?.set("hp", 10 * count + slot);
    world.game.end();
    for (const mirror of world.mirrors) {
      const bodies = mirror.takeLog();
      assert.ok(bodies.length <= 1 && bodies.every((body) => body === "nearChanges"), bodies.join());
    }
    assert.ok(comparePairs(world) > AVATARS * 10);
  }
});

test("change feed: numbers and what no record can say reach everybody in one drain, in several passes (1,100 changed)", () => {
  const world = crowd();
  const { game } = world;
  for (let slot = 100; slot < 1_160; slot++) game.monster(slot, (slot % 40) + 0.5, 1);
  game.end();
  for (let slot = 1; slot < 1_160; slot++) {
    const tree = game.trees[slot];
    tree?.set("hp", slot % 1_000);
    if (slot % 3 === 0) (tree?.get("bag") as { push(value: number): void } | undefined)?.push(slot);
  }
  game.end();
  assert.ok(comparePairs(world) > 10_000);
  for (const slot of [5, 150]) game.trees[slot]?.set("hp", 7);
  game.end();
  comparePairs(world);
});
