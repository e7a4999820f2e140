import assert from "node:assert/strict";
import { test } from "node:test";
import { AeonError, errorCodeOf } from "../../../engine/base/errors.js";
import { randomIndex, SeededRandom } from "../../../engine/base/random.js";
import { OpLog } from "../../../engine/property/op-log.js";
import { OWN_SCOPES } from "../../../engine/property/op-sink.js";
import { PropertyTree } from "../../../engine/property/properties.js";
import { ALL_SCOPES } from "../../../engine/property/scopes.js";
import { Shadow } from "../../../engine/property/shadow.js";
import type { RecordingHeader } from "../../../engine/recording/format.js";
import { RecordedWorld } from "../../../engine/recording/recorded-world.js";
import { Playback, Recording } from "../../../engine/recording/recording.js";
import { RecordingWriter } from "../../../engine/recording/recording-writer.js";
import { teeSink } from "../../../engine/recording/tee-sink.js";
import { propertySink, type RecordedCall, recordingSink } from "../property/property-sink.js";
import { randomChange, testTable } from "../property/world.js";

const table = testTable();
const TYPE = 7;
const SLOTS = [3, 200, 70_000];
const STEP_MS = 50;
const header: RecordingHeader = {
  game: "game1",
  stream: 1,
  startedWallMs: 1_700_000_000_000,
  tickMs: STEP_MS,
  definitions: table.toJson(ALL_SCOPES),
};
const idOf = (slot: number) => `AAAAAAAAAA${String(slot).padStart(6, "0")}`;

function open(bytes: Uint8Array): Recording {
  return Recording.open(bytes);
}

/** A writer into memory with a clock that stands until it is moved. */
class Tape {
  readonly parts: Uint8Array[] = [];
  nowMs = 1000;
  readonly writer: RecordingWriter;

  constructor(bytesMax = 2 ** 30) {
    const nowMs = () => this.nowMs;
    this.writer = new RecordingWriter({ header, bytesMax, nowMs, write: (bytes) => this.parts.push(bytes) });
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(Buffer.concat(this.parts));
  }
}

/** A program of changes to some entities; what each looked like after every step. */
function record(seed: number, steps: number) {
  const random = new SeededRandom(seed);
  const tape = new Tape();
  const live = new Shadow(table);
  const log = new OpLog({ bytes: 65_536, bytesMax: 2 ** 24 });
  const tee = teeSink(tape.writer.ops, propertySink(live));
  const trees = SLOTS.map((slot) => {
    const tree = new PropertyTree(table.byId(TYPE)!);
    tree.attach(log, slot, idOf(slot));
    return tree;
  });
  const moments: (Record<string, unknown> | null)[][] = [];
  for (let step = 0; step < steps; step++) {
    tape.nowMs += STEP_MS;
    for (const tree of trees) for (let i = randomIndex(random, 12); i > 0; i--) randomChange(random, tree);
    if (step === steps - 2) log.entityDestroy(SLOTS[1] as number);
    if (step >= steps - 2) trees.splice(1, trees.length === 3 ? 1 : 0);
    log.flush();
    log.drain(tee);
    tape.writer.commit();
    for (const slot of live.takeChanged()) if (live.has(slot)) live.clearChanges(slot);
    moments.push(SLOTS.map((slot) => (live.has(slot) ? live.plain(slot, OWN_SCOPES) : null)));
  }
  tape.writer.end("closed");
  return { bytes: tape.bytes, moments };
}

