/**
 * End to end: real clients over WebSocket on a real cluster, `aeon bench load`. What all server processes together take of a core, how
 * long it takes until a neighbour sees a move, and how many states a second arrive. Linux only: processor times are read from /proc.
 *
 * Environment: BENCH_CLIENTS (800), BENCH_SECONDS (12), BENCH_TARGET (aeon | colyseus), BENCH_PHASES (bunched,uniform).
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageFolder } from "../cli/package-files.js";
import type { BenchRun } from "./harness.js";
import { pause } from "./load/files.js";
import { cpuSeconds, type Line, LineProcess, residentMb } from "./load/processes.js";
import { freePortBase, type ServerUnderLoad, startAeon, startColyseus } from "./load/servers.js";

const PROBE_COUNT = 6;
/** One process of the load carries so many. */
const CLIENTS_PER_PROCESS = 1_000;
const SETTLE_MS = 2_000;
const SMALL_CLIENTS = 20;

export interface LoadPlan {
  readonly target: "aeon" | "colyseus";
  readonly clients: number;
  readonly phases: "bunched" | "uniform";
  readonly seconds: number;
}

export interface LoadResult {
  /** Of one core, all server processes together. */
  readonly serverCpuPercent: number;
  readonly serverMb: number;
  readonly load: readonly Line[];
  readonly probes: Line;
}

export async function bench(run: BenchRun): Promise<void> {
  const { env } = process;
  if (process.platform !== "linux") throw new Error("the load bench reads processor times from /proc: Linux only");
  const target = env.BENCH_TARGET === "colyseus" ? "colyseus" : "aeon";
  const clients = run.isSmall ? SMALL_CLIENTS : Number(env.BENCH_CLIENTS ?? 800);
  const seconds = run.isSmall ? 1 : Number(env.BENCH_SECONDS ?? 12);
  for (const phases of (env.BENCH_PHASES ?? "bunched,uniform").split(",")) {
    const plan: LoadPlan = { target, clients, seconds, phases: phases === "bunched" ? "bunched" : "uniform" };
    const name = `${clients} clients, ${plan.phases}`;
    if (!run.wants(name)) continue;
    reportLoad(run, name, plan, await runLoad(plan));
  }
}

function reportLoad(
  run: BenchRun,
  name: string,
  plan: LoadPlan,
  { serverCpuPercent, serverMb, load, probes }: LoadResult,
): void {
  const isNamed = plan.clients === 800 && plan.target === "aeon";
  const cpuTarget = plan.phases === "bunched" ? 20 : 28;
  const least = (key: string) => Math.min(...load.map((line) => Number(line[key])));
  const sum = (key: string) => load.reduce((total, line) => total + Number(line[key]), 0);
  run.report(`${name}: server CPU`, "percent", serverCpuPercent, isNamed ? cpuTarget : null);
  run.report(
    `${name}: seen after, p99`,
    "ms",
    Number(probes.seeMsP99),
    isNamed && plan.phases === "bunched" ? 60 : null,
  );
  run.report(`${name}: seen after, p50`, "ms", Number(probes.seeMsP50));
  run.report(`${name}: states a second, mean`, "hz", sum("stateHzMean") / load.length);
  run.report(`${name}: states a second, least client`, "hz", least("stateHzMin"));
  run.report(`${name}: bytes per client and second`, "bytes", sum("bytesPerClientPerSecond") / load.length);
  run.report(`${name}: connections cut`, "count", sum("cut"), 0);
  run.report(`${name}: server memory`, "mb", serverMb);
  run.report(`${name}: the load's own CPU`, "percent", sum("ownCpuPercent"));
}

export async function runLoad(plan: LoadPlan): Promise<LoadResult> {
  const portBase = await freePortBase();
  const server = plan.target === "aeon" ? await startAeon(portBase) : await startColyseus(portBase);
  const started: LineProcess[] = [];
  try {
    return await measure(plan, server, started);
  } finally {
    for (const one of started) await one.end("SIGTERM");
    await server.stop();
  }
}

async function measure(plan: LoadPlan, server: ServerUnderLoad, started: LineProcess[]): Promise<LoadResult> {
  const probes = new LineProcess(probeArguments(plan, server.port));
  started.push(probes);
  await probes.next("ready");
  const loads: LineProcess[] = [];
  for (let first = 0; first < plan.clients; first += CLIENTS_PER_PROCESS) {
    const load = new LineProcess(loadArguments(plan, server.port, first));
    loads.push(load);
    started.push(load);
    await load.next("ready");
  }
  await pause(SETTLE_MS);
  for (const one of started) one.say("go");
  const before = cpuSeconds(server.pids);
  const beganMs = performance.now();
  await pause(plan.seconds * 1_000);
  const cpu = cpuSeconds(server.pids) - before;
  const seconds = (performance.now() - beganMs) / 1_000;
  const serverMb = residentMb(server.pids);
  for (const one of started) one.say("stop");
  const load = await Promise.all(loads.map((one) => one.next("summary")));
  return { serverCpuPercent: (cpu / seconds) * 100, serverMb, load, probes: await probes.next("summary") };
}

function probeArguments(plan: LoadPlan, port: number): string[] {
  const program =
    plan.target === "aeon"
      ? fileURLToPath(new URL("./load/aeon-probes.js", import.meta.url))
      : join(packageFolder(), "bench", "peers", "probes.mjs");
  return [program, "--port", String(port), "--places", String(placesOf(plan))];
}

function loadArguments(plan: LoadPlan, port: number, first: number): string[] {
  const clients = Math.min(CLIENTS_PER_PROCESS, plan.clients - first);
  return [
    fileURLToPath(new URL("./load/load.js", import.meta.url)),
    ...["--target", plan.target, "--port", String(port), "--phases", plan.phases],
    ...["--clients", String(clients), "--first", String(PROBE_COUNT + first), "--places", String(placesOf(plan))],
  ];
}

function placesOf(plan: LoadPlan): number {
  return plan.clients + PROBE_COUNT;
}
