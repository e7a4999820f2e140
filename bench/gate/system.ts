/** A gate's UDP end over the system's sockets, its clients in a process of their own: what the gate's process uses per datagram. */
import { fileURLToPath } from "node:url";
import { silentLog } from "../../engine/base/log.js";
import { Metrics } from "../../engine/base/metrics.js";
import { systemRandom } from "../../engine/base/random.js";
import { realScheduler } from "../../engine/base/real-scheduler.js";
import { parseConfig } from "../../engine/config/config.js";
import { nodeSeal } from "../../engine/net/node-seal.js";
import { gateKeyPair, type SealKind } from "../../engine/net/seal.js";
import type { Connection } from "../../engine/net/transport.js";
import { createUdpListener } from "../../engine/net/udp-listener.js";
import { LineProcess } from "../load/processes.js";
import { BENCH_SECRET } from "./memory.js";

const PEERS_PROGRAM = fileURLToPath(new URL("./peers.js", import.meta.url));
/** What the clients send: below what one gate takes, and more than it takes. */
const MEASURED_PER_SECOND = 15_000;
const FLOOD_PER_SECOND = 150_000;

export interface SystemResult {
  /** The gate's processor time for one. */
  readonly receivedUs: number;
  readonly sentUs: number;
  /** When far more come. */
  readonly receivedPerSecond: number;
}

export async function measureSystem(
  sealKind: SealKind,
  frameBytes: number,
  clientCount: number,
  seconds: number,
): Promise<SystemResult> {
  const connections: Connection[] = [];
  const counted = { frames: 0 };
  const config = parseConfig({ gate: { handshakesPerSecondMax: 100_000 } }).gate;
  const listener = await createUdpListener({
    config,
    scheduler: realScheduler,
    random: systemRandom,
    primitives: nodeSeal,
    log: silentLog,
    metrics: new Metrics(),
    staticKey: gateKeyPair(nodeSeal, BENCH_SECRET),
    secret: BENCH_SECRET,
    frameBytesMax: 131_072,
    admits: () => true,
  }).listen({ host: "127.0.0.1", port: 0 }, (connection) => {
    connections.push(connection);
    connection.onFrame = () => void counted.frames++;
  });
  const peers = new LineProcess([
    PEERS_PROGRAM,
    JSON.stringify({ port: listener.address.port, count: clientCount, sealKind, frameBytes }),
  ]);
  try {
    await peers.next("ready");
    const received = await receiving(peers, counted, MEASURED_PER_SECOND, seconds);
    const sentUs = await sending(connections, frameBytes, seconds);
    const flooded = await receiving(peers, counted, FLOOD_PER_SECOND, seconds);
    return { receivedUs: received.us, sentUs, receivedPerSecond: flooded.perSecond };
  } finally {
    peers.say("end");
    await peers.end();
    await listener.close();
  }
}

async function receiving(
  peers: LineProcess,
  counted: { frames: number },
  perSecond: number,
  seconds: number,
): Promise<{ us: number; perSecond: number }> {
  counted.frames = 0;
  const startMs = realScheduler.nowMs();
  const cpu = process.cpuUsage();
  peers.say(`send ${perSecond} ${seconds}`);
  await peers.next("sent");
  const { user, system } = process.cpuUsage(cpu);
  const elapsedSeconds = (realScheduler.nowMs() - startMs) / 1_000;
  return { us: (user + system) / Math.max(1, counted.frames), perSecond: counted.frames / elapsedSeconds };
}

async function sending(connections: readonly Connection[], frameBytes: number, seconds: number): Promise<number> {
  const frame = new Uint8Array(frameBytes).fill(7);
  const endMs = realScheduler.nowMs() + seconds * 1_000;
  const cpu = process.cpuUsage();
  let sent = 0;
  while (realScheduler.nowMs() < endMs) {
    for (const connection of connections) connection.sendLoose?.(frame);
    sent += connections.length;
    await new Promise<void>((resolve) => realScheduler.defer(resolve));
    // The flush of this turn.
    await new Promise<void>((resolve) => realScheduler.defer(resolve));
  }
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / sent;
}
