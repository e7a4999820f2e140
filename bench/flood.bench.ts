/**
 * A gate flooded with HELLOs of strangers while honest clients play: memory, connections, and how long an echo takes before and meanwhile.
 * Gate, flooder and clients are processes of their own; the flooder sends to this machine's loopback only.
 *
 *   npx aeon bench flood [--json]
 */
import { fileURLToPath } from "node:url";
import { connectKcp } from "../client/node/kcp-transport.js";
import { realScheduler } from "../engine/base/real-scheduler.js";
import type { Connection } from "../engine/net/transport.js";
import type { BenchRun } from "./harness.js";
import { LineProcess, residentMb } from "./load/processes.js";

const GATE_PROGRAM = fileURLToPath(new URL("./flood/echo-gate.js", import.meta.url));
const FLOODER_PROGRAM = fileURLToPath(new URL("./load/udp-flooder.js", import.meta.url));
const CLIENTS = 100;
const ECHO_INTERVAL_MS = 100;
const ECHO_BYTES = 60;
const FLOOD_PER_SECOND = 50_000;
const FLOOD_SECONDS = 10;
/** Of the gate, which may collect its garbage later. */
const GROWTH_MB_MAX = 40;
const SLOWER_FACTOR_MAX = 2;
const SLOWER_MS_MAX = 60;
const FLOAT_BYTES = 8;

interface Player {
  readonly connection: Connection;
  readonly onEcho: { rttMs: (rttMs: number) => void };
}

export async function bench(run: BenchRun): Promise<void> {
  const name = "50,000 strangers' hellos a second";
  if (!run.wants(name)) return;
  const perSecond = run.isSmall ? 2_000 : FLOOD_PER_SECOND;
  const seconds = run.isSmall ? 0.3 : FLOOD_SECONDS;
  const gate = new LineProcess([GATE_PROGRAM]);
  const { port } = await gate.next("ready");
  try {
    await measure(run, name, gate, Number(port), perSecond, seconds);
  } finally {
    await gate.end("SIGKILL");
  }
}

async function measure(
  run: BenchRun,
  name: string,
  gate: LineProcess,
  port: number,
  perSecond: number,
  seconds: number,
): Promise<void> {
  const players = await Promise.all(Array.from({ length: run.isSmall ? 5 : CLIENTS }, () => join(port)));
  await echoes(players, seconds / 2);
  const before = await echoes(players, seconds);
  const memoryBefore = residentMb([gate.pid]);
  const flooder = new LineProcess([FLOODER_PROGRAM, JSON.stringify({ port, perSecond, seconds })]);
  const [during, flooded] = await Promise.all([echoes(players, seconds), flooder.next("flooded")]);
  const growth = residentMb([gate.pid]) - memoryBefore;
  gate.say("count");
  const counted = await gate.next("counted");
  await flooder.end();
  for (const { connection } of players) connection.close();
  const bound = Math.max(SLOWER_FACTOR_MAX * p99(before), p99(before) + SLOWER_MS_MAX);
  run.report(`${name}: sent`, "count", Number(flooded.sent));
  run.report(`${name}: answered`, "count", Number(counted.udp_cookies_sent_total));
  run.report(`${name}: honest clients cut`, "count", Number(counted.closed), 0);
  run.report(`${name}: honest clients' echo before, p99`, "ms", p99(before));
  run.report(`${name}: honest clients' echo meanwhile, p99`, "ms", p99(during), bound);
  run.report(
    `${name}: honest clients' echoes missing`,
    "count",
    before.length === 0 ? 1 : during.filter(Number.isNaN).length,
    0,
  );
  run.report(`${name}: the gate's memory grew by`, "mb", growth, GROWTH_MB_MAX);
}

function join(port: number): Promise<Player> {
  return new Promise((resolve, reject) => {
    const connection = connectKcp(`kcp://127.0.0.1:${port}`);
    const onEcho = { rttMs: (_: number) => undefined as void };
    connection.onFrame = (frame) => {
      const sentMs = new DataView(frame.buffer, frame.byteOffset, FLOAT_BYTES).getFloat64(0, true);
      onEcho.rttMs(realScheduler.nowMs() - sentMs);
    };
    connection.onOpen = () => resolve({ connection, onEcho });
    connection.onClose = (reason) => reject(new Error(reason));
  });
}

/** Every player's echoes, one after the other at an even rate. */
async function echoes(players: readonly Player[], seconds: number): Promise<number[]> {
  const rtts: number[] = [];
  let missing = 0;
  for (const { onEcho } of players) {
    onEcho.rttMs = (rttMs) => {
      missing--;
      rtts.push(rttMs);
    };
  }
  const endMs = realScheduler.nowMs() + seconds * 1_000;
  const frame = new Uint8Array(ECHO_BYTES);
  const view = new DataView(frame.buffer);
  while (realScheduler.nowMs() < endMs) {
    for (const { connection } of players) {
      view.setFloat64(0, realScheduler.nowMs(), true);
      connection.send(frame);
      missing++;
      await pause(ECHO_INTERVAL_MS / players.length);
    }
  }
  await pause(ECHO_INTERVAL_MS * 10);
  return [...rtts, ...new Array<number>(Math.max(0, missing)).fill(Number.NaN)];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => realScheduler.setTimer(ms, resolve));
}

function p99(rtts: readonly number[]): number {
  const sorted = rtts.filter((rtt) => !Number.isNaN(rtt)).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
}
