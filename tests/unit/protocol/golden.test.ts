import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import { AeonError } from "../../../engine/base/errors.js";
import { bodyDispatcher, encodeMessage, type Message } from "../../../engine/protocol/message.js";
import { goldenProtocols } from "./golden-samples.js";

type AnyMessages = Readonly<Record<string, Message<unknown>>>;
type Samples = Readonly<Record<string, readonly [value: unknown, hex: string]>>;

const protocols = Object.entries(goldenProtocols).map(
  ([protocol, [messages, samples]]) =>
    [protocol, messages as unknown as AnyMessages, samples as unknown as Samples] as const,
);

function encoded(kind: Message<unknown>, value: unknown): Uint8Array {
  const writer = new ByteWriter();
  encodeMessage(writer, kind, value);
  return writer.copy();
}

/** Reads one body of a protocol, and gives back what its handler got. */
function decoded(messages: AnyMessages, id: number, body: Uint8Array): unknown {
  let got: unknown;
  const handlers = Object.fromEntries(Object.keys(messages).map((name) => [name, (m: unknown) => (got = m)]));
  bodyDispatcher(messages, handlers as never)(id, new ByteReader(body));
  return got;
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof AeonError, String(error));
    return error.code;
  }
  return "";
}

/** What is left of a message takes whatever there is: nothing can be cut off it or added to it. */
const endsWithRest = (kind: Message<unknown>) => kind.body.shape.endsWith("rest }");

for (const [protocol, messages, samples] of protocols) {
  test(`golden: every message of ${protocol} has the bytes it always had, and is read back`, () => {
    for (const [name, kind] of Object.entries(messages)) {
      const [value, hex] = samples[name] as readonly [unknown, string];
      const bytes = encoded(kind, value);
      assert.equal(Buffer.from(bytes).toString("hex"), hex, name);
      assert.equal(bytes[0], kind.id);
      assert.ok(bytes.length - 1 <= kind.bytesMax && bytes.length - 1 >= kind.body.bytesMin, name);
      assert.deepEqual(decoded(messages, kind.id, bytes.subarray(1)), value, name);
    }
  });

  test(`refusal: every message of ${protocol}, cut anywhere, too long or too large, is refused with a code`, () => {
    for (const [name, kind] of Object.entries(messages)) {
      const body = encoded(kind, samples[name]?.[0]).subarray(1);
      const read = (bytes: Uint8Array) => codeOf(() => decoded(messages, kind.id, bytes));
      for (let end = 0; end < kind.body.bytesMin; end++)
        assert.equal(read(body.subarray(0, end)), "BYTES_TRUNCATED", name);
      if (!endsWithRest(kind)) {
        for (let end = 0; end < body.length; end++)
          assert.notEqual(read(body.subarray(0, end)), "", `${name} at ${end}`);
        const longer = read(Uint8Array.of(...body, 0));
        assert.ok(["BYTES_MALFORMED", "MESSAGE_OVERSIZED"].includes(longer), `${name}: ${longer}`);
      }
      assert.equal(read(new Uint8Array(kind.bytesMax + 1)), "MESSAGE_OVERSIZED", name);
    }
  });

  test(`refusal: a number that is not listed in ${protocol}`, () => {
    const listed = new Set(Object.values(messages).map(({ id }) => id));
    for (let id = 0; id < 256; id++) {
      if (!listed.has(id))
        assert.equal(
          codeOf(() => decoded(messages, id, new Uint8Array(0))),
          "MESSAGE_UNKNOWN",
        );
    }
  });
}

test("golden: every protocol of the folder is held", async () => {
  const folder = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "engine", "protocol");
  const held = new Set(protocols.flatMap(([, messages]) => Object.values(messages)));
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".js"))) {
    const module = (await import(pathToFileURL(join(folder, file)).href)) as Record<string, unknown>;
    for (const [name, exported] of Object.entries(module)) {
      for (const kind of Object.values(Object(exported) as AnyMessages)) {
        if (typeof kind?.id === "number" && kind.body !== undefined) assert.ok(held.has(kind), `${file}: ${name}`);
      }
    }
  }
  assert.ok(held.size > 60);
});
