/**
 * `aeon up`: starts a cluster, or with `--join` one more process of a running one, and stays as its supervisor.
 * With `--detach` the supervisor is a process of its own, which tells this one over an IPC channel what happens until the cluster is open.
 */
import { type StdioOptions, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { type Command, Option } from "commander";
import { AeonError, ERRORS, type ErrorCode, errorCodeOf, errorText } from "../../engine/base/errors.js";
import { systemRandom } from "../../engine/base/random.js";
import { realScheduler } from "../../engine/base/real-scheduler.js";
import type { AeonConfig } from "../../engine/config/config.js";
import { type ProcessPlan, SupervisedProcess } from "../child-process.js";
import { isOpenToOthers, readConfigFile } from "../config-file.js";
import { DataFolder } from "../data-folder.js";
import type { ClusterEvent, Report } from "../events.js";
import { type StatusReply, withManager } from "../manager-client.js";
import {
  addClusterOptions,
  addDataOption,
  addJsonOption,
  addRecordOption,
  type ClusterOptions,
  integerBetween,
  recordingsFolder,
  tracesFolder,
} from "../options.js";
import { printLine } from "../output.js";
import { mainProgram, processProgram } from "../package-files.js";
import { clusterPorts, requirePortsFree } from "../ports.js";
import { recordOf } from "../process-identity.js";
import { reportJson, reportText } from "../reporter.js";
import { Supervisor } from "../supervisor.js";
import { BOT_COUNT_MAX } from "./bots.js";

const JOIN_TIMEOUT_MS = 5_000;

interface UpOptions extends ClusterOptions {
  readonly data: string;
  readonly json?: boolean;
  readonly detach?: boolean;
  readonly bots?: number;
  readonly join?: "game" | "gate";
  readonly restart: boolean;
  readonly record?: boolean;
}

export function addUpCommand(program: Command): void {
  const command = program.command("up").description("start a cluster and show its boot");
  addRecordOption(addJsonOption(addDataOption(addClusterOptions(command))))
    .addOption(new Option("--bots <n>", "let bots play once it is open").argParser(integerBetween(1, BOT_COUNT_MAX)))
    .option("--detach", "return when the cluster is open; it runs on in the background")
    .addOption(new Option("--join <kind>", "add a process to the running cluster").choices(["game", "gate"]))
    .option("--no-restart", "do not start again what died")
    .action(runUp);
}

async function runUp(options: UpOptions): Promise<void> {
  const show = options.json === true ? reportJson : reportText;
  if (options.detach === true) return runDetached(options, show);
  const report = process.send !== undefined ? reportToParent : show;
  if (options.join !== undefined) return runJoin(options, options.join, report);
  return runCluster(options, report);
}

async function runCluster(options: UpOptions, report: Report): Promise<void> {
  const beganMs = realScheduler.nowMs();
  const recordFolder = options.record === true ? recordingsFolder(options.data) : undefined;
  const { config } = readConfigFile(options.config, {
    ...options,
    recordFolder,
    traceFolder: tracesFolder(options.data),
  });
  const folder = new DataFolder(options.data);
  claimFolder(folder, config);
  try {
    await requirePortsFree(clusterPorts(config));
    folder.writeConfig(config, systemRandom);
    if (isOpenToOthers(config) && options.json !== true) {
      printLine(`gates and web page listen on ${config.gate.host}: other machines can reach them`);
    }
    if (config.game.recordFolder !== "" && options.json !== true) printLine(`recording to ${config.game.recordFolder}`);
    const supervisor = makeSupervisor(config, folder, bootPlans(config), options, report, beganMs, true);
    const bots = options.bots === undefined ? null : new Company(folder, options.bots, supervisor);
    await runToEnd(supervisor);
    bots?.stop();
    report({ event: "closed", ms: Math.round(realScheduler.nowMs() - beganMs) });
  } finally {
    folder.release();
  }
}

function claimFolder(folder: DataFolder, config: AeonConfig): void {
  const { name, host, portBase } = config.cluster;
  folder.acquire(
    {
      supervisorPid: process.pid,
      name,
      gamemanager: { host, port: portBase },
      startedMs: realScheduler.wallMs(),
    },
    recordOf("supervisor", process.pid),
  );
}

function bootPlans(config: AeonConfig): ProcessPlan[] {
  const numbered = (kind: "game" | "gate", count: number) =>
    Array.from({ length: count }, (_, i): ProcessPlan => ({ name: `${kind}${i + 1}`, program: processProgram(kind) }));
  return [
    { name: "gamemanager", program: processProgram("gamemanager") },
    { name: "dbmanager", program: processProgram("dbmanager") },
    ...numbered("game", config.cluster.games),
    ...numbered("gate", config.cluster.gates),
  ];
}

function makeSupervisor(
  config: AeonConfig,
  folder: DataFolder,
  plans: readonly ProcessPlan[],
  options: UpOptions,
  report: Report,
  beganMs: number,
  isBoot: boolean,
): Supervisor {
  const { restart } = options;
  return new Supervisor({ config, folder, plans, isBoot, restart, scheduler: realScheduler, report, beganMs });
}

/** Ctrl-C once stops in order, twice at once. */
async function runToEnd(supervisor: Supervisor): Promise<void> {
  const onSignal = () => supervisor.stop();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  await supervisor.run();
}

async function runJoin(options: UpOptions, kind: "game" | "gate", report: Report): Promise<void> {
  const beganMs = realScheduler.nowMs();
  const folder = new DataFolder(options.data);
  if (folder.cluster() === null) throw new AeonError("CLUSTER_NOT_RUNNING", folder.path);
  const config = folder.config();
  const status = await withManager(config, folder.secret(), JOIN_TIMEOUT_MS, (manager) => manager.status());
  const name = freeName(kind, status);
  const supervisorName = `supervisor-${name}`;
  folder.record(supervisorName, recordOf(supervisorName, process.pid));
  try {
    const supervisor = makeSupervisor(
      config,
      folder,
      [{ name, program: processProgram(kind) }],
      options,
      report,
      beganMs,
      false,
    );
    await runToEnd(supervisor);
  } finally {
    folder.forget(supervisorName);
  }
}

function freeName(kind: "game" | "gate", status: StatusReply): string {
  const taken = new Set(status.processes.map(({ process }) => process.name));
  let number = 1;
  while (taken.has(`${kind}${number}`)) number++;
  return `${kind}${number}`;
}

/** Bots that play while the cluster runs, in a process of their own. They are company, not part of it: they are not restarted. */
class Company {
  private process: SupervisedProcess | null = null;

  constructor(folder: DataFolder, count: number, supervisor: Supervisor) {
    const args = [mainProgram, "bots", "--data", folder.path, "--count", String(count), "--seconds", "0"];
    supervisor.onOpen = () => {
      this.process = new SupervisedProcess(folder, "bots", args, () => (this.process = null));
    };
  }

  stop(): void {
    this.process?.kill("SIGTERM");
  }
}

/** What the detached supervisor tells the command that started it. */
type Told =
  | { readonly event: ClusterEvent }
  | { readonly error: { readonly code: ErrorCode; readonly detail: string } };

function reportToParent(event: ClusterEvent): void {
  reportText(event);
  if (process.connected) process.send?.({ event } satisfies Told);
}

/** Called by main when the command failed: the one who waits must hear why. */
export function tellParentOfFailure(error: unknown): void {
  if (!process.connected) return;
  const code = errorCodeOf(error);
  const detail = errorText(error).replace(`${code}: ${ERRORS[code].text}`, "").replace(/^: /, "");
  process.send?.({ error: { code, detail } } satisfies Told, () => process.disconnect());
}

function runDetached(options: UpOptions, show: Report): Promise<void> {
  const folder = new DataFolder(options.data);
  folder.makeFolders();
  const args = process.argv.slice(2).filter((argument) => argument !== "--detach" && argument !== "--json");
  const log = openSync(folder.logFile("supervisor"), "a");
  const stdio: StdioOptions = ["ignore", log, log, "ipc"];
  const child = spawn(process.execPath, [mainProgram, ...args], { stdio, detached: true, windowsHide: true });
  closeSync(log);
  return new Promise((resolve, reject) => {
    child.on("message", (told: Told) => {
      if ("error" in told) return reject(new AeonError(told.error.code, told.error.detail));
      show(told.event);
      if (told.event.event !== "open" && told.event.event !== "joined") return;
      resolve();
      child.disconnect();
      child.unref();
    });
    child.once("disconnect", () => reject(new AeonError("CLUSTER_STALLED", "the supervisor ended; see `aeon logs`")));
  });
}
