/**
 * Strangers by the thousand: HELLOs from many addresses of this machine's loopback network, with made-up keys and no interest in answers. To
 * 127.0.0.1 only, bounded in rate and time. One line of JSON at the end.
 *   node udp-flooder.js '{"port":…,"perSecond":…,"seconds":…}'
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { ByteWriter } from "../../engine/base/bytes.js";
import { systemRandom } from "../../engine/base/random.js";
import { realScheduler } from "../../engine/base/real-scheduler.js";
import { DATAGRAM_VERSION, encodeDatagram, helloDatagram } from "../../engine/protocol/datagram.js";

const HOST = "127.0.0.1";
const SOURCES = 250;
const PER_SECOND_MAX = 100_000;
const SECONDS_MAX = 60;
/** What was missed while the machine did something else is made up for at no more than so many times the rate. */
const CATCH_UP = 2;
const TURN_MS_MAX = 10;
const KEYS = 4_096;
const KEY_BYTES = 32;
const BYTE = 256;

interface FloodOptions {
  readonly port: number;
  readonly perSecond: number;
  readonly seconds: number;
}

const { port, ...wanted } = JSON.parse(process.argv[2] ?? "{}") as FloodOptions;
const perSecond = Math.min(PER_SECOND_MAX, wanted.perSecond);
const seconds = Math.min(SECONDS_MAX, wanted.seconds);

/** An address of 127/8 that nobody else uses. */
function sourceAddress(): string {
  const [one = 1, two = 1, three = 1] = systemRandom.bytes(3);
  return `127.${1 + (one % (BYTE - 2))}.${two}.${1 + (three % (BYTE - 2))}`;
}

async function openSource(): Promise<Socket> {
  const socket = createSocket({
    type: "udp4",
    lookup: (host, _, done) => done(null, host, 4),
  });
  socket.on("error", () => undefined);
  // Before it is bound, which may be done at once.
  const listening = once(socket, "listening");
  socket.bind({ port: 0, address: sourceAddress() });
  await listening;
  return socket;
}

function hellos(): Uint8Array[] {
  const writer = new ByteWriter();
  return Array.from({ length: KEYS }, () => {
    const hello = { version: DATAGRAM_VERSION, clientKey: systemRandom.bytes(KEY_BYTES) };
    return encodeDatagram(writer, helloDatagram, hello).slice();
  });
}

async function flood(): Promise<number> {
  const sources = await Promise.all(Array.from({ length: SOURCES }, openSource));
  const datagrams = hellos();
  const startMs = realScheduler.nowMs();
  let sent = 0;
  let turnMs = 0;
  await new Promise<void>((resolve) => {
    const turn = () => {
      const elapsedMs = realScheduler.nowMs() - startMs;
      const stepMs = Math.min(TURN_MS_MAX, elapsedMs - turnMs);
      turnMs = elapsedMs;
      const due = Math.min(sent + (CATCH_UP * stepMs * perSecond) / 1_000, (elapsedMs * perSecond) / 1_000);
      for (; sent < due; sent++) {
        sources[sent % SOURCES]?.send(datagrams[sent % KEYS] as Uint8Array, port, HOST);
      }
      if (elapsedMs >= seconds * 1_000) resolve();
      else realScheduler.setTimer(1, turn);
    };
    turn();
  });
  for (const source of sources) source.close();
  return sent;
}

realScheduler.setTimer((SECONDS_MAX + seconds) * 1_000, () => process.exit(1));
const sent = await flood();
process.stdout.write(`${JSON.stringify({ event: "flooded", sent, seconds })}\n`, () => process.exit(0));
