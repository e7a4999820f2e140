import assert from "node:assert/strict";
import { test } from "node:test";
import { askGates } from "../../../../client/node/udp-query.js";
import { ByteReader, ByteWriter } from "../../../../engine/base/bytes.js";
import { SeededRandom } from "../../../../engine/base/random.js";
import { VirtualScheduler } from "../../../../engine/base/virtual-scheduler.js";
import type { DatagramSocket } from "../../../../engine/net/datagram-socket.js";
import {
  answerDatagram,
  decodeDatagram,
  encodeDatagram,
  QUERY_BYTES,
  queryDatagram,
} from "../../../../engine/protocol/datagram.js";

const GATE = { host: "203.0.113.1", port: 7_711 };

function setUp(onQuestion: (question: Uint8Array, number: number, socket: DatagramSocket) => void) {
  const scheduler = new VirtualScheduler();
  const questions: Uint8Array[] = [];
  const socket: DatagramSocket = {
    address: { host: "0.0.0.0", port: 1 },
    receiveBufferBytes: 0,
    onDatagram: null,
    send: (bytes) => {
      questions.push(bytes);
      onQuestion(bytes, questions.length, socket);
    },
    close: async () => undefined,
  };
  return { scheduler, questions, answer: askGates(socket, GATE, scheduler, new SeededRandom(1)) };
}

function answerTo(question: Uint8Array, url: string): Uint8Array {
  const query = decodeDatagram(new ByteReader(question), queryDatagram);
  assert.ok(query !== null);
  return encodeDatagram(new ByteWriter(), answerDatagram, { echo: query.echo, gates: [{ url, load: 3 }] }).slice();
}

test("udp query: asks with datagrams no smaller than the answer, again until it is answered", async () => {
  const { scheduler, questions, answer } = setUp((question, number, socket) => {
    if (number === 3) socket.onDatagram?.(answerTo(question, "ws://b:1"), GATE.host, GATE.port);
  });
  await scheduler.run(5_000);
  assert.deepEqual(await answer, ["ws://b:1"]);
  assert.equal(questions.length, 3);
  assert.ok(questions.every(({ length }) => length === QUERY_BYTES));
});

test("udp query: what comes from elsewhere, to another question or in pieces is no answer, and in the end there is none", async () => {
  const { scheduler, questions, answer } = setUp((question, _, socket) => {
    const forged = answerTo(question, "ws://evil:1");
    socket.onDatagram?.(forged, "198.51.100.1", GATE.port);
    socket.onDatagram?.(forged, GATE.host, 1);
    for (let end = 0; end < forged.length; end++) {
      socket.onDatagram?.(forged.slice(0, end), GATE.host, GATE.port);
    }
    forged[3] = (forged[3] as number) ^ 1;
    socket.onDatagram?.(forged, GATE.host, GATE.port);
  });
  const refused = assert.rejects(answer, { code: "CLIENT_DISCONNECTED" });
  await scheduler.run(10_000);
  await refused;
  assert.equal(questions.length, 5);
});
