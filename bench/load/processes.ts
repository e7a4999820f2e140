/** Child processes that speak in lines of JSON, and what processes have used of the machine, from /proc (Linux). */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const TICKS_PER_SECOND = 100;
/** Fields of /proc/PID/stat behind the name in brackets: user and system time, in ticks. */
const USER_FIELD = 11;
const SYSTEM_FIELD = 12;
const LINE_TIMEOUT_MS = 60_000;
const END_TIMEOUT_MS = 5_000;

export type Line = Readonly<Record<string, unknown>>;

export class LineProcess {
  private readonly child: ChildProcess;
  private readonly lines: Line[] = [];
  private waiting: (() => void) | null = null;
  private errors = "";
  /** With all it had to say. */
  private isEnded = false;

  /** `env`: besides the present one. */
  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } });
    this.child.stderr?.on("data", (chunk) => (this.errors += String(chunk)));
    this.child.on("close", () => {
      this.isEnded = true;
      this.waiting?.();
    });
    if (this.child.stdout === null) return;
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      if (!line.startsWith("{")) return;
      this.lines.push(JSON.parse(line) as Line);
      this.waiting?.();
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The next line of this event; others before it are dropped. Rejects when the process ends or is silent for a minute. */
  async next(event: string): Promise<Line> {
    for (;;) {
      const line = this.lines.shift();
      if (line?.event === event) return line;
      if (line !== undefined) continue;
      if (this.isEnded) throw new Error(`ended before "${event}": ${this.errors.slice(-2_000)}`);
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no "${event}" in time`)), LINE_TIMEOUT_MS);
        this.waiting = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Every line, once it has ended. */
  async all(): Promise<readonly Line[]> {
    await this.end();
    return this.lines;
  }

  say(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** Resolves when it has ended, of itself or by force. */
  async end(signal: NodeJS.Signals | null = null): Promise<void> {
    if (this.isEnded) return;
    const ended = once(this.child, "close");
    if (signal !== null) this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill("SIGKILL"), END_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }
}

/** Seconds of processor time that the processes have used so far. */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[USER_FIELD]) + Number(fields[SYSTEM_FIELD]);
  }
  return ticks / TICKS_PER_SECOND;
}

/** Resident memory of the processes together, in MB. */
export function residentMb(pids: readonly number[]): number {
  const kilobytes = pids.map((pid) => {
    const found = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
    return Number(found?.[1] ?? 0);
  });
  return kilobytes.reduce((sum, kb) => sum + kb, 0) / 1024;
}
