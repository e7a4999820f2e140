import assert from "node:assert/strict";
import { test } from "node:test";
import { AVATAR, MONSTER, TestGame } from "./test-game.js";

const YARD = 9;

/** An avatar that sees 10 units far and 2 more, and another entity 9 units away along x and along z. */
function cornerOf(spaceType: number | null) {
  const game = new TestGame();
  game.definitions.add({ id: YARD, name: "Yard", kind: "space", properties: [], methods: [], viewShape: "box" });
  if (spaceType === null) game.addSpace(7);
  else game.sink.spaceCreate(7, 50_007, spaceType, "yard".padEnd(16, "-"));
  game.create(1, AVATAR);
  game.sink.viewRadius(1, 10, 2);
  game.enterSpace(1, 7, 0, 0);
  game.create(2, MONSTER);
  game.enterSpace(2, 7, 9, 9);
  const mirror = game.attach(1, 1);
  game.end();
  return { game, mirror };
}

test("view shape: a space whose type says box shows its corners, another does not", () => {
  assert.equal(cornerOf(YARD).mirror.view.size, 1);
  assert.equal(cornerOf(null).mirror.view.size, 0);
});

test("view shape: in a box a subject leaves beyond the margin along either axis", () => {
  const { game, mirror } = cornerOf(YARD);
  game.tick([2, 12, -12]);
  game.end();
  assert.equal(mirror.view.size, 1);
  game.tick([2, 12.1, 0]);
  game.end();
  assert.equal(mirror.view.size, 0);
});
