import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_SCOPES } from "../../../engine/property/scopes.js";
import { RecordingPlayer } from "../../../engine/recording/player.js";
import { Recording } from "../../../engine/recording/recording.js";
import { RecordingWriter } from "../../../engine/recording/recording-writer.js";
import { testTable } from "../property/world.js";

const TYPE = 7;
const STEP_MS = 100;
const STEPS = 10;

/** One entity more, and one word said, every tenth of a second from 0 on. */
function makePlayer(): RecordingPlayer {
  const parts: Uint8Array[] = [];
  let nowMs = 5;
  const header = {
    game: "game1",
    stream: 0,
    startedWallMs: 0,
    tickMs: 50,
    definitions: testTable().toJson(ALL_SCOPES),
  };
  const write = (bytes: Uint8Array) => parts.push(bytes);
  const writer = new RecordingWriter({ header, bytesMax: 1_000_000, nowMs: () => nowMs, write });
  for (let i = 0; i <= STEPS; i++) {
    writer.ops.entityCreate(i, TYPE, "AAAAAAAAAAAAAAAB");
    writer.ops.clientCall(i, "all", 1, new Uint8Array(0));
    writer.ops.flush(i + 1);
    writer.commit();
    nowMs += STEP_MS;
  }
  return new RecordingPlayer(Recording.open(Uint8Array.from(Buffer.concat(parts))));
}

test("player: time passes at its speed, and it stops at the end", () => {
  const player = makePlayer();
  player.advance(1);
  assert.equal(player.atMs, 0);
  player.toggle();
  player.speed = 2;
  player.advance(0.125);
  assert.equal(player.atMs, 250);
  assert.equal(player.world.entities.size, 3);
  player.advance(60);
  assert.deepEqual([player.atMs, player.isPlaying], [STEPS * STEP_MS, false]);
  player.toggle();
  assert.deepEqual([player.atMs, player.isPlaying], [0, true]);
});

test("player: a step back plays anew into a new world, a step forward goes on in the one there is", () => {
  const player = makePlayer();
  const worlds: unknown[] = [];
  player.onWorld = (world) => worlds.push(world);
  player.seek(900);
  const first = player.world;
  assert.equal(first.entities.size, 10);
  player.seek(350);
  assert.notEqual(player.world, first);
  assert.deepEqual(worlds, [player.world]);
  assert.equal(player.world.entities.size, 4);
  player.seek(1e9);
  assert.equal(player.atMs, STEPS * STEP_MS);
  player.seek(-1);
  assert.equal(player.atMs, 0);
});

test("player: what is said amid a seek is told apart from what is said now", () => {
  const player = makePlayer();
  const heard: boolean[] = [];
  player.world.onCall = () => heard.push(player.isSeeking);
  player.seek(100);
  player.isPlaying = true;
  player.advance(0.1);
  assert.deepEqual(heard, [true, true, false]);
  assert.equal(player.isSeeking, false);
});
