/**
 * `aeon dev`: the whole cluster in one process, built and started again whenever a source of the world is saved. Everything else is as
 * with `aeon up`: the same links over loopback, the same data folder, the same `status`, `bots` and `down` beside it.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, watch } from "node:fs";
import { join, relative, sep } from "node:path";
import { type Command, Option } from "commander";
import { systemRandom } from "../../engine/base/random.js";
import { realScheduler } from "../../engine/base/real-scheduler.js";
import type { TimerHandle } from "../../engine/base/scheduler.js";
import { type ConfigFile, readConfigFile } from "../config-file.js";
import { DataFolder } from "../data-folder.js";
import { addDataOption, addRecordOption, integerBetween, recordingsFolder, tracesFolder } from "../options.js";
import { printError, printLine } from "../output.js";
import { compiledFolder } from "../package-files.js";
import { clusterPorts, requirePortsFree } from "../ports.js";
import { recordOf } from "../process-identity.js";
import { reportText } from "../reporter.js";
import { Supervisor } from "../supervisor.js";
import { worldFolder } from "../world-folder.js";

/** Editors write a file in several steps, and several files at once. */
const SETTLE_MS = 150;
const SOURCE = /\.(ts|mts|js|mjs|json)$/;
/** Parts of a path under which nothing is a source. */
const NOT_SOURCES = new Set(["node_modules", "dist", "tests", "docs", "rpc-index.json"]);

interface DevOptions {
  readonly data: string;
  readonly config?: string;
  readonly portBase?: number;
  readonly host?: string;
  readonly record?: boolean;
}

export function addDevCommand(program: Command): void {
  addRecordOption(
    addDataOption(program.command("dev").description("run everything in one process, again on each save")),
  )
    .option("--config <file>", "the configuration file (default: aeon.config.json, if there is one)")
    .addOption(new Option("--port-base <n>", "the first port").argParser(integerBetween(1024, 65_000)))
    .option("--host <address>", "where the gate and the web page listen")
    .action(runDev);
}

async function runDev(options: DevOptions): Promise<void> {
  const recordFolder = options.record === true ? recordingsFolder(options.data) : undefined;
  const file = readConfigFile(options.config, {
    ...options,
    recordFolder,
    traceFolder: tracesFolder(options.data),
    games: 1,
    gates: 1,
  });
  const folder = new DataFolder(options.data);
  const { name, host, portBase } = file.config.cluster;
  const startedMs = realScheduler.wallMs();
  const supervisor = recordOf("supervisor", process.pid);
  folder.acquire({ supervisorPid: process.pid, name, gamemanager: { host, port: portBase }, startedMs }, supervisor);
  try {
    await requirePortsFree(clusterPorts(file.config));
    folder.writeConfig(file.config, systemRandom);
    await new DevSession(file, folder).run();
  } finally {
    folder.release();
  }
}

class DevSession {
  private readonly file: ConfigFile;
  private readonly folder: DataFolder;
  private readonly sources: string;
  private supervisor: Supervisor | null = null;
  private isEnding = false;
  private settleTimer: TimerHandle | null = null;
  private onSaved: (() => void) | null = null;
  private isSaved = false;

  constructor(file: ConfigFile, folder: DataFolder) {
    this.file = file;
    this.folder = folder;
    this.sources = worldFolder(file.config);
  }

  async run(): Promise<void> {
    const watcher = watch(this.sources, { recursive: true }, (_, path) => this.handleChange(path ?? ""));
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => this.end());
    while (!this.isEnding) {
      this.isSaved = false;
      if (buildWorld(this.sources)) await this.runOnce();
      else printLine("the build failed; waiting for the next save");
      if (!this.isSaved && !this.isEnding) await new Promise<void>((resolve) => (this.onSaved = resolve));
    }
    watcher.close();
  }

  /** One life of the cluster: until it is stopped, or dies in a way that only another save can mend. */
  private async runOnce(): Promise<void> {
    const { folder } = this;
    this.supervisor = new Supervisor({
      config: this.file.config,
      folder,
      plans: [{ name: "dev", program: join(compiledFolder, "cli", "dev-cluster.js") }],
      isBoot: true,
      restart: true,
      scheduler: realScheduler,
      report: reportText,
      beganMs: realScheduler.nowMs(),
    });
    try {
      await this.supervisor.run();
      if (!this.isSaved) this.isEnding = true; // `aeon down`, or our own end.
    } catch (error) {
      printError(error);
    }
    this.supervisor = null;
    folder.clearStopping();
  }

  private handleChange(path: string): void {
    const parts = path.split(sep);
    const isSource = SOURCE.test(path) && !parts.some((part) => NOT_SOURCES.has(part) || part.startsWith("."));
    if (!isSource || relative(this.folder.path, join(this.sources, path)).split(sep)[0] !== "..") return;
    if (this.settleTimer !== null) realScheduler.clearTimer(this.settleTimer);
    this.settleTimer = realScheduler.setTimer(SETTLE_MS, () => this.handleSaved(path));
  }

  private handleSaved(path: string): void {
    this.settleTimer = null;
    if (this.isSaved || this.isEnding) return;
    this.isSaved = true;
    printLine(`${path} was saved: starting again`);
    this.supervisor?.stop();
    this.onSaved?.();
    this.onSaved = null;
  }

  private end(): void {
    this.isEnding = true;
    this.supervisor?.stop();
    this.onSaved?.();
  }
}

/** Runs the project's own `build` script, if it has one. */
function buildWorld(folder: string): boolean {
  const file = join(folder, "package.json");
  if (!existsSync(file)) return true;
  const { scripts } = JSON.parse(readFileSync(file, "utf8")) as { scripts?: Record<string, string> };
  if (scripts?.build === undefined) return true;
  const options = { cwd: folder, stdio: "inherit", shell: process.platform === "win32" } as const;
  return spawnSync("npm", ["run", "--silent", "build"], options).status === 0;
}
