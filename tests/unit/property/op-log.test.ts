import assert from "node:assert/strict";
import { test } from "node:test";
import { randomIndex, SeededRandom } from "../../../engine/base/random.js";
import { OpLog } from "../../../engine/property/op-log.js";
import { doubleOf, FIELD_SHIFT, OP, OP_MASK, rootHead } from "../../../engine/property/op-log-format.js";
import { OpLogReader } from "../../../engine/property/op-log-reader.js";
import { type OpSink, type RootNumberTarget, Scope } from "../../../engine/property/op-sink.js";
import { Shadow } from "../../../engine/property/shadow.js";
import { propertySink, type RecordedCall, recordingSink } from "./property-sink.js";
import { testTable } from "./world.js";

const S = Scope.ALL_CLIENTS;
const ID = "AAAAAAAAAAAAAAAB";

/** Every op once, with values of every kind. */
function writeAll(sink: OpSink): void {
  sink.entityCreate(1, 2, ID);
  for (const value of [
    0,
    -1,
    2 ** 31 - 1,
    -(2 ** 31),
    2 ** 32,
    0.1,
    true,
    false,
    null,
    "",
    "Ärger",
    "x".repeat(100),
    "short",
    { a: [1, { b: null }] },
  ])
    sink.fieldSet(1, 0, 65_535, S, value);
  sink.fieldSet(70_000, 9, 3, S, Uint8Array.of(1, 2, 3));
  sink.fieldNode(1, 2, 300, S, 4);
  sink.mapSet(1, 2, "key", S, "text");
  sink.mapSet(1, 2, "é".repeat(100), S, 1.5);
  sink.mapSet(1, 2, -5, S, true);
  sink.mapNode(1, 2, "", S, 77);
  sink.mapNode(1, 2, 2 ** 31 - 1, S, 78);
  sink.mapDelete(1, 2, "k", S);
  sink.mapDelete(1, 2, 3, S);
  sink.mapClear(1, 2, S);
  sink.listSet(1, 2, 0, S, 5);
  sink.listSetNode(1, 2, 3, S, 6);
  sink.listInsert(1, 2, 3, S, "y");
  sink.listInsertNode(1, 2, 3, S, 6);
  sink.listRemove(1, 2, 3, 4, S);
  sink.listMove(1, 2, 3, 4, S);
  sink.listClear(1, 2, S);
  sink.spaceCreate(3, 1, 2, ID);
  sink.spaceEnter(1, 3, 65_535, 255, 1.5, 2.5, -3.5, 0.25);
  sink.transforms(9, 123_456.75, 2, Int32Array.of(4, 5, 99), Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 99));
  sink.transforms(10, 1, 0, new Int32Array(0), new Float32Array(0));
  sink.clientAttach(1, 2 ** 51, 3, 4, "hash");
  sink.clientCall(1, "others", 12, Uint8Array.of(9, 8));
  sink.clientReply(1, 5, "RPC_TIMEOUT", Uint8Array.of(7));
  sink.moveCorrect(1, 2, 3, "placed", 1, 2, 3, 0.5);
  sink.viewRadius(1, 50, 5);
  sink.viewLimit(1, 200);
  sink.viewRule(1, { teams: 1, seenByTeams: 2 ** 31, seenBy: ID, hidden: false });
  sink.viewEvents(1, true);
  sink.viewCheck(1, { target: 5, generation: 6, stage: "repair", parts: [{ part: 2 ** 40, op: 3 }] });
  sink.clientGive(1, 2 ** 50, ID);
  sink.clientKick(1, "CLIENT_KICKED", "why");
  sink.clientDetach(1);
  sink.spaceLeave(1);
  sink.spaceDestroy(3);
  sink.entityDestroy(1);
}

function expected(): RecordedCall[] {
  const calls: RecordedCall[] = [];
  const sink = recordingSink(calls);
  writeAll(sink);
  return calls.map((call) => {
    if (call.op !== "transforms") return call;
    const [tick, ms, count, slots, positions] = call.args as [number, number, number, number[], number[]];
    return { op: call.op, args: [tick, ms, count, slots.slice(0, count), positions.slice(0, count * 4)] };
  });
}

for (const shared of [false, true])
  test(`op log: every op is read as it was written (${shared ? "shared" : "plain"} buffer)`, () => {
    const log = new OpLog({ bytes: 1 << 16, shared });
    const calls: RecordedCall[] = [];
    writeAll(log);
    assert.equal(log.drain(recordingSink(calls)), 0, "nothing is visible before it is published");
    assert.equal(log.flush(), true);
    assert.equal(new OpLogReader(log.buffer).drain(recordingSink(calls)), calls.length);
    assert.deepEqual(calls, [...expected(), { op: "flush", args: [1] }]);
  });