test("recording: played to any moment it equals the live shadow then (random programs)", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const { bytes, moments } = record(seed, 8);
    const recording = open(bytes);
    assert.equal(recording.ending, "closed");
    const onward = new RecordedWorld(recording.definitions);
    const playback = new Playback(recording, onward);
    for (const [i, moment] of moments.entries()) {
      const atMs = (i + 1) * STEP_MS;
      playback.advanceTo(atMs);
      const sought = new RecordedWorld(recording.definitions);
      new Playback(recording, sought).advanceTo(atMs + STEP_MS - 1);
      for (const world of [onward, sought]) {
        const shown = SLOTS.map((slot) => (world.has(slot) ? world.plain(slot, OWN_SCOPES) : null));
        assert.deepEqual(shown, moment, `seed ${seed}, step ${i}`);
      }
    }
    assert.equal(onward.entityTotal, SLOTS.length);
    assert.ok(playback.isAtEnd);
  }
});

test("recording: what is cut off anywhere is read up to its last whole record (kill -9)", () => {
  const { bytes } = record(5, 6);
  const whole = open(bytes);
  const firstEnd = (whole.records[0]?.start ?? 0) - 30;
  for (let length = bytes.length - 1; length >= 0; length -= 7) {
    const cut = bytes.slice(0, length);
    let recording: Recording;
    try {
      recording = open(cut);
    } catch (error) {
      assert.equal(errorCodeOf(error), "RECORDING_INVALID");
      assert.ok(length <= firstEnd + 30, `${length} bytes hold the header`);
      continue;
    }
    assert.equal(recording.ending, "cut");
    const expected = whole.records.filter(({ end }) => end <= length);
    assert.deepEqual(recording.records, expected);
    new Playback(recording, new RecordedWorld(recording.definitions)).advanceTo(recording.durationMs);
  }
});

test("recording: a changed byte anywhere is refused with a code (random bytes)", () => {
  const { bytes } = record(9, 5);
  const random = new SeededRandom(4);
  for (let i = 0; i < 600; i++) {
    const changed = bytes.slice();
    const at = i < 40 ? i : randomIndex(random, bytes.length);
    changed[at] = (changed[at] as number) ^ (1 + randomIndex(random, 255));
    assert.throws(
      () => open(changed),
      (error) => error instanceof AeonError && error.code.startsWith("RECORDING_"),
      `byte ${at}`,
    );
  }
});

test("recording: a file of another kind is refused", () => {
  for (const text of ["", "A", "AEONREC", "not a recording at all", "{}"])
    assert.throws(() => open(new TextEncoder().encode(text)), { code: "RECORDING_INVALID" });
});

test("recording: a later version is refused by its own code", () => {
  const { bytes } = record(1, 1);
  bytes[7] = 9;
  assert.throws(() => open(bytes), { code: "RECORDING_VERSION" });
});

test("recording: ops that do not fit each other are refused when they are played", () => {
  const tape = new Tape();
  tape.writer.ops.fieldSet(1, 0, 1, 2, true);
  tape.writer.ops.flush(1);
  tape.writer.commit();
  const recording = open(tape.bytes);
  const playback = new Playback(recording, new RecordedWorld(recording.definitions));
  assert.throws(() => playback.advanceTo(1), { code: "RECORDING_INVALID" });
});

test("recording: it ends with `full` at its bound, which the file does not exceed", () => {
  const bytesMax = header.definitions.length * 2 + 20_000;
  const tape = new Tape(bytesMax);
  let sequence = 0;
  for (; tape.writer.ending === null; sequence++) {
    assert.ok(sequence < 10_000);
    tape.writer.ops.clientCall(3, "all", 1, new Uint8Array(100));
    tape.writer.ops.flush(sequence);
    tape.writer.commit();
  }
  tape.writer.ops.flush(sequence);
  tape.writer.commit();
  tape.writer.end("closed");
  assert.ok(tape.bytes.length <= bytesMax && tape.bytes.length > bytesMax - 400);
  const recording = open(tape.bytes);
  assert.equal(recording.ending, "full");
  assert.equal(recording.records.length, sequence - 1);
});

