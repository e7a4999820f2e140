import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import { test } from "node:test";
import { SeededRandom } from "../../../engine/base/random.js";
import { CHACHA_BYTES_MAX, ChaChaPoly } from "../../../engine/net/chacha-poly.js";
import { NONCE_BYTES, TAG_BYTES, writeNonce } from "../../../engine/net/seal.js";

function openSsl(key: Uint8Array, packetNumber: number, head: Uint8Array, plain: Uint8Array): Buffer {
  const nonce = new Uint8Array(NONCE_BYTES);
  writeNonce(nonce, packetNumber);
  const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(head, { plaintextLength: plain.length });
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function sealed(aead: ChaChaPoly, packetNumber: number, head: Uint8Array, plain: Uint8Array): Uint8Array {
  const out = new Uint8Array(plain.length + TAG_BYTES + 2);
  aead.seal(packetNumber, head, plain, out, 1);
  return out.subarray(1, out.length - 1);
}

test("chacha-poly: seals as OpenSSL does, and opens what it sealed (any length of head and text, any number)", () => {
  const random = new SeededRandom(3);
  for (let i = 0; i < 1_500; i++) {
    const key = random.bytes(32);
    const head = random.bytes(i % 4 === 0 ? 0 : i % 257);
    const plain = random.bytes(i < 300 ? i : Math.floor(random.next() * CHACHA_BYTES_MAX));
    const packetNumber = Math.floor(random.next() * 2 ** (i % 49));
    const aead = new ChaChaPoly(key);
    const text = sealed(aead, packetNumber, head, plain);
    assert.deepEqual(Buffer.from(text), openSsl(key, packetNumber, head, plain), `round ${i}`);
    const back = new Uint8Array(plain.length);
    assert.ok(aead.open(packetNumber, head, text, back, 0));
    assert.deepEqual(back, plain);
  }
});

test("chacha-poly: the tag is right where Poly1305 carries and wraps (texts and keys of ones)", () => {
  for (let length = 0; length < 200; length++) {
    for (const [keyByte, textByte] of [
      [0xff, 0xff],
      [0x00, 0xff],
      [0xff, 0x00],
    ] as const) {
      const key = new Uint8Array(32).fill(keyByte);
      const plain = new Uint8Array(length).fill(textByte);
      const text = sealed(new ChaChaPoly(key), length, new Uint8Array(0), plain);
      assert.deepEqual(Buffer.from(text), openSsl(key, length, new Uint8Array(0), plain));
    }
  }
});

test("chacha-poly: what was changed in any bit does not open, and writes nothing", () => {
  const random = new SeededRandom(4);
  const aead = new ChaChaPoly(random.bytes(32));
  const head = random.bytes(15);
  const text = sealed(aead, 9, head, random.bytes(40));
  const out = new Uint8Array(40);
  for (let bit = 0; bit < text.length * 8; bit++) {
    const changed = text.slice();
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
    assert.ok(!aead.open(9, head, changed, out, 0));
  }
  assert.ok(!aead.open(10, head, text, out, 0), "another number");
  assert.ok(!aead.open(9, head.subarray(1), text, out, 0), "another head");
  assert.ok(!aead.open(9, head, text.subarray(0, 10), out, 0), "too short");
  assert.deepEqual(out, new Uint8Array(40));
  assert.ok(aead.open(9, head, text, out, 0));
});
