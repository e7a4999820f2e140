/**
 * What is around a real process: argument reading, the data folder, the machine's clock, randomness and sockets, the log file, signals
 * and the end. Used by the thin main.ts of gate, game, gamemanager and dbmanager; everything else is in their classes.
 *
 *   node dist/KIND/main.js --data DIR [--name NAME]
 *
 * It prints nothing on standard output, and one line on standard error when it ends with an error.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { AeonError, errorText } from "../base/errors.js";
import type { Log } from "../base/log.js";
import { Metrics } from "../base/metrics.js";
import { openPinoLog } from "../base/pino-log.js";
import { systemRandom } from "../base/random.js";
import { realScheduler } from "../base/real-scheduler.js";
import { type AeonConfig, parseConfig } from "../config/config.js";
import type { ProcessKind } from "../net/link.js";
import { createTcpTransport } from "../net/tcp-transport.js";
import type { ClusterProcess, ProcessEnv } from "./process-env.js";

/** What a main.ts may need besides the environment of its class. */
export interface ShellContext {
  /** Absolute path of `--data`. */
  readonly dataDir: string;
}

export type MakeProcess = (env: ProcessEnv, context: ShellContext) => ClusterProcess | Promise<ClusterProcess>;

/** Runs one process until it ends; never throws and never resolves early: whatever goes wrong becomes one line and exit 1. */
export async function runProcess(kind: ProcessKind, make: MakeProcess): Promise<void> {
  const shell = new ProcessShell(kind);
  try {
    shell.guard();
    const { env, context } = shell.open();
    const clusterProcess = await make(env, context);
    shell.obeySignals(clusterProcess, env.config);
    await clusterProcess.start();
  } catch (error) {
    shell.exit(1, error);
  }
}

class ProcessShell {
  private readonly kind: ProcessKind;
  private label: string;
  private log: Log | null = null;
  private stopping = false;

  constructor(kind: ProcessKind) {
    this.kind = kind;
    this.label = kind;
  }

  open(): { env: ProcessEnv; context: ShellContext } {
    const { dataDir, name } = readArguments();
    if (name !== "") this.label = name;
    const config = readConfig(join(dataDir, "config.json"));
    const secret = config.cluster.secret ?? readText(join(dataDir, "secret")).trim();
    const file = join(dataDir, "logs", `${name === "" ? `${this.kind}-${process.pid}` : name}.log`);
    const log = openPinoLog({ file, level: config.log.level, data: { process: this.label, pid: process.pid } });
    this.log = log;
    log.info("process.start", { kind: this.kind, node: process.version });
    const env: ProcessEnv = {
      kind: this.kind,
      name,
      pid: process.pid,
      config,
      secret,
      gamemanager: { host: config.cluster.host, port: config.cluster.portBase },
      scheduler: realScheduler,
      random: systemRandom,
      log,
      metrics: new Metrics(),
      transport: createTcpTransport(),
      usage: makeUsage(),
      exit: (code, error) => this.exit(code, error),
    };
    return { env, context: { dataDir } };
  }

  /** Nothing ends a process silently, and a parent that is gone (its pipes, its terminal) does not end it at all. */
  guard(): void {
    process.on("uncaughtException", (error) => this.exit(1, error));
    process.on("unhandledRejection", (error) => this.handleRejection(error));
    process.on("SIGHUP", () => undefined);
    process.stdout.on("error", () => undefined);
    process.stderr.on("error", () => undefined);
  }

  /** An author's promise that nobody awaits ends no game; in the other processes there are no authors. */
  private handleRejection(error: unknown): void {
    if (this.kind !== "game" || this.log === null) return this.exit(1, error);
    this.log.error("promise.unhandled", { error: error instanceof Error ? error.stack : errorText(error) });
  }

  obeySignals(clusterProcess: ClusterProcess, config: AeonConfig): void {
    const stop = (signal: string) => {
      if (this.stopping) return;
      this.stopping = true;
      this.log?.info("process.signal", { signal });
      realScheduler.setTimer(config.cluster.shutdownTimeoutMs, () =>
        this.exit(1, new Error(`did not stop within ${config.cluster.shutdownTimeoutMs} ms`)),
      );
      const stopped = clusterProcess.stop?.() ?? Promise.resolve(this.exit(0));
      stopped.catch((error: unknown) => this.exit(1, error));
    };
    process.on("SIGTERM", () => stop("SIGTERM"));
    process.on("SIGINT", () => stop("SIGINT"));
  }

  exit(code: 0 | 1, error?: unknown): void {
    if (error === undefined) {
      this.log?.info("process.end", { code });
    } else {
      const line = errorText(error).split("\n", 1)[0] ?? "";
      const stack = error instanceof Error ? error.stack : undefined;
      this.log?.error("process.end", { code, error: line, stack });
      process.stderr.write(`aeon ${this.label}: ${line}\n`);
    }
    process.exit(code);
  }
}

function readArguments(): { dataDir: string; name: string } {
  const { values } = parseArgs({ options: { data: { type: "string" }, name: { type: "string" } } });
  if (values.data === undefined) throw new AeonError("CONFIG_INVALID", "--data DIR is missing");
  return { dataDir: resolve(values.data), name: values.name ?? "" };
}

function readConfig(path: string): AeonConfig {
  const text = readText(path);
  try {
    return parseConfig(JSON.parse(text));
  } catch (cause) {
    if (cause instanceof AeonError) throw cause;
    throw new AeonError("CONFIG_INVALID", `${path} is not JSON`, { cause });
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new AeonError("CONFIG_INVALID", `${path} cannot be read`, { cause });
  }
}

function makeUsage(): ProcessEnv["usage"] {
  let lastMs = realScheduler.nowMs();
  let lastCpu = process.cpuUsage();
  return () => {
    const nowMs = realScheduler.nowMs();
    const cpu = process.cpuUsage();
    const usedMs = (cpu.user - lastCpu.user + cpu.system - lastCpu.system) / 1_000;
    const share = usedMs / Math.max(nowMs - lastMs, 1);
    lastMs = nowMs;
    lastCpu = cpu;
    return { cpu: share, rssMb: process.memoryUsage.rss() / 2 ** 20 };
  };
}
