import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import { AeonError } from "../../../engine/base/errors.js";
import { SeededRandom } from "../../../engine/base/random.js";
import type { CustomList, CustomMap, PropertiesOf } from "../../../engine/property/properties.js";
import * as t from "../../../engine/property/types.js";
import { randomValue } from "./world.js";

type AnyType = t.ValueType<unknown>;
const ID = "AAAAAAAAAAAAAAAB";
const CLIENT = "AAAAAAAAAAAAAAAAAAAAAQ";

const PLAIN: Record<string, AnyType> = {
  bool: t.bool(),
  int8: t.int8(),
  uint8: t.uint8({ max: 7 }),
  int16: t.int16(),
  uint16: t.uint16(),
  int32: t.int32(),
  uint32: t.uint32(),
  float32: t.float32({ min: -0.1, max: 1000 }),
  float64: t.float64(),
  text: t.text({ max: 70 }),
  bytes: t.bytes(),
  entityId: t.entityId(),
  json: t.json(),
  optional: t.optional(t.text()),
  array: t.array(t.struct({ a: t.int16(), b: t.optional(t.bool()) }), { max: 5 }),
  struct: t.struct({ x: t.float32(), tags: t.array(t.text()) }),
};

function encoded(type: AnyType, value: unknown): Uint8Array {
  const writer = new ByteWriter();
  t.writeValue(type, writer, value);
  return writer.copy();
}

test("value codec: what is written is read, in normal form (every plain kind, random values)", () => {
  const random = new SeededRandom(5);
  for (const [name, type] of Object.entries(PLAIN))
    for (let i = 0; i < 200; i++) {
      const value = randomValue(random, type);
      if (t.checkValue(type, value) !== null) continue;
      const normal = t.normalValue(type, value);
      const reader = new ByteReader(encoded(type, normal));
      assert.deepEqual(t.readValue(type, reader), normal, name);
      assert.equal(reader.remaining, 0, name);
    }
});

test("value codec: integers keep the ends of their ranges", () => {
  const ends: [AnyType, number, number][] = [
    [t.int8(), -128, 127],
    [t.uint8(), 0, 255],
    [t.int16(), -32_768, 32_767],
    [t.uint16(), 0, 65_535],
    [t.int32(), -(2 ** 31), 2 ** 31 - 1],
    [t.uint32(), 0, 2 ** 32 - 1],
  ];
  for (const [type, min, max] of ends) {
    for (const value of [min, max]) {
      assert.equal(t.checkValue(type, value), null);
      assert.equal(t.readValue(type, new ByteReader(encoded(type, value))), value);
    }
    for (const value of [min - 1, max + 1, 0.5, Number.NaN, "1", null])
      assert.match(t.checkValue(type, value) ?? "", new RegExp(`expected ${type.kind} ${min}…${max}, got`));
  }
});

test("value check: the sentence names what was expected, where, and what came", () => {
  assert.equal(t.checkValue(t.int16(), 70_000), "expected int16 -32768…32767, got 70000");
  assert.equal(t.checkValue(t.text({ max: 3 }), "long"), "expected text of at most 3, got 4");
  assert.equal(
    t.checkValue(PLAIN.array as AnyType, [
      { a: 1, b: null },
      { a: "x", b: null },
    ]),
    'element 1: a: expected int16 -32768…32767, got "x"',
  );
  assert.equal(t.checkValue(PLAIN.struct as AnyType, { nope: 1 }), 'there is no field "nope"');
  assert.equal(t.checkValue(t.text(), "\ud800"), "expected well-formed Unicode");
  assert.equal(t.checkValue(t.float32(), 1e39), "expected float32, got 1e+39");
  assert.match(t.checkValue(t.json(), { run: () => 0 }) ?? "", /expected JSON, got a function/);
});

test("value check: circular and huge JSON is refused and not walked for ever", () => {
  const circular: unknown[] = [];
  circular.push(circular, circular);
  assert.match(t.checkValue(t.json(), circular) ?? "", /deeper|at most/);
  assert.match(t.checkValue(t.json({ max: 100 }), "x".repeat(101)) ?? "", /at most 100 bytes/);
});

test("value codec: JSON that passes the check fits its bound on the wire (random values)", () => {
  const random = new SeededRandom(8);
  for (let i = 0; i < 2000; i++) {
    const value = randomValue(random, t.json());
    const type = t.json({ max: 1 + (i % 120) });
    if (t.checkValue(type, value) !== null) continue;
    t.readValue(type, new ByteReader(encoded(type, t.normalValue(type, value))));
  }
});

test("value codec: mailbox, proxy and their absence keep their shape", () => {
  const mailbox = { entity: ID, game: 2 ** 52, gate: 3 };
  assert.deepEqual(t.readValue(t.mailbox(), new ByteReader(encoded(t.mailbox(), mailbox))), mailbox);
  const proxy = { clientId: CLIENT, gate: 9 };
  assert.deepEqual(t.readValue(t.proxy(), new ByteReader(encoded(t.proxy(), proxy))), proxy);
  for (const type of [t.mailbox(), t.proxy()])
    assert.deepEqual(t.readValue(type, new ByteReader(encoded(type, t.defaultOf(type)))), t.defaultOf(type));
  assert.match(t.checkValue(t.mailbox(), { entity: "x", game: 1, gate: 1 }) ?? "", /expected mailbox/);
});

