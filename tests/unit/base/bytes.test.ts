import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import { AeonError } from "../../../engine/base/errors.js";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(1);
  write(writer);
  return writer.copy();
}

test("bytes: golden bytes of every form", () => {
  assert.equal(hex(written((w) => w.u8(0xab))), "ab");
  assert.equal(hex(written((w) => w.u16(0x1234))), "3412");
  assert.equal(hex(written((w) => w.u32(0xdeadbeef))), "efbeadde");
  assert.equal(hex(written((w) => w.i16(-2))), "feff");
  assert.equal(hex(written((w) => w.i32(-2))), "feffffff");
  assert.equal(hex(written((w) => w.f32(1.5))), "0000c03f");
  assert.equal(hex(written((w) => w.f64(-1.5))), "000000000000f8bf");
  assert.equal(hex(written((w) => w.uvar(300))), "ac02");
  assert.equal(hex(written((w) => w.ivar(-3))), "05");
  assert.equal(hex(written((w) => w.text("aß"))), "0361c39f");
  assert.equal(hex(written((w) => w.blob(Uint8Array.of(7, 8)))), "020708");
  assert.equal(hex(written((w) => w.raw(Uint8Array.of(7, 8)))), "0708");
});

test("bytes: what is written is read, in one writer that grows (random programs)", () => {
  const forms = {
    u8: fc.integer({ min: 0, max: 255 }),
    u16: fc.integer({ min: 0, max: 65_535 }),
    u32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    i16: fc.integer({ min: -32_768, max: 32_767 }),
    i32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    f32: fc.float(),
    f64: fc.double(),
    uvar: fc.maxSafeNat(),
    ivar: fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }),
    text: fc.string({ unit: "binary", maxLength: 200 }),
    blob: fc.uint8Array({ maxLength: 300 }),
  } as const;
  const steps = Object.entries(forms).map(([form, value]) =>
    fc.tuple(fc.constant(form), value as fc.Arbitrary<unknown>),
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(...steps), { maxLength: 60 }), (program) => {
      const bytes = written((writer) => {
        for (const [form, value] of program)
          (writer as never as Record<string, (value: unknown) => void>)[form]?.(value);
      });
      const reader = new ByteReader(bytes);
      for (const [form, value] of program) {
        const read = (reader as never as Record<string, () => unknown>)[form]?.();
        assert.deepEqual(read, value, form);
      }
      assert.equal(reader.remaining, 0);
    }),
    { seed: 1, numRuns: 200 },
  );
});

test("bytes: every cut of what was written is truncated, and nothing is read past the end of a window", () => {
  const bytes = written((w) => {
    w.u32(1);
    w.f64(2);
    w.uvar(1_000_000);
    w.text("hello");
    w.blob(Uint8Array.of(1, 2, 3));
  });
  const readAll = (reader: ByteReader) => [reader.u32(), reader.f64(), reader.uvar(), reader.text(), reader.blob()];
  readAll(new ByteReader(bytes));
  for (let end = 0; end < bytes.length; end++) {
    assert.throws(() => readAll(new ByteReader(bytes, 0, end)), { code: "BYTES_TRUNCATED" });
  }
});

test("bytes: numbers that are too long, texts that are no UTF-8 and lengths above the bound are malformed", () => {
  const malformed = { code: "BYTES_MALFORMED" };
  assert.throws(() => new ByteReader(new Uint8Array(12).fill(0xff)).uvar(), malformed);
  assert.throws(() => new ByteReader(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)).uvar(), malformed);
  assert.throws(() => new ByteReader(Uint8Array.of(2, 0xc3, 0x28)).text(), malformed);
  assert.throws(() => new ByteReader(Uint8Array.of(3, 97, 98, 99)).text(2), malformed);
  assert.throws(() => new ByteReader(Uint8Array.of(3, 97, 98, 99)).blob(2), malformed);
  assert.throws(() => new ByteReader(Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 1)).blob(), { code: "BYTES_TRUNCATED" });
});

test("bytes: random bytes raise AeonError and nothing else (5,000 readings)", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom("uvar", "ivar", "text", "blob", "f64"),
      (bytes, form) => {
        try {
          (new ByteReader(bytes) as never as Record<string, () => unknown>)[form]?.();
        } catch (error) {
          assert.ok(error instanceof AeonError, String(error));
        }
      },
    ),
    { seed: 2, numRuns: 5_000 },
  );
});

test("bytes: a writer that is used again holds nothing of before, and a copy is the caller's", () => {
  const writer = new ByteWriter(4);
  writer.text("something long that makes it grow");
  const copy = writer.copy();
  writer.reset().u8(1);
  assert.equal(hex(writer.written()), "01");
  assert.equal(new ByteReader(copy).text(), "something long that makes it grow");
});

test("bytes: a length that is known afterwards is patched in", () => {
  const writer = new ByteWriter(2);
  const at = writer.reserve(4);
  writer.text("abc");
  writer.patchU32(at, writer.length - at - 4);
  assert.equal(hex(writer.written()), "0400000003616263");
});

test("bytes: a lone surrogate becomes the replacement character, short or long", () => {
  for (const text of ["a\ud800", `${"a".repeat(100)}\ud800`]) {
    const read = new ByteReader(written((w) => w.text(text))).text();
    assert.equal(read, text.replace("\ud800", "\ufffd"));
  }
});
