/** The handshake of an encrypted WebSocket and the frames after it, with both libraries on both sides. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { nobleSeal } from "../../../client/noble-seal.js";
import { SeededRandom } from "../../../engine/base/random.js";
import { nodeSeal } from "../../../engine/net/node-seal.js";
import { gateKeyPair, KEY_BYTES, SealKind, type SealPrimitives, TAG_BYTES } from "../../../engine/net/seal.js";
import {
  answerSecureHello,
  encodeSecureHello,
  readSecureAccept,
  type SealedFrames,
} from "../../../engine/net/secure-handshake.js";

const CHACHA = [SealKind.chacha20Poly1305];
const BOTH = [SealKind.aes256Gcm, SealKind.chacha20Poly1305];
const random = new SeededRandom(11);
const fixed = gateKeyPair(nodeSeal, "the secret of the tests");

interface Meeting {
  readonly kinds?: readonly SealKind[];
  readonly pinnedKey?: Uint8Array | null;
  /** Somebody on the line. */
  readonly onHello?: (frame: Uint8Array) => Uint8Array;
  readonly onAccept?: (frame: Uint8Array) => Uint8Array;
}

function meet(
  client: SealPrimitives,
  gate: SealPrimitives,
  { kinds = CHACHA, pinnedKey = null, onHello = (f) => f, onAccept = (f) => f }: Meeting = {},
): { client: SealedFrames; gate: SealedFrames } {
  const ephemeral = client.keyPair(random.bytes(KEY_BYTES));
  const hello = onHello(encodeSecureHello(kinds, ephemeral.publicKey));
  const gateFixed = gateKeyPair(gate, "the secret of the tests");
  const answer = answerSecureHello(gate, hello, gate.keyPair(random.bytes(KEY_BYTES)), gateFixed);
  const accept = onAccept(answer.frame);
  return { client: readSecureAccept(client, accept, { kinds, ephemeral, pinnedKey }), gate: answer.frames };
}

function sealed(by: SealedFrames, frame: Uint8Array): Uint8Array {
  const out = new Uint8Array(frame.length + TAG_BYTES);
  by.seal(frame, out, 0);
  return out;
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
}

for (const [name, client, gate, kinds] of [
  ["node and node", nodeSeal, nodeSeal, BOTH],
  ["noble and node", nobleSeal, nodeSeal, CHACHA],
  ["node and noble", nodeSeal, nobleSeal, CHACHA],
] as const) {
  test(`secure handshake (${name}): both ends read each other, in both directions`, () => {
    const ends = meet(client, gate, { kinds, pinnedKey: fixed.publicKey });
    for (const length of [0, 1, 100, 5_000]) {
      const frame = random.bytes(length);
      assert.deepEqual(ends.gate.open(sealed(ends.client, frame)), frame);
      assert.deepEqual(ends.client.open(sealed(ends.gate, frame)), frame);
    }
  });
}