test("value codec: bytes that no writer makes are refused (NaN, range, counts, depth)", () => {
  const refused: [AnyType, number[]][] = [
    [t.bool(), [2]],
    [t.float32(), [0, 0, 192, 127]],
    [t.float64(), [0, 0, 0, 0, 0, 0, 240, 127]],
    [t.uint8({ max: 7 }), [8]],
    [t.int32(), [255, 255, 255, 255, 255, 255, 15]],
    [t.text({ max: 2 }), [3, 65, 65, 65]],
    [t.text(), [1, 255]],
    [t.array(t.bool()), [255, 255, 3]],
    [t.json(), [2, 0xdd, 0xff]],
    [t.json(), [6, 0xdd, 0xff, 0xff, 0xff, 0xff, 0]],
    [t.json(), [80, ...new Array<number>(80).fill(0x91)]],
    [t.json(), [1, 0xc1]],
  ];
  for (const [type, bytes] of refused)
    assert.throws(() => t.readValue(type, new ByteReader(Uint8Array.from(bytes))), AeonError, `${type.kind} ${bytes}`);
});

test("value codec: mutated bytes are read or refused by an AeonError (fuzz)", () => {
  const random = new SeededRandom(77);
  const types = Object.values(PLAIN);
  for (let i = 0; i < 20_000; i++) {
    const type = types[i % types.length] as AnyType;
    const bytes = encoded(type, t.normalValue(type, t.defaultOf(type)));
    const mutated = Uint8Array.from([...bytes, ...random.bytes(random.u32() % 12)]);
    mutated[random.u32() % mutated.length] = random.u32() & 0xff;
    try {
      const value = t.readValue(type, new ByteReader(mutated));
      assert.equal(t.checkValue(type, value), null);
    } catch (error) {
      assert.ok(error instanceof AeonError, `${type.kind}: ${(error as Error).stack}`);
    }
  }
});

test("type description: round-trips through JSON with the same signature and codec", () => {
  for (const type of [
    ...Object.values(PLAIN),
    t.customMap(t.struct({ a: t.int32({ scope: "SERVER_ONLY" }) }), { key: "int32" }),
  ]) {
    const back = t.typeFromDescription(JSON.parse(JSON.stringify(t.describeType(type))));
    assert.equal(t.typeSignature(back), t.typeSignature(type));
    assert.deepEqual(t.describeType(back), t.describeType(type));
  }
});

test("type description: what is no type is refused", () => {
  for (const wrong of [
    null,
    3,
    {},
    { kind: "nope" },
    { kind: "array" },
    { kind: "struct" },
    { kind: "int8", default: 1000 },
  ])
    assert.throws(() => t.typeFromDescription(wrong as t.JsonValue), { code: "BYTES_MALFORMED" });
});

test("type signature: short, and differs where bytes or bounds differ", () => {
  assert.equal(t.typeSignature(t.text({ max: 200 })), "text(200)");
  assert.equal(t.typeSignature(t.optional(t.array(t.int8()))), "array(int8)?");
  assert.equal(t.typeSignature(t.struct({ a: t.uint8({ max: 3 }) })), "{a:uint8(0..3)}");
  assert.equal(t.typeSignature(t.customMap(t.bool(), { key: "int32" })), "customMap(int32,bool)");
});

test("types: what cannot be defined is refused (containers in an array, reserved names)", () => {
  assert.throws(() => t.array(t.customList(t.int8())), { code: "ENTITY_DEFINITION" });
  assert.throws(() => t.optional(t.struct({ a: t.customMap(t.int8()) })), { code: "ENTITY_DEFINITION" });
  assert.throws(() => t.struct({ constructor: t.int8() }), { code: "ENTITY_DEFINITION" });
});

// ---- types only: this compiles or it does not ----

type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;
const yes = <T extends true>(value: T): T => value;
const Classroom = t.struct({ number: t.int32(), teacher: t.text({ scope: "SERVER_ONLY" }) });
const properties = {
  hp: t.int16(),
  title: t.optional(t.text()),
  spots: t.array(t.struct({ x: t.float32() })),
  room: Classroom,
  school: t.customMap(Classroom),
  counts: t.customMap(t.int32(), { key: "int32" }),
  words: t.customList(t.text()),
};
type Properties = PropertiesOf<typeof properties>;

test("types: ValueOf and PropertiesOf are exact", () => {
  yes<Equal<t.ValueOf<(typeof properties)["hp"]>, number>>(true);
  yes<Equal<t.ValueOf<(typeof properties)["title"]>, string | null>>(true);
  yes<Equal<t.ValueOf<(typeof properties)["spots"]>, readonly { readonly x: number }[]>>(true);
  yes<Equal<Properties["hp"], number>>(true);
  yes<Equal<Properties["words"], CustomList<string>>>(true);
  yes<Equal<Properties["counts"], CustomMap<number, number>>>(true);
  yes<Equal<Properties["school"], CustomMap<t.StructView<typeof Classroom>>>>(true);
  yes<Equal<t.ValuesOf<readonly [t.ValueType<string>, t.ValueType<number>]>, [string, number]>>(true);
  const use = (p: Properties) => {
    p.school.set("a", { number: 1 });
    p.room.number = 5;
    p.words.push("x", "y");
    // @ts-expect-error no such field
    p.school.set("a", { nope: 1 });
    // @ts-expect-error a number is no text
    p.words.push(1);
    // @ts-expect-error the key is a number
    p.counts.set("a", 1);
  };
  assert.equal(typeof use, "function");
});
