/**
 * The clients of bench/gate/system.ts: connects, says "ready", sends as many loose frames a second as it is told, says "sent".
 *   node peers.js '{"port":…,"count":…,"sealKind":…,"frameBytes":…}'
 */
import { createInterface } from "node:readline";
import { connectKcp } from "../../client/node/kcp-transport.js";
import { realScheduler } from "../../engine/base/real-scheduler.js";
import { SealKind } from "../../engine/net/seal.js";
import type { Connection } from "../../engine/net/transport.js";

const TURN_MS = 2;
/** Faster than timers: a turn follows the other. */
const FAST_PER_SECOND = 50_000;
const LIFE_MS_MAX = 120_000;

interface PeersOptions {
  readonly port: number;
  readonly count: number;
  readonly sealKind: number;
  readonly frameBytes: number;
}

const options = JSON.parse(process.argv[2] ?? "{}") as PeersOptions;
const frame = new Uint8Array(options.frameBytes).fill(7);
const SEALS = { [SealKind.none]: "none", [SealKind.aes256Gcm]: "aes", [SealKind.chacha20Poly1305]: "chacha" } as const;
const seal = SEALS[options.sealKind as SealKind];

function say(event: string): void {
  process.stdout.write(`${JSON.stringify({ event })}\n`);
}

function opened(): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const connection = connectKcp(`kcp://127.0.0.1:${options.port}`, { seal });
    connection.onOpen = () => {
      connection.send(frame);
      resolve(connection);
    };
    connection.onClose = (reason) => reject(new Error(reason));
  });
}

/** At an even rate, each turn's share to one client after the other; no client twice in a turn, so that each is a datagram. */
function sendAll(connections: readonly Connection[], perSecond: number, seconds: number): Promise<void> {
  const startMs = realScheduler.nowMs();
  let sent = 0;
  return new Promise((resolve) => {
    const turn = () => {
      const elapsedMs = realScheduler.nowMs() - startMs;
      // Behind its time it does not catch up: the rate is then what this process can do.
      const due = Math.min(sent + connections.length, (elapsedMs * perSecond) / 1_000);
      for (; sent < due; sent++) connections[sent % connections.length]?.sendLoose?.(frame);
      if (elapsedMs >= seconds * 1_000) resolve();
      else if (sent >= due && perSecond < FAST_PER_SECOND) realScheduler.setTimer(TURN_MS, turn);
      else realScheduler.defer(turn);
    };
    turn();
  });
}

const connections = await Promise.all(Array.from({ length: options.count }, opened));
realScheduler.setTimer(LIFE_MS_MAX, () => process.exit(1));
say("ready");
createInterface({ input: process.stdin })
  .on("line", (line) => {
    const [command, perSecond, seconds] = line.split(" ");
    if (command !== "send") process.exit(0);
    void sendAll(connections, Number(perSecond), Number(seconds)).then(() => say("sent"));
  })
  .on("close", () => process.exit(0));
