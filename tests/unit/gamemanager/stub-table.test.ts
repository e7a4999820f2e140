import assert from "node:assert/strict";
import { test } from "node:test";
import { StubTable } from "../../../gamemanager/stub-table.js";

const GAME_A = 101;
const GAME_B = 102;
const TIMING = { askAgainMs: 1_000, retryMs: 500 };

function tableOf(shards: number): StubTable {
  const table = new StubTable(TIMING);
  table.declare([{ name: "Rank", shards }]);
  return table;
}

const entry = (shard: number, game: number, assignment: number, entity = "e") => ({
  name: "Rank",
  shard,
  game,
  entity,
  assignment,
});

test("stub table: shards are spread over the games, the emptier one first (one hosts two already)", () => {
  const table = tableOf(6);
  table.adopt(entry(0, GAME_A, 1), GAME_A);
  table.adopt(entry(1, GAME_A, 1), GAME_A);
  assert.equal(table.assign([GAME_A, GAME_B], 0, 0), 4);
  const requests = table.takeRequests(GAME_A, 0);
  assert.equal(requests.filter((request) => request.game === GAME_B).length, 3);
});

test("stub table: nothing is assigned without a game, nor before its time", () => {
  const table = tableOf(2);
  assert.equal(table.assign([], 0, 0), 0);
  assert.equal(table.assign([GAME_A], 99, 100), 0);
  assert.equal(table.nextDueMs(100), 100);
  assert.equal(table.assign([GAME_A], 100, 100), 2);
});

test("stub table: the primary is asked once, a new primary at once, the same one again after a while", () => {
  const table = tableOf(1);
  table.assign([GAME_A, GAME_B], 0, 0);
  assert.equal(table.takeRequests(GAME_A, 0).length, 1);
  assert.equal(table.takeRequests(GAME_A, 500).length, 0);
  assert.equal(table.takeRequests(GAME_B, 500).length, 1);
  assert.equal(table.takeRequests(GAME_B, 1_499).length, 0);
  assert.equal(table.takeRequests(GAME_B, 1_500).length, 1);
});

test("stub table: a stub of a removed game is given on with a higher assignment, not before the time named", () => {
  const table = tableOf(1);
  table.assign([GAME_A], 0, 0);
  table.adopt(entry(0, GAME_A, 1), GAME_A);
  table.gameGone(GAME_A, 1_000);
  assert.deepEqual(table.created(), []);
  assert.equal(table.assign([GAME_B], 999, 0), 0);
  assert.equal(table.assign([GAME_B], 1_000, 0), 1);
  assert.equal(table.takeRequests(GAME_B, 1_000)[0]?.assignment, 2);
});

test("stub table: an outdated holder is named, the newer one stays (both report it)", () => {
  const table = tableOf(1);
  assert.equal(table.adopt(entry(0, GAME_A, 5, "old"), GAME_A), 0);
  assert.equal(table.adopt(entry(0, GAME_B, 4, "older"), GAME_B), GAME_B);
  assert.equal(table.adopt(entry(0, GAME_B, 6, "new"), GAME_B), GAME_A);
  assert.equal(table.adopt(entry(0, GAME_A, 6, "same number"), GAME_A), GAME_A);
  assert.deepEqual(table.created(), [entry(0, GAME_B, 6, "new")]);
});

test("stub table: a failure pauses, says why and goes on with the next number (outdated failures ignored)", () => {
  const table = tableOf(1);
  table.assign([GAME_A], 0, 0);
  table.fail(entry(0, GAME_A, 7), GAME_A, "not this one", 0);
  assert.deepEqual(
    table.missing(() => "game1"),
    ["stub Rank#0 on game1 is not created"],
  );
  table.fail(entry(0, GAME_A, 1), GAME_A, "it threw", 0);
  assert.deepEqual(
    table.missing(() => "game1"),
    ["stub Rank#0 is not created: it threw"],
  );
  assert.equal(table.assign([GAME_A], 499, 0), 0);
  assert.equal(table.assign([GAME_A], 500, 0), 1);
  assert.equal(table.takeRequests(GAME_A, 500)[0]?.assignment, 2);
});

test("stub table: assignments after a restart are above those that were lost", () => {
  const table = tableOf(1);
  table.startAssignmentsAt(1_000_000);
  table.assign([GAME_A], 0, 0);
  assert.equal(table.takeRequests(GAME_A, 0)[0]?.assignment, 1_000_000);
});

test("stub table: it is sent when what is created changed or somebody lacks it, and only then", () => {
  const table = tableOf(1);
  table.assign([GAME_A], 0, 0);
  assert.equal(table.takeChanged(), false);
  table.adopt(entry(0, GAME_A, 1), GAME_A);
  assert.equal(table.takeChanged(), true);
  table.adopt(entry(0, GAME_A, 1), GAME_A);
  assert.equal(table.takeChanged(), false);
  table.touch();
  assert.equal(table.takeChanged(), true);
  table.gameGone(GAME_A, 0);
  assert.equal(table.takeChanged(), true);
});
