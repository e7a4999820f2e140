import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { type Inflate, inflateBounded } from "../../../client/inflate.js";
import { inflateWithZlib } from "../../../client/node/inflate.js";
import { SeededRandom } from "../../../engine/base/random.js";

const BOMB_BYTES = 64 * 1024 * 1024;
const text = new TextEncoder().encode("slime, wolf, bear; ".repeat(3_000));
/** Hardly compressible, so that its deflate is long. */
const noise = new SeededRandom(1).bytes(60_000);

for (const [name, inflate] of [
  ["browser", inflateBounded],
  ["node", inflateWithZlib],
] as readonly (readonly [string, Inflate])[]) {
  const refused = (deflated: Uint8Array, bytes: number) =>
    assert.throws(() => inflate(deflated, bytes), { code: "BYTES_MALFORMED" });

  test(`inflate (${name}): gives back what was deflated, at every level, short and long`, () => {
    for (const data of [text, noise, text.slice(0, 1), Uint8Array.of(...noise, ...text)]) {
      for (const level of [0, 1, 6, 9]) {
        const inflated = inflate(deflateRawSync(data, { level }), data.length);
        assert.ok(Buffer.from(data).equals(inflated));
        assert.equal(inflated.constructor, Uint8Array);
      }
    }
  });

  test(`inflate (${name}): more or fewer bytes than were said are refused`, () => {
    const deflated = deflateRawSync(text);
    for (const bytes of [0, 1, text.length - 1, text.length + 1, 10 * text.length]) refused(deflated, bytes);
    refused(deflateRawSync(noise, { level: 0 }), 100);
  });

  test(`inflate (${name}): a bomb is refused, and its bytes are never there (64 MB in 64 KB)`, () => {
    const bomb = deflateRawSync(new Uint8Array(BOMB_BYTES));
    for (const bytes of [1, 1_000, 100_000]) {
      const before = process.memoryUsage().arrayBuffers;
      refused(bomb, bytes);
      assert.ok(process.memoryUsage().arrayBuffers - before < BOMB_BYTES / 2);
    }
    refused(bomb.subarray(0, 4_000), 1_000);
  });

  test(`inflate (${name}): what is cut, changed or no deflate at all ends in that code, or in bytes of the length said`, () => {
    const deflated = Uint8Array.from(deflateRawSync(text));
    refused(new Uint8Array(0), 10);
    refused(Uint8Array.of(7), 10);
    refused(deflated.subarray(0, deflated.length >> 1), text.length);
    const random = new SeededRandom(2);
    for (let i = 0; i < 150; i++) {
      const wrong = i % 3 === 0 ? random.bytes(deflated.length) : deflated.slice();
      wrong[random.u32() % wrong.length] = random.u32() & 0xff;
      try {
        assert.equal(inflate(wrong, text.length).length, text.length);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "BYTES_MALFORMED");
      }
    }
  });
}
