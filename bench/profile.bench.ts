/**
 * What the script thread of a game spends its time on while clients' moves change properties, `aeon bench profile`: a CPU profile of the
 * real process under load. Ring writes are to be a small part of it, and the work of serving clients no part at all. Linux only, as
 * `aeon bench load`; BENCH_CLIENTS (400), BENCH_SECONDS (8).
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Profiler } from "node:inspector";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchRun } from "./harness.js";
import { appeared, pause } from "./load/files.js";
import { LineProcess } from "./load/processes.js";
import { freePortBase, startAeon } from "./load/servers.js";

const SMALL_CLIENTS = 20;
const PROFILE_TIMEOUT_MS = 20_000;
/** Node's own names of time that nobody used. */
const IDLE = new Set(["(idle)"]);

/** What a sample's own function belongs to. */
const KINDS: Readonly<Record<string, (call: Profiler.ProfileNode["callFrame"]) => boolean>> = {
  "ring writes": ({ url }) => /engine\/property\/(op-log|op-log-ring|op-log-format|cold-ops)\.js$/.test(url),
  msgpackr: ({ url }) => url.includes("/msgpackr/"),
  JSON: ({ functionName, url }) => url === "" && /^(stringify|parse|JSON)/.test(functionName),
  "client frames": ({ url }) => /game\/sync\/|protocol\/(client-frames|short-transforms)\.js$/.test(url),
};
/** In percent of the samples that were not idle. */
const TARGETS: Readonly<Record<string, number>> = { "ring writes": 5, msgpackr: 0, JSON: 0, "client frames": 0 };

export async function bench(run: BenchRun): Promise<void> {
  if (process.platform !== "linux") throw new Error("needs the load bench: Linux only");
  const clients = run.isSmall ? SMALL_CLIENTS : Number(process.env.BENCH_CLIENTS ?? 400);
  const seconds = run.isSmall ? 1 : Number(process.env.BENCH_SECONDS ?? 8);
  const { nodes, samples = [] } = await profileOf(clients, seconds);
  const busy = busySamples(nodes, samples);
  run.report("script thread: busy", "percent", (100 * busy.length) / samples.length);
  for (const [kind, isOfKind] of Object.entries(KINDS)) {
    const count = busy.filter(({ callFrame }) => isOfKind(callFrame)).length;
    run.report(`script thread: ${kind}`, "percent", (100 * count) / busy.length, TARGETS[kind] ?? null);
  }
}

function busySamples(nodes: readonly Profiler.ProfileNode[], samples: readonly number[]): Profiler.ProfileNode[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return samples
    .map((id) => byId.get(id))
    .filter((node) => node !== undefined)
    .filter(({ callFrame }) => !IDLE.has(callFrame.functionName));
}

async function profileOf(clients: number, seconds: number): Promise<Profiler.Profile> {
  const folder = mkdtempSync(join(tmpdir(), "aeon-profile-"));
  const file = join(folder, "script.cpuprofile");
  const profiler = new URL("./load/script-profiler.js", import.meta.url).href;
  const env = { AEON_PROFILE_FILE: file, NODE_OPTIONS: `--import ${profiler}` };
  const portBase = await freePortBase();
  const server = await startAeon(portBase, { world: "changing-world", env });
  const load = new LineProcess([
    fileURLToPath(new URL("./load/load.js", import.meta.url)),
    ...["--port", String(server.port), "--clients", String(clients), "--places", String(clients)],
  ]);
  try {
    await load.next("ready");
    load.say("go");
    writeFileSync(`${file}.go`, "");
    await pause(seconds * 1_000);
    writeFileSync(`${file}.stop`, "");
    await appeared(file, PROFILE_TIMEOUT_MS);
    return JSON.parse(readFileSync(file, "utf8")) as Profiler.Profile;
  } finally {
    await load.end("SIGTERM");
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