/** Numbers of the root by the short way, and an op of another kind among them. */
function writeRootNumbers(log: OpLog): void {
  for (const value of [0, -1, 2 ** 31 - 1, -(2 ** 31)]) log.rootInt(1, rootHead(OP.rootInt, 1, S), value);
  for (const value of [0.5, -1e30, 16_777_216]) log.rootFloat(2, rootHead(OP.rootFloat, 65_535, S), value);
  log.mapClear(1, 2, S);
  for (const value of [0.1, 2 ** 32 - 1, Number.MAX_VALUE])
    log.rootDouble(70_000, rootHead(OP.rootDouble, 3, S), value);
  log.rootInt(1, rootHead(OP.rootInt, 2, Scope.SERVER_ONLY), 5);
}

const ROOT_NUMBERS: readonly unknown[][] = [
  [1, 1, 0],
  [1, 1, -1],
  [1, 1, 2 ** 31 - 1],
  [1, 1, -(2 ** 31)],
  [2, 65_535, 0.5],
  [2, 65_535, Math.fround(-1e30)],
  [2, 65_535, 16_777_216],
  "mapClear",
  [70_000, 3, 0.1],
  [70_000, 3, 2 ** 32 - 1],
  [70_000, 3, Number.MAX_VALUE],
].map((call) => [call].flat());

test("op log: numbers of the root come as fieldSet to a sink that has no door for them", () => {
  const log = new OpLog({ bytes: 1 << 16 });
  const calls: RecordedCall[] = [];
  writeRootNumbers(log);
  log.flush();
  assert.equal(log.drain(recordingSink(calls)), ROOT_NUMBERS.length + 1);
  const seen = calls.slice(0, -1).map(({ op, args }) => (op === "mapClear" ? [op] : [args[0], args[2], args[4]]));
  assert.deepEqual(seen, ROOT_NUMBERS);
  assert.deepEqual(calls[0], { op: "fieldSet", args: [1, 0, 1, S, 0] });
});

test("op log: numbers of the root come in runs to a sink that has a door for them, in order with the other ops", () => {
  const log = new OpLog({ bytes: 1 << 16 });
  const seen: unknown[][] = [];
  const calls: RecordedCall[] = [];
  const sink = recordingSink(calls) as OpSink & { rootNumbers: RootNumberTarget };
  let runs = 0;
  sink.rootNumbers = {
    readRootNumbers(run) {
      runs++;
      let count = 0;
      for (; run.at < run.end && ((run.words[run.at] as number) & OP_MASK) >= OP.rootInt; count++) {
        const at = run.at + 2;
        const head = run.words[run.at] as number;
        const op = head & OP_MASK;
        run.at = op === OP.rootDouble ? at + 2 : at + 1;
        const value =
          op === OP.rootInt ? run.words[at] : op === OP.rootFloat ? run.floats[at] : doubleOf(run.words, at);
        seen.push([run.words[at - 1], head >>> FIELD_SHIFT, value]);
      }
      return count;
    },
  };
  sink.mapClear = () => seen.push(["mapClear"]);
  writeRootNumbers(log);
  log.flush();
  assert.equal(log.drain(sink), ROOT_NUMBERS.length + 1);
  assert.deepEqual(seen, ROOT_NUMBERS);
  assert.equal(runs, 2);
});

test("op log: what a shadow does not know among the numbers of a root ends the drain behind it", () => {
  const table = testTable();
  const shadow = new Shadow(table);
  const log = new OpLog({ bytes: 1 << 16 });
  const property = table.byId(7)?.properties.find(({ name }) => name === "a_gold");
  const gold = rootHead(OP.rootInt, property?.id ?? 0, S);
  shadow.entityCreate(1, 7, ID);
  log.rootInt(1, gold, 5);
  log.rootInt(2, gold, 6);
  log.rootInt(1, rootHead(OP.rootInt, 9_999, S), 7);
  log.rootInt(1, gold, 8);
  log.flush();
  const sink = propertySink(shadow) as OpSink & { rootNumbers: Shadow };
  sink.rootNumbers = shadow;
  for (const value of [5, 5]) {
    assert.throws(() => log.drain(sink), { code: "INTERNAL" });
    assert.equal(shadow.value(1, "a_gold"), value);
  }
  log.drain(sink);
  assert.equal(shadow.value(1, "a_gold"), 8);
});

