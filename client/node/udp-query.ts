/** Asking a gate over UDP which one to connect to (QUERY and ANSWER of engine/protocol/datagram.ts), from Node. */
import { lookup } from "node:dns/promises";
import { ByteReader, ByteWriter } from "../../engine/base/bytes.js";
import { AeonError } from "../../engine/base/errors.js";
import { type Random, systemRandom } from "../../engine/base/random.js";
import { realScheduler } from "../../engine/base/real-scheduler.js";
import type { Scheduler, TimerHandle } from "../../engine/base/scheduler.js";
import type { DatagramSocket } from "../../engine/net/datagram-socket.js";
import { openDgramSocket } from "../../engine/net/dgram-socket.js";
import { isSameBytes } from "../../engine/net/seal.js";
import type { Address } from "../../engine/net/transport.js";
import {
  answerDatagram,
  DatagramType,
  decodeDatagram,
  ECHO_BYTES,
  encodeDatagram,
  queryDatagram,
} from "../../engine/protocol/datagram.js";
import type { AskGate } from "../gate-query.js";
import { kcpUrlOf, parseKcpUrl } from "./kcp-transport.js";

const RETRY_MS = 300;
const TRIES_MAX = 5;

/** `url`: "kcp://host:port". The answer's gates as `kcp` addresses, with the key that the question's address pins. */
export const askOverUdp: AskGate = async (url) => {
  const { host, port } = parseKcpUrl(url);
  const { address, family } = await lookup(host);
  const socket = await openDgramSocket({ host: family === 6 ? "::" : "0.0.0.0", port: 0 }, 0);
  try {
    const { search } = new URL(url);
    const told = await askGates(socket, { host: address, port }, realScheduler, systemRandom);
    return told.flatMap((gate) => (kcpUrlOf(gate) === null ? [] : [`${kcpUrlOf(gate)}${search}`]));
  } finally {
    await socket.close();
  }
};

/** Asks again until an answer to this question comes from that address. Rejects with CLIENT_DISCONNECTED. */
export function askGates(
  socket: DatagramSocket,
  gate: Address,
  scheduler: Scheduler,
  random: Random,
): Promise<readonly string[]> {
  const echo = random.bytes(ECHO_BYTES);
  const question = encodeDatagram(new ByteWriter(), queryDatagram, { echo }).slice();
  return new Promise((resolve, reject) => {
    let timer: TimerHandle | null = null;
    let tries = 0;
    const ask = (): void => {
      if (tries++ === TRIES_MAX) {
        reject(new AeonError("CLIENT_DISCONNECTED", `no answer from ${gate.host}:${gate.port}`));
        return;
      }
      timer = scheduler.setTimer(RETRY_MS, ask);
      socket.send(question.slice(), gate.host, gate.port);
    };
    socket.onDatagram = (bytes, host, port) => {
      if (host !== gate.host || port !== gate.port) return;
      const gates = readAnswer(bytes, echo);
      if (gates === null) return;
      if (timer !== null) scheduler.clearTimer(timer);
      resolve(gates);
    };
    ask();
  });
}

/** Null: it is no answer to this question. */
function readAnswer(bytes: Uint8Array, echo: Uint8Array): string[] | null {
  if (bytes[0] !== DatagramType.answer) return null;
  const answer = decodeDatagram(new ByteReader(bytes), answerDatagram);
  return answer === null || !isSameBytes(answer.echo, echo) ? null : answer.gates.map(({ url }) => url);
}