test("secure handshake: the two libraries agree byte by byte (keys, hashes, seals)", () => {
  for (let i = 0; i < 5; i++) {
    const [secret, other, data, nonceHead] = [32, 32, 300, 9].map((count) => random.bytes(count)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const pairs = [nodeSeal, nobleSeal].map((one) => one.keyPair(secret));
    assert.deepEqual(pairs[0]?.publicKey, pairs[1]?.publicKey);
    const results = [nodeSeal, nobleSeal].map((one) => {
      const out = new Uint8Array(data.length + TAG_BYTES);
      one.aead(SealKind.chacha20Poly1305, secret).seal(2 ** 40 + i, nonceHead, data, out, 0);
      const agreed = one.agree(one.keyPair(secret), one.keyPair(other).publicKey);
      return [one.sha256(data), one.hmacSha256(secret, data), agreed, out];
    });
    assert.deepEqual(results[0], results[1]);
  }
});

test("secure handshake: a key of low order, or of another length, is refused at both ends", () => {
  for (const bad of [new Uint8Array(KEY_BYTES), new Uint8Array(31).fill(9)]) {
    for (const one of [nodeSeal, nobleSeal]) assert.equal(one.agree(one.keyPair(random.bytes(32)), bad), null);
    assert.throws(() => answerSecureHello(nodeSeal, encodeSecureHello(CHACHA, bad), fixed, fixed), {
      code: "CLIENT_ENCRYPTION",
    });
  }
});

test("secure handshake: whoever changes one bit of either message is found out", () => {
  const hello = encodeSecureHello(BOTH, fixed.publicKey);
  for (let at = 0; at < hello.length; at++) {
    assert.throws(
      () => meet(nodeSeal, nodeSeal, { kinds: BOTH, onHello: (frame) => flipped(frame, at) }),
      `hello ${at}`,
    );
  }
  const length = answerSecureHello(nodeSeal, hello, fixed, fixed).frame.length;
  for (let at = 0; at < length; at++) {
    assert.throws(() => meet(nodeSeal, nodeSeal, { onAccept: (frame) => flipped(frame, at) }), `accept ${at}`);
  }
});

test("secure handshake: leaving out the better kind of seal on the way is found out", () => {
  const onHello = (frame: Uint8Array) => encodeSecureHello(CHACHA, frame.slice(-KEY_BYTES));
  assert.throws(() => meet(nodeSeal, nodeSeal, { kinds: BOTH, onHello }), { code: "CLIENT_ENCRYPTION" });
});

test("secure handshake: a gate with another key than the pinned one is refused", () => {
  const pinnedKey = gateKeyPair(nodeSeal, "another cluster's secret").publicKey;
  assert.throws(() => meet(nodeSeal, nodeSeal, { pinnedKey }), { code: "CLIENT_ENCRYPTION" });
});

test("secure handshake: nothing in common, another version, and what is no hello are refused with a code", () => {
  const key = fixed.publicKey;
  const answer = (frame: Uint8Array) => answerSecureHello(nodeSeal, frame, fixed, fixed);
  for (const kinds of [[], [SealKind.none], [99 as SealKind]]) {
    assert.throws(() => answer(encodeSecureHello(kinds, key)), { code: "CLIENT_ENCRYPTION" });
  }
  const version = encodeSecureHello(CHACHA, key);
  version[1] = 9;
  assert.throws(() => answer(version), { code: "CLIENT_ENCRYPTION" });
  assert.throws(() => answer(Uint8Array.of(...encodeSecureHello(CHACHA, key), 0)), { code: "BYTES_MALFORMED" });
  assert.throws(() => answer(Uint8Array.of(64, 1)), { code: "BYTES_TRUNCATED" });
  assert.throws(() => answer(new Uint8Array(1_000).fill(64)), { code: "BYTES_MALFORMED" });
});

test("sealed frames: one that is changed, cut, repeated, left out, swapped or sent back does not open", () => {
  const frame = random.bytes(40);
  const tampered: ((ends: ReturnType<typeof meet>, first: Uint8Array, second: Uint8Array) => Uint8Array | null)[] = [
    ({ gate }, first) => gate.open(flipped(first, 0)),
    ({ gate }, first) => gate.open(flipped(first, first.length - 1)),
    ({ gate }, first) => gate.open(first.subarray(1)),
    ({ gate }) => gate.open(new Uint8Array(0)),
    ({ gate }) => gate.open(new Uint8Array(TAG_BYTES)),
    ({ gate }, first) => {
      assert.ok(gate.open(first));
      return gate.open(first);
    },
    ({ gate }, _, second) => gate.open(second),
    ({ client }, first) => client.open(first),
    ({ gate }) => gate.open(sealed(meet(nodeSeal, nodeSeal).client, frame)),
  ];
  for (const [i, tamper] of tampered.entries()) {
    const ends = meet(nodeSeal, nodeSeal);
    assert.equal(tamper(ends, sealed(ends.client, frame), sealed(ends.client, frame)), null, `${i}`);
  }
});
