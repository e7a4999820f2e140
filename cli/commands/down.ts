/**
 * `aeon down`: asks the gamemanager to stop the cluster in order, waits until every recorded process has ended, and ends by signal what
 * does not, stopped and orphaned ones included. Afterwards no process and no port is left.
 */
import type { Command } from "commander";
import { AeonError } from "../../engine/base/errors.js";
import { realScheduler } from "../../engine/base/real-scheduler.js";
import { DataFolder } from "../data-folder.js";
import { withManager } from "../manager-client.js";
import { addDataOption, addJsonOption } from "../options.js";
import { printJson, printLine } from "../output.js";
import { clusterPorts, isPortFree } from "../ports.js";
import { isRunning, type ProcessRecord, signalProcess } from "../process-identity.js";
import { STOP_STAGES } from "../supervisor.js";

const CONNECT_TIMEOUT_MS = 2_000;
const POLL_MS = 40;
/** Added to the cluster's own limit for an orderly stop. */
const STOP_GRACE_MS = 1_000;
const SIGNAL_GRACE_MS = 3_000;
const PORTS_GRACE_MS = 2_000;

interface DownOptions {
  readonly data: string;
  readonly json?: boolean;
}

export function addDownCommand(program: Command): void {
  addJsonOption(addDataOption(program.command("down").description("stop the cluster in order"))).action(runDown);
}

async function runDown(options: DownOptions): Promise<void> {
  const folder = new DataFolder(options.data);
  const processes = folder.processes().filter(isRunning);
  if (processes.length === 0) {
    if (folder.cluster() !== null) folder.release();
    throw new AeonError("CLUSTER_NOT_RUNNING", folder.path);
  }
  const beganMs = realScheduler.nowMs();
  folder.markStopping();
  const config = folder.config();
  for (const record of processes) signalProcess(record, "SIGCONT"); // What was stopped cannot stop in order.
  const isAsked = await askToStop(folder);
  const limitMs = isAsked ? config.cluster.shutdownTimeoutMs * STOP_STAGES + STOP_GRACE_MS : 0;
  const killed = await endAll(folder, processes, limitMs);
  for (const address of clusterPorts(config)) await waitUntil(() => isPortFree(address), PORTS_GRACE_MS);
  folder.release();
  const ms = Math.round(realScheduler.nowMs() - beganMs);
  if (options.json === true) printJson({ event: "down", ms, stopped: processes.length, killed });
  else printLine(`closed ${processes.length} processes in ${ms} ms${killed > 0 ? `, ${killed} of them by force` : ""}`);
}

/** False when no gamemanager answers. */
async function askToStop(folder: DataFolder): Promise<boolean> {
  try {
    await withManager(folder.config(), folder.secret(), CONNECT_TIMEOUT_MS, async (manager) => {
      manager.requestShutdown();
    });
    return true;
  } catch (error) {
    if (error instanceof AeonError && error.code === "CLUSTER_NOT_RUNNING") return false;
    throw error;
  }
}

/** Waits, then SIGTERM, then SIGKILL; returns how many needed the last one. */
async function endAll(folder: DataFolder, known: readonly ProcessRecord[], limitMs: number): Promise<number> {
  const running = () => supervisorsFirst([...known, ...newcomers(folder, known)]).filter(isRunning);
  const isOver = async () => running().length === 0;
  if (await waitUntil(isOver, limitMs)) return 0;
  for (const record of running()) signalProcess(record, "SIGTERM");
  if (await waitUntil(isOver, SIGNAL_GRACE_MS)) return 0;
  let killed = 0;
  for (const record of running()) if (signalProcess(record, "SIGKILL")) killed++;
  await waitUntil(isOver, SIGNAL_GRACE_MS);
  return killed;
}

/** What a supervisor started while we were at it. */
function newcomers(folder: DataFolder, known: readonly ProcessRecord[]): ProcessRecord[] {
  return folder.processes().filter((record) => !known.some(({ pid }) => pid === record.pid));
}

/** A supervisor that is told last would start again what we end. */
function supervisorsFirst(records: readonly ProcessRecord[]): ProcessRecord[] {
  const rank = (record: ProcessRecord) => (record.name.startsWith("supervisor") ? 0 : 1);
  return [...records].sort((a, b) => rank(a) - rank(b));
}

async function waitUntil(isTrue: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  const endMs = realScheduler.nowMs() + limitMs;
  for (;;) {
    if (await isTrue()) return true;
    if (realScheduler.nowMs() >= endMs) return false;
    await new Promise<void>((resolve) => realScheduler.setTimer(POLL_MS, resolve));
  }
}
