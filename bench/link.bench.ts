/**
 * Messages per second over one link between two hosts on loopback TCP, in one process (so both ends share a core).
 *   node dist/bench/link.bench.js [messages]      default 2,000,000; the tests run a small one
 */
import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";
import { silentLog } from "../engine/base/log.js";
import { Metrics } from "../engine/base/metrics.js";
import { systemRandom } from "../engine/base/random.js";
import { realScheduler } from "../engine/base/real-scheduler.js";
import { defaultConfig } from "../engine/config/config.js";
import type { Link } from "../engine/net/link.js";
import { createLinkHost } from "../engine/net/link-host.js";
import { createTcpTransport } from "../engine/net/tcp-transport.js";
import type { BenchRun } from "./harness.js";

export interface LinkBenchResult {
  readonly messages: number;
  readonly ms: number;
  readonly messagesPerSecond: number;
  readonly bytes: number;
  readonly frames: number;
  /** Of what arrived, in order. */
  readonly hash: string;
}

const MESSAGES_PER_TURN = 500;
const MESSAGE_BYTES = 32;

export async function runLinkBench(messages: number): Promise<LinkBenchResult> {
  const metrics = new Metrics();
  const server = makeHost("server", new Metrics());
  const client = makeHost("client", metrics);
  const hash = createHash("sha256");
  let arrived = 0;
  const done = new Promise<void>((resolve) => {
    server.onLink = (link) => {
      link.onMessage = (reader) => {
        const number = reader.window(reader.at + 1, reader.end).u32();
        arrived++;
        if (number % 1_000 === 0) hash.update(String(number));
        if (arrived === messages) resolve();
      };
    };
  });
  const link = client.dial(await server.listen({ host: "127.0.0.1", port: 0 }), { kind: "game", incarnation: 0 });
  await new Promise<void>((resolve) => {
    link.onState = () => resolve();
  });
  const startMs = realScheduler.nowMs();
  await sendAll(link, messages, () => arrived);
  await done;
  const ms = realScheduler.nowMs() - startMs;
  const { link_bytes_sent_total: bytes = 0, link_frames_sent_total: frames = 0 } = metrics.snapshot();
  await client.close("done");
  await server.close("done");
  return {
    messages,
    ms,
    messagesPerSecond: (messages / ms) * 1_000,
    bytes,
    frames,
    hash: hash.digest("hex").slice(0, 16),
  };
}

/** A turn's worth per turn, and never more under way than the link's queue holds. */
async function sendAll(link: Link, messages: number, arrived: () => number): Promise<void> {
  const message = new Uint8Array(MESSAGE_BYTES).fill(1);
  const view = new DataView(message.buffer);
  for (let sent = 0; sent < messages; ) {
    for (let i = 0; i < MESSAGES_PER_TURN && sent < messages && sent - arrived() < 100_000; i++) {
      view.setUint32(1, sent++, true);
      link.sendEncoded(message);
    }
    await new Promise<void>((turn) => realScheduler.defer(turn));
  }
}

function makeHost(name: string, metrics: Metrics) {
  return createLinkHost({
    transport: createTcpTransport(),
    scheduler: realScheduler,
    random: systemRandom,
    log: silentLog,
    metrics,
    clusterName: "bench",
    secret: "the secret of the bench",
    self: { kind: "game", name, incarnation: 0 },
    config: defaultConfig().link,
  });
}

/** As `aeon bench link`. */
export async function bench(run: BenchRun): Promise<void> {
  const name = "messages over one link";
  if (!run.wants(name)) return;
  const { messages, ms, bytes, hash } = await runLinkBench(run.isSmall ? 5_000 : 1_000_000);
  run.report(name, "ns", (ms * 1e6) / messages, 200, hash);
  run.report(`${name}: bytes`, "bytes", bytes / messages);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  console.log(JSON.stringify(await runLinkBench(Number(process.argv[2] ?? 2_000_000))));
}
