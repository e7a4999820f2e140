import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import {
  base64UrlToBytes,
  bytesToBase64Url,
  CLIENT_ID_CHARS,
  ENTITY_ID_CHARS,
  isEntityId,
  makeClientId,
  makeEntityId,
  readEntityId,
  writeEntityId,
} from "../../../engine/base/ids.js";
import { SeededRandom } from "../../../engine/base/random.js";

const WALL_MS = 1_767_225_600_000;

test("ids: base64url is what the rest of the world writes (random bytes)", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const text = bytesToBase64Url(bytes);
      assert.equal(text, Buffer.from(bytes).toString("base64url"));
      assert.deepEqual(base64UrlToBytes(text), bytes);
    }),
    { seed: 1 },
  );
});

test("ids: a character outside the alphabet is malformed", () => {
  for (const text of ["+", "a/b", "ä", "a=", " "]) {
    assert.throws(() => base64UrlToBytes(text), { code: "BYTES_MALFORMED" });
  }
});

test("ids: an entity id has 16 characters, begins with its second, and no two are alike (10,000)", () => {
  const random = new SeededRandom(1);
  const ids = Array.from({ length: 10_000 }, () => makeEntityId(WALL_MS, random));
  assert.equal(new Set(ids).size, 10_000);
  for (const id of ids.slice(0, 100)) {
    assert.equal(id.length, ENTITY_ID_CHARS);
    assert.ok(isEntityId(id));
    assert.equal(new DataView(base64UrlToBytes(id).buffer).getUint32(0), WALL_MS / 1000);
  }
});

test("ids: the same seed and second make the same id", () => {
  assert.equal(makeEntityId(WALL_MS, new SeededRandom(7)), makeEntityId(WALL_MS, new SeededRandom(7)));
  assert.notEqual(makeEntityId(WALL_MS, new SeededRandom(7)), makeEntityId(WALL_MS + 1000, new SeededRandom(7)));
});

test("ids: a client id has 22 characters", () => {
  assert.equal(makeClientId(new SeededRandom(1)).length, CLIENT_ID_CHARS);
});

test("ids: what is an entity id", () => {
  assert.ok(isEntityId("AAAAAAAAAAAAAAAA"));
  for (const text of ["", "A", "AAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAA", "AAAAAAAA+AAAAAAA", "ÄAAAAAAAAAAAAAAA"])
    assert.ok(!isEntityId(text), text);
});

test("ids: an entity id takes 12 bytes on the wire; anything else is not written", () => {
  const writer = new ByteWriter();
  writeEntityId(writer, "aVW5AGLkgzzFmJIr");
  assert.equal(Buffer.from(writer.written()).toString("hex"), "6955b900 62e4833c c598922b".replaceAll(" ", ""));
  assert.equal(readEntityId(new ByteReader(writer.copy())), "aVW5AGLkgzzFmJIr");
  for (const id of ["", "short", "AAAAAAAAAAAAAAAAAAAA", "************"])
    assert.throws(() => writeEntityId(writer, id), { code: "BYTES_MALFORMED" });
});
