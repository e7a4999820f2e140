/** A cluster of real processes for a test: its own data folder and ports, started and asked by the `aeon` command, ended with the test. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { DataFolder } from "../../cli/data-folder.js";
import type { ClusterEvent } from "../../cli/events.js";
import { type StatusReply, withManager } from "../../cli/manager-client.js";
import { isPortFree } from "../../cli/ports.js";
import { isRunning } from "../../cli/process-identity.js";
import { realScheduler } from "../../engine/base/real-scheduler.js";
import { temporaryFolder } from "../unit/cli/temporary-folder.js";

export const aeonProgram = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "cli", "main.js");
/** Below the ports that systems hand out by themselves. */
const FIRST_PORT = 10_000;
const PORTS_PER_CLUSTER = 20;
const CLUSTERS_PER_FILE = 40;
const FILES = 25;
const POLL_MS = 50;
const PATIENCE_MS = 30_000;

let clusterCount = 0;

export interface StatusLine {
  readonly name: string;
  readonly kind: string;
  readonly pid: number;
  readonly state: string;
  readonly primary: boolean;
  readonly entities: number;
  readonly clients: number;
  readonly cpu: number;
  readonly rssMb: number;
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function runAeon(cwd: string, ...args: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [aeonProgram, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  return new Promise((resolve) => child.once("close", (status) => resolve({ status, stdout, stderr })));
}

export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  patienceMs = PATIENCE_MS,
): Promise<NonNullable<T>> {
  const endMs = realScheduler.nowMs() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen !== null && seen !== undefined && seen !== false) return seen as NonNullable<T>;
    if (realScheduler.nowMs() > endMs) throw new Error(`waited ${patienceMs} ms in vain until ${what}`);
    await new Promise<void>((resolve) => realScheduler.setTimer(POLL_MS, resolve));
  }
}

export class TestCluster {
  folder: string;
  data: DataFolder;
  readonly portBase: number;

  constructor(t: TestContext, config: object = {}) {
    t.after(() => this.killAll()); // Before the folder is removed: hooks run in this order.
    this.folder = temporaryFolder(t);
    this.data = new DataFolder(join(this.folder, ".aeon"));
    this.portBase =
      FIRST_PORT +
      ((process.pid % FILES) * CLUSTERS_PER_FILE + (clusterCount++ % CLUSTERS_PER_FILE)) * PORTS_PER_CLUSTER;
    const { cluster = {}, ...rest } = config as { cluster?: object };
    const written = { cluster: { portBase: this.portBase, ...cluster }, ...rest };
    writeFileSync(join(this.folder, "aeon.config.json"), JSON.stringify(written));
  }

  /** The same for a project below the test's folder. */
  inFolder(folder: string): this {
    this.folder = folder;
    this.data = new DataFolder(join(folder, ".aeon"));
    return this;
  }

  aeon(...args: string[]): Promise<Outcome> {
    return runAeon(this.folder, ...args);
  }

  /** Starts it in the background; returns what `--json` printed. Throws what the command said when it failed. */
  async up(...args: string[]): Promise<ClusterEvent[]> {
    const { status, stdout, stderr } = await this.aeon("up", "--detach", "--json", ...args);
    if (status !== 0) throw new Error(`aeon up ended with ${status}: ${stderr}${this.lastWords()}`);
    return parseLines<ClusterEvent>(stdout);
  }

  /** Starts it in the foreground. */
  foreground(...args: string[]): Foreground {
    const child = spawn(process.execPath, [aeonProgram, "up", "--json", ...args], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new Foreground(child);
  }

  async status(): Promise<StatusLine[]> {
    const { stdout } = await this.aeon("status", "--json");
    return parseLines<StatusLine>(stdout);
  }

  /** The gamemanager's own answer, stubs included. */
  reply(): Promise<StatusReply> {
    return withManager(this.data.config(), this.data.secret(), PATIENCE_MS, (manager) => manager.status());
  }

  pidOf(name: string): number {
    const record = this.data.processes().find((one) => one.name === name);
    if (record === undefined) throw new Error(`${name} is not recorded`);
    return record.pid;
  }

  signal(name: string, signal: NodeJS.Signals): number {
    const pid = this.pidOf(name);
    process.kill(pid, signal);
    return pid;
  }

  /** Waits until the gamemanager lists a process of this name that is ready, with another pid than `oldPid`. */
  untilReady(name: string, oldPid = 0): Promise<StatusLine> {
    return until(`${name} is ready`, async () => {
      const found = (await this.status()).find((line) => line.name === name && line.state === "ready");
      return found !== undefined && found.pid !== oldPid ? found : null;
    });
  }

  /** Waits until no such process is listed; returns how long it took. */
  async untilGone(name: string, pid: number): Promise<number> {
    const beganMs = realScheduler.nowMs();
    await until(`${name} is gone`, async () => {
      const { processes } = await this.reply();
      return !processes.some(({ process }) => process.name === name && process.pid === pid);
    });
    return realScheduler.nowMs() - beganMs;
  }

  runningNames(): string[] {
    return this.data
      .processes()
      .filter(isRunning)
      .map(({ name }) => name);
  }

  async takenPorts(gates: number): Promise<number[]> {
    const ports = [this.portBase, ...Array.from({ length: gates }, (_, i) => this.portBase + 11 + i)];
    const free = await Promise.all(ports.map((port) => isPortFree({ host: "127.0.0.1", port })));
    return ports.filter((_, i) => !free[i]);
  }

  async killAll(): Promise<void> {
    const records = () => this.data.processes().filter(isRunning);
    const supervisors = records().filter(({ name }) => name.startsWith("supervisor"));
    for (const { pid } of [...supervisors, ...records()]) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended between the look and the signal.
      }
    }
    await until("everything was killed", () => records().length === 0);
  }

  private lastWords(): string {
    try {
      return readFileSync(this.data.logFile("supervisor"), "utf8").slice(-2_000);
    } catch {
      return "";
    }
  }
}

/** `aeon up` in the foreground: its events as they come. */
export class Foreground {
  readonly events: ClusterEvent[] = [];
  readonly child: ChildProcess;
  stderr = "";
  private readonly closed: Promise<number | null>;

  constructor(child: ChildProcess) {
    this.child = child;
    if (child.stdout === null || child.stderr === null) throw new Error("the output is not piped");
    createInterface({ input: child.stdout }).on("line", (line) => this.events.push(JSON.parse(line) as ClusterEvent));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (this.stderr += chunk));
    this.closed = once(child, "close").then(([code]) => code as number | null);
  }

  until(what: string, isIt: (event: ClusterEvent) => boolean): Promise<ClusterEvent> {
    return until(what, () => {
      const found = this.events.find(isIt);
      if (found === undefined && this.child.exitCode !== null)
        throw new Error(`it ended before ${what}: ${this.stderr}`);
      return found ?? null;
    });
  }

  open(): Promise<ClusterEvent> {
    return this.until("the cluster is open", ({ event }) => event === "open");
  }

  exitCode(): Promise<number | null> {
    return this.closed;
  }
}

export function parseLines<T>(text: string): T[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}

/** Why a test that signals processes cannot run here; false where it can. */
export const noSignals: string | false = process.platform === "win32" ? "Windows knows no such signals" : false;
