import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import { AeonError } from "../../../engine/base/errors.js";
import {
  blob,
  bodyDispatcher,
  bool,
  clientId,
  dispatcher,
  encodeMessage,
  type Field,
  list,
  message,
  oneOf,
  record,
  rest,
  text,
  u8,
  u16,
  uvar,
} from "../../../engine/protocol/message.js";

const Sample = {
  greet: message(1, "Says hello.", 16, { name: text(8), times: u8 }),
  leave: message(9, "Goes.", 0, {}),
} as const;

function encoded(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  write(writer);
  return writer.copy();
}

function setUp() {
  const got: unknown[] = [];
  const handlers = { greet: (m: object) => got.push(m), leave: () => got.push("leave") };
  const dispatch = dispatcher(Sample, handlers);
  return { got, dispatch: (bytes: Uint8Array) => dispatch(new ByteReader(bytes)) };
}

test("message: dispatched by its number to its handler, with its fields", () => {
  const { got, dispatch } = setUp();
  dispatch(encoded((w) => encodeMessage(w, Sample.greet, { name: "ann", times: 3 })));
  dispatch(Uint8Array.of(9));
  assert.deepEqual(got, [{ name: "ann", times: 3 }, "leave"]);
});

test("message: unknown, oversized, truncated, too long and malformed ones are refused before any handler runs", () => {
  const { got, dispatch } = setUp();
  const refused = (bytes: number[], code: string) => assert.throws(() => dispatch(Uint8Array.from(bytes)), { code });
  refused([], "BYTES_TRUNCATED");
  refused([2], "MESSAGE_UNKNOWN");
  refused([255, 1, 2, 3], "MESSAGE_UNKNOWN");
  refused([1, ...new Array(17).fill(0)], "MESSAGE_OVERSIZED");
  refused([9, 0], "MESSAGE_OVERSIZED");
  refused([1, 0], "BYTES_TRUNCATED");
  refused([1, 3, 97, 98, 99], "BYTES_TRUNCATED");
  refused([1, 1, 97, 5, 0], "BYTES_MALFORMED");
  refused([1, 9, ...new Array(9).fill(97), 1], "BYTES_MALFORMED");
  assert.deepEqual(got, []);
});

test("message: a body whose number stands apart", () => {
  const got: unknown[] = [];
  const dispatch = bodyDispatcher(Sample, { greet: (m) => got.push(m), leave: () => undefined });
  dispatch(1, new ByteReader(Uint8Array.of(1, 97, 5)));
  assert.deepEqual(got, [{ name: "a", times: 5 }]);
  assert.throws(() => dispatch(7, new ByteReader(Uint8Array.of())), { code: "MESSAGE_UNKNOWN" });
});

test("message: a number that stands twice in a protocol is our own bug", () => {
  const twice = { a: message(1, "", 0, {}), b: message(1, "", 0, {}) };
  assert.throws(() => dispatcher(twice, { a: () => undefined, b: () => undefined }), { code: "INTERNAL" });
});

test("message: what a handler throws goes through", () => {
  const dispatch = dispatcher(Sample, {
    greet: () => undefined,
    leave: () => {
      throw new AeonError("SPACE_FULL");
    },
  });
  assert.throws(() => dispatch(new ByteReader(Uint8Array.of(9))), { code: "SPACE_FULL" });
});

function readError<T>(field: Field<T>, bytes: number[]): string {
  try {
    field.read(new ByteReader(Uint8Array.from(bytes)));
  } catch (error) {
    return (error as AeonError).code;
  }
  return "";
}

test("fields: refuse what no writer writes", () => {
  assert.equal(readError(bool, [2]), "BYTES_MALFORMED");
  assert.equal(readError(oneOf("a", "b"), [2]), "BYTES_MALFORMED");
  assert.equal(readError(text(2), [3, 97, 98, 99]), "BYTES_MALFORMED");
  assert.equal(readError(blob(2), [3, 1, 2, 3]), "BYTES_MALFORMED");
  assert.equal(readError(list(u16, 2), [3, 0, 0, 0, 0, 0, 0]), "BYTES_MALFORMED");
  assert.equal(readError(list(u16, 100), [50, 0, 0]), "BYTES_TRUNCATED");
  assert.equal(readError(clientId, [1, 2, 3]), "BYTES_TRUNCATED");
  assert.throws(() => encoded((w) => clientId.write(w, "short")), { code: "BYTES_MALFORMED" });
});

test("fields: a list's count is checked against the bytes that are left before anything is made of it", () => {
  const huge = encoded((w) => w.uvar(2 ** 40));
  assert.throws(() => list(record({ a: u8 }), Number.MAX_SAFE_INTEGER).read(new ByteReader(huge)), {
    code: "BYTES_TRUNCATED",
  });
});

test("fields: the fewest bytes of a record are those of its fields", () => {
  assert.equal(record({ a: u8, b: u16, c: text(9), d: list(u16, 5), e: rest }).bytesMin, 5);
  assert.equal(Sample.greet.body.bytesMin, 2);
});

test("fields: lists, records, names and the rest are read as they were written", () => {
  const field = record({ kind: oneOf("x", "y"), items: list(record({ n: uvar, ok: bool }), 10), tail: rest });
  const value = {
    kind: "y",
    items: [
      { n: 300, ok: true },
      { n: 0, ok: false },
    ],
    tail: Uint8Array.of(1, 2),
  } as const;
  const bytes = encoded((w) => field.write(w, value as never));
  assert.equal(Buffer.from(bytes).toString("hex"), "0102ac020100000102");
  assert.deepEqual(field.read(new ByteReader(bytes)), value);
});