test("op log: ops stay whole and in order while the ring wraps (random sizes, drained when full)", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = new SeededRandom(seed);
    const log = new OpLog({ bytes: 4096 + 4 * randomIndex(random, 64) });
    const read: RecordedCall[] = [];
    const sink = recordingSink(read);
    log.onFull = () => log.drain(sink);
    const written: unknown[] = [];
    for (let i = 0; i < 400; i++) {
      const value = randomIndex(random, 3) === 0 ? i / 3 : "v".repeat(randomIndex(random, 700));
      written.push(value);
      log.listInsert(1, 2, i, S, value);
      if (randomIndex(random, 10) === 0) log.flush();
      if (randomIndex(random, 15) === 0) log.drain(sink);
    }
    log.flush();
    log.drain(sink);
    assert.deepEqual(
      read.filter(({ op }) => op === "listInsert").map(({ args }) => args[4]),
      written,
      `seed ${seed}`,
    );
    assert.equal(log.bytesUsed, 0);
  }
});

test("op log: values larger than the ring are read whole (text, bytes, JSON, calls, transforms)", () => {
  const log = new OpLog({ bytes: 4096 });
  const calls: RecordedCall[] = [];
  log.onFull = () => log.drain(recordingSink(calls));
  const text = "Größe".repeat(20_000);
  const bytes = new SeededRandom(1).bytes(50_000);
  const slots = Int32Array.from({ length: 3_000 }, (_, i) => i);
  const positions = Float32Array.from({ length: 12_000 }, (_, i) => i / 4);
  log.fieldSet(1, 0, 1, S, text);
  log.mapSet(1, 2, "key", S, bytes);
  log.listInsert(1, 2, 0, S, { text: [text] });
  log.clientCall(1, "all", 1, bytes);
  log.transforms(5, 6, 3_000, slots, positions);
  log.flush();
  log.drain(recordingSink(calls));
  const [first, second, third, fourth, fifth, last] = calls;
  assert.equal(first?.args[4], text);
  assert.deepEqual(second?.args, [1, 2, "key", S, bytes]);
  assert.deepEqual(third?.args[4], { text: [text] });
  assert.deepEqual(fourth?.args, [1, "all", 1, bytes]);
  assert.deepEqual(fifth?.args, [5, 6, 3_000, [...slots], [...positions]]);
  assert.equal(last?.op, "flush");
});

test("op log: a full ring that nobody drains is an error, and what was published can still be read", () => {
  const log = new OpLog({ bytes: 4096 });
  let written = 0;
  const fill = () => {
    for (;;) {
      log.fieldSet(1, 0, 1, S, written);
      written++;
    }
  };
  assert.throws(fill, { code: "OP_LOG_FULL" });
  const calls: RecordedCall[] = [];
  log.drain(recordingSink(calls));
  assert.deepEqual(
    calls.map(({ args }) => args[4]),
    Array.from({ length: written }, (_, i) => i),
  );
  log.fieldSet(1, 0, 1, S, 5);
  assert.equal(log.flush(), true);
});

test("op log: a scope that nobody wants is not written", () => {
  const log = new OpLog({ bytes: 4096 });
  log.fieldSet(1, 0, 1, Scope.SERVER_ONLY, 5);
  log.mapSet(1, 2, "a", Scope.SERVER_ONLY, 5);
  log.listClear(1, 2, Scope.SERVER_ONLY);
  assert.equal(log.flush(), false);
  log.wants |= Scope.SERVER_ONLY;
  log.fieldSet(1, 0, 1, Scope.SERVER_ONLY, 5);
  assert.equal(log.flush(), true);
});

test("op log: flush numbers what it publishes and publishes nothing for nothing", () => {
  const log = new OpLog({ bytes: 4096 });
  let published = 0;
  log.onPublish = () => published++;
  assert.equal(log.flush(), false);
  log.spaceLeave(1);
  assert.equal(log.flush(), true);
  log.spaceLeave(1);
  assert.equal(log.flush(2 ** 40), true);
  assert.equal(published, 2);
  const calls: RecordedCall[] = [];
  log.drain(recordingSink(calls));
  assert.deepEqual(
    calls.filter(({ op }) => op === "flush").map(({ args }) => args[0]),
    [1, 2 ** 40],
  );
});

test("op log: what a sink throws ends the drain behind that op", () => {
  const log = new OpLog({ bytes: 4096 });
  log.fieldSet(1, 0, 1, S, "first");
  log.fieldSet(1, 0, 1, S, "second");
  log.flush();
  const calls: RecordedCall[] = [];
  const sink = recordingSink(calls);
  (sink as { fieldSet: unknown }).fieldSet = () => {
    throw new Error("no");
  };
  assert.throws(() => log.drain(sink), /no/);
  log.drain(recordingSink(calls));
  assert.deepEqual(
    calls.map(({ op, args }) => args[4] ?? op),
    ["second", "flush"],
  );
});
