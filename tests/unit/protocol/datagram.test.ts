/** The UDP datagrams' bytes, drawn in datagram.ts: golden, and no others are read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import {
  acceptDatagram,
  answerDatagram,
  cookieDatagram,
  DATA_HEAD_BYTES,
  DatagramType,
  decodeDatagram,
  encodeDatagram,
  helloDatagram,
  openDatagram,
  packetNumberOf,
  queryDatagram,
  refuseDatagram,
  resetDatagram,
  sessionHighOf,
  sessionKeyOf,
  writeDataHead,
  writePacketNumber,
} from "../../../engine/protocol/datagram.js";

const bytes = (first: number, count: number) => Uint8Array.from({ length: count }, (_, i) => (first + i) & 0xff);
const hexOf = (data: Uint8Array) => Buffer.from(data).toString("hex");
const hex = (first: number, count: number) => hexOf(bytes(first, count));
const session = { low: 0x04030201, high: 0xf7060504 };
const SESSION = "01020304040506f7";
const zeros = (count: number) => "00".repeat(count);

const GOLDEN = [
  ["hello", helloDatagram, { version: 1, clientKey: bytes(1, 32) }, `010100${hex(1, 32)}${zeros(93)}`],
  ["cookie", cookieDatagram, { echo: bytes(1, 8), epoch: 9, cookie: bytes(50, 16) }, `02${hex(1, 8)}09${hex(50, 16)}`],
  [
    "open",
    openDatagram,
    { version: 1, clientKey: bytes(1, 32), epoch: 9, cookie: bytes(50, 16), sealKind: 2 },
    `030100${hex(1, 32)}09${hex(50, 16)}02${zeros(203)}`,
  ],
  [
    "accept",
    acceptDatagram,
    {
      echo: bytes(1, 8),
      session,
      sealKind: 2,
      gateKey: bytes(100, 32),
      gateStaticKey: bytes(150, 32),
      confirmation: bytes(7, 32),
    },
    `04${hex(1, 8)}${SESSION}02${hex(100, 32)}${hex(150, 32)}${hex(7, 32)}`,
  ],
  ["refuse", refuseDatagram, { echo: bytes(1, 8), refusal: 3 }, `07${hex(1, 8)}03`],
  ["query", queryDatagram, { echo: bytes(1, 8) }, `08${hex(1, 8)}${zeros(503)}`],
  [
    "answer",
    answerDatagram,
    { echo: bytes(1, 8), gates: [{ load: 255, url: "ws://a:1" }] },
    `09${hex(1, 8)}01ff08${Buffer.from("ws://a:1").toString("hex")}`,
  ],
  ["reset", resetDatagram, { session, token: bytes(30, 16) }, `0a${SESSION}${hex(30, 16)}`],
] as const;

for (const [name, kind, value, golden] of GOLDEN) {
  test(`datagram: ${name} has its bytes, is read back, and nothing shorter is`, () => {
    const drawn = kind as unknown as Parameters<typeof encodeDatagram<unknown>>[1];
    const encoded = encodeDatagram(new ByteWriter(), drawn, value).slice();
    assert.equal(hexOf(encoded), golden);
    assert.deepEqual(decodeDatagram(new ByteReader(encoded), drawn), value);
    for (let length = 0; length < drawn.bytesMin; length++) {
      assert.equal(decodeDatagram(new ByteReader(encoded.slice(0, length)), drawn), null);
    }
  });
}

test("datagram: an answer that says more gates than there are is not read", () => {
  const encoded = encodeDatagram(new ByteWriter(), answerDatagram, { echo: bytes(1, 8), gates: [] }).slice();
  encoded[9] = 3;
  assert.equal(decodeDatagram(new ByteReader(encoded), answerDatagram), null);
});

test("datagram: the head of data has its bytes, and is read where it stands", () => {
  const head = new Uint8Array(DATA_HEAD_BYTES);
  const number = 0xfedcba987654;
  writePacketNumber(head, writeDataHead(head, 0, DatagramType.data, session), number);
  assert.equal(hexOf(head), `05${SESSION}547698badcfe`);
  assert.equal(packetNumberOf(head), number);
  assert.equal(sessionKeyOf(head), session.low | 0);
  assert.equal(sessionHighOf(head), session.high | 0);
});
