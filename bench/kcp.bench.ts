/**
 * kcp-ts beside the C code (node-kcp of bench/peers) in the same run: what it costs in memory, what idle sessions cost, and how long an
 * echo takes over a bad line. Where node-kcp is not built its lines are missing, and standard error says so.
 *
 *   npx aeon bench kcp [--json] [--only TEXT]
 */
import { loadNodeKcp, type NodeKcp } from "../native/kcp-ts/testing/node-kcp.js";
import type { BenchRun } from "./harness.js";
import { measureIdle, measureIdleHost, nativeIdleSessions, ourIdleSessions } from "./kcp/idle.js";
import {
  IN_MEMORY_CASES,
  type InMemoryCase,
  measureAllocation,
  measureInMemory,
  nativePair,
  ourPair,
} from "./kcp/in-memory.js";
import {
  type LatencyResult,
  type MakeEnd,
  nativeByInterval,
  oursByInterval,
  oursByTurn,
  quantile,
  runLatency,
} from "./kcp/latency.js";

/** kcp-ts takes at most this share of node-kcp's time: 2.5 times its rate. */
const BULK_SHARE_PERCENT = 40;
const IDLE_SESSIONS = 10_000;
const IDLE_TARGET_MS = 30;
const IDLE_HOST_TARGET_MS = 1;
const LOSSES = [0, 0.05, 0.1, 0.2] as const;
const SEEDS = [1, 2, 3] as const;
/** Both send the same datagrams, so this is far more than there can be. */
const SAME_LATENCY_PERCENT = 5;
/** p99 with a flush at the end of each turn and redundancy, of that by interval without. */
const MENDED_SHARE_PERCENT = 85;
const HASH_PART_LENGTH = 4;

export async function bench(run: BenchRun): Promise<void> {
  const loaded = loadNodeKcp();
  const Native = typeof loaded === "string" ? null : loaded;
  if (typeof loaded === "string") process.stderr.write(`without node-kcp: ${loaded}\n`);
  for (const one of IN_MEMORY_CASES) if (run.wants(one.name)) await reportInMemory(run, one, Native);
  await reportIdle(run, Native);
  for (const loss of LOSSES) reportLatency(run, loss, Native);
}

async function reportInMemory(run: BenchRun, one: InMemoryCase, Native: NodeKcp | null): Promise<void> {
  const takings = ["receiveInto", "receive", "receiveView"] as const;
  const kinds = takings.map((taking) => () => ourPair(taking));
  const natives = Native === null ? [] : [() => nativePair(Native)];
  const { nsPerMessage, hashes } = await measureInMemory(one, [...kinds, ...natives], run.isSmall);
  const [into = 0, receive = 0, view = 0, native] = nsPerMessage;
  run.report(one.name, "ns", into, one.targetNs, hashes[0]);
  run.report(`${one.name}: by receive`, "ns", receive);
  run.report(`${one.name}: by receiveView`, "ns", view);
  run.report(`${one.name}: allocated`, "bytes", measureAllocation(one, run.isSmall));
  if (native === undefined) return;
  run.report(`${one.name}: node-kcp`, "ns", native, null, hashes.at(-1));
  const bound = one === IN_MEMORY_CASES[0] ? BULK_SHARE_PERCENT : null;
  run.report(`${one.name}: of node-kcp's time`, "percent", (into / native) * 100, bound);
}

/** The loop asks each session, every 10 ms; the host parks those with nothing to do. */
async function reportIdle(run: BenchRun, Native: NodeKcp | null): Promise<void> {
  const name = "10,000 idle sessions, per second";
  if (!run.wants(name)) return;
  const count = run.isSmall ? 10 : IDLE_SESSIONS;
  const kinds = [ourIdleSessions(count), ...(Native === null ? [] : [nativeIdleSessions(Native, count)])];
  const [ours = 0, native] = await measureIdle(kinds, run.isSmall);
  run.report(`${name}: a loop of update`, "ms", ours, IDLE_TARGET_MS);
  if (native !== undefined) run.report(`${name}: a loop of update, node-kcp`, "ms", native);
  run.report(`${name}: the host`, "ms", await measureIdleHost(count), IDLE_HOST_TARGET_MS);
}

function reportLatency(run: BenchRun, loss: number, Native: NodeKcp | null): void {
  const name = `echo over 60–120 ms, ${loss * 100} % loss`;
  if (!run.wants(name)) return;
  const measure = (makeEnd: MakeEnd) => SEEDS.map((seed) => runLatency(makeEnd, loss, seed, run.isSmall ? 50 : 2_000));
  const ours = measure(oursByInterval);
  reportMeans(run, name, ours);
  if (Native !== null) {
    const native = measure(nativeByInterval(Native));
    reportMeans(run, `${name}: node-kcp`, native);
    reportPerSeed(run, `${name}: p99 differs from node-kcp's by`, SAME_LATENCY_PERCENT, (i) =>
      Math.abs(p99(ours[i]) / p99(native[i]) - 1),
    );
  }
  for (const redundancy of [0, 1, 2]) {
    const mended = measure(oursByTurn(redundancy));
    const title = `${name}: flush at the end of a turn, redundancy ${redundancy}`;
    reportMeans(run, title, mended);
    const bound = redundancy > 0 && loss >= 0.1 ? MENDED_SHARE_PERCENT : null;
    reportPerSeed(run, `${title}: p99 of that by interval`, bound, (i) => p99(mended[i]) / p99(ours[i]));
  }
}

function reportPerSeed(run: BenchRun, name: string, bound: number | null, share: (index: number) => number): void {
  for (const [i, seed] of SEEDS.entries()) run.report(`${name}, seed ${seed}`, "percent", share(i) * 100, bound);
}

/** Over the seeds. */
function reportMeans(run: BenchRun, name: string, results: readonly LatencyResult[]): void {
  const mean = (of: (result: LatencyResult) => number) => results.reduce((sum, r) => sum + of(r), 0) / results.length;
  const hash = results.map((result) => result.hash.slice(0, HASH_PART_LENGTH)).join("-");
  run.report(
    `${name}: p50`,
    "ms",
    mean(({ rttMs }) => quantile(rttMs, 0.5)),
    null,
    hash,
  );
  run.report(`${name}: p99`, "ms", mean(p99));
  run.report(
    `${name}: datagrams per message`,
    "count",
    mean(({ datagramsPerMessage }) => datagramsPerMessage),
  );
  run.report(
    `${name}: bytes per message`,
    "bytes",
    mean(({ bytesPerMessage }) => bytesPerMessage),
  );
}

const p99 = (result: LatencyResult | undefined) => quantile(result?.rttMs ?? [], 0.99);