test("recording: every op of a world comes back as it was (but what clients ask)", () => {
  const tape = new Tape();
  const written: RecordedCall[] = [];
  const ops = teeSink(tape.writer.ops, recordingSink(written));
  ops.spaceCreate(1, 2, TYPE, idOf(2));
  ops.entityCreate(70_000, TYPE, idOf(7));
  ops.spaceEnter(70_000, 1, 65_535, 255, 1.5, 0, -2.25, 3);
  ops.transforms(900, 1_700_000_000_123.5, 2, Int32Array.of(70_000, 1), Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  ops.transforms(901, 5, 0, new Int32Array(0), new Float32Array(0));
  ops.clientAttach(1, 2 ** 41, 7, 3, "abc");
  ops.clientContinue(1, 2 ** 41, 7, 3);
  ops.clientSwitch(1, 2);
  ops.clientGive(1, 2 ** 41, idOf(9));
  ops.clientKick(1, "CLIENT_KICKED", "enough");
  ops.clientReply(1, 12, "", Uint8Array.of(1, 2));
  ops.clientCall(1, "others", 9, Uint8Array.of(3));
  ops.moveCorrect(1, 4, 5, "corrected", 1, 2, 3, 4);
  ops.viewRadius(1, 40, 4);
  ops.viewLimit(1, 20);
  ops.viewRule(1, { teams: 3, seenByTeams: 2 ** 31, seenBy: idOf(4), hidden: true });
  ops.viewEvents(1, true);
  for (const value of [0, -1, 2 ** 31 - 1, 0.1, Number.NaN, true, false, null, "\uFEFFÄ", Uint8Array.of(9), { a: [1] }])
    ops.mapSet(1, 2, "key.\\", 2, value);
  ops.mapSet(1, 2, -7, 1, 2 ** 40);
  ops.mapNode(1, 2, "", 2, 5);
  ops.mapDelete(1, 2, 3, 7);
  ops.mapClear(1, 2, 2);
  ops.fieldNode(1, 0, 65_535, 2, 9);
  ops.listSet(1, 2, 3, 2, "x");
  ops.listSetNode(1, 2, 3, 2, 4);
  ops.listInsert(1, 2, 0, 2, -5);
  ops.listInsertNode(1, 2, 0, 2, 5);
  ops.listRemove(1, 2, 3, 4, 2);
  ops.listMove(1, 2, 3, 4, 2);
  ops.listClear(1, 2, 2);
  ops.spaceLeave(70_000);
  ops.clientDetach(1);
  ops.entityDestroy(70_000);
  ops.spaceDestroy(1);
  ops.flush(2 ** 40);
  tape.writer.commit();
  const read: RecordedCall[] = [];
  const recording = open(tape.bytes);
  assert.equal(new Playback(recording, recordingSink(read)).advanceTo(0), written.length);
  assert.deepEqual(read, written);
});

test("recorded world: an entity moves from tick to tick, and a jump into a space is none", () => {
  const tape = new Tape();
  const { ops } = tape.writer;
  ops.spaceCreate(4, 1, TYPE, idOf(1));
  ops.entityCreate(3, TYPE, idOf(3));
  ops.spaceEnter(3, 4, 1, 0, 10, 0, 10, 0);
  ops.flush(1);
  tape.writer.commit();
  tape.nowMs += 100;
  ops.transforms(2, 0, 1, Int32Array.of(3), Float32Array.of(20, 0, 30, 1));
  ops.flush(2);
  tape.writer.commit();
  const recording = open(tape.bytes);
  const world = new RecordedWorld(recording.definitions);
  const playback = new Playback(recording, world, (atMs) => (world.nowMs = atMs));
  const place = { x: 0, y: 0, z: 0, yaw: 0 };
  playback.advanceTo(50);
  assert.equal(world.entities.get(3)?.placeAt(50, 50, place).x, 10);
  playback.advanceTo(125);
  assert.deepEqual(world.entities.get(3)?.placeAt(125, 50, place), { x: 15, y: 0, z: 20, yaw: 1 });
  assert.equal(world.entities.get(3)?.space, 4);
  assert.equal(world.spaces.get(4)?.id, idOf(1));
});
