import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import { LINK_MAGIC, LinkFrame, proofClaim, welcomeClaim } from "../../../engine/protocol/link-frame.js";
import { encodeMessage, type Field, type Message } from "../../../engine/protocol/message.js";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

function encoded<T>(kind: Message<T>, value: T): string {
  const writer = new ByteWriter();
  encodeMessage(writer, kind, value);
  return hex(writer.written());
}

function written<T>(field: Field<T>, value: T): string {
  const writer = new ByteWriter();
  field.write(writer, value);
  assert.deepEqual(field.read(new ByteReader(writer.copy())), value);
  return hex(writer.written());
}

const nonce = new Uint8Array(16).fill(0xaa);
const mac = new Uint8Array(32).fill(0xbb);

test("link frames: golden bytes", () => {
  const aa = "aa".repeat(16);
  const bb = "bb".repeat(32);
  assert.equal(
    encoded(LinkFrame.linkHello, { magic: LINK_MAGIC, versionMin: 1, versionMax: 2, nonce }),
    `0141454f4e0100020010${aa}`,
  );
  assert.equal(encoded(LinkFrame.linkChallenge, { version: 1, nonce }), `02010010${aa}`);
  assert.equal(encoded(LinkFrame.linkProof, { mac, claim: Uint8Array.of(1, 2) }), `0320${bb}0102`);
  assert.equal(encoded(LinkFrame.linkWelcome, { mac, claim: Uint8Array.of(3) }), `0420${bb}03`);
  assert.equal(encoded(LinkFrame.linkRefuse, { code: "A", reason: "b" }), "0501410162");
  assert.equal(
    encoded(LinkFrame.linkBatch, { sequence: 1, ack: 2, messages: Uint8Array.of(1, 0, 0, 0, 9) }),
    "06000000000000f03f00000000000000400100000009",
  );
  assert.equal(encoded(LinkFrame.linkHeartbeat, { ack: 2 }), "070000000000000040");
  assert.equal(encoded(LinkFrame.linkBye, { reason: "c" }), "080163");
});

test("link frames: golden bytes of the claims", () => {
  const self = { kind: "gate", name: "gate1", incarnation: 300 } as const;
  const proof = {
    self,
    expectedKind: "game",
    expectedIncarnation: 5,
    linkId: nonce,
    attempt: 3,
    isResume: true,
    received: 1,
  } as const;
  assert.equal(written(proofClaim, proof), `03056761746531ac02020510${"aa".repeat(16)}0300000001000000000000f03f`);
  assert.equal(written(welcomeClaim, { self, received: 1 }), "03056761746531ac02000000000000f03f");
});
