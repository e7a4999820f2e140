/**
 * Whether a recorded process still runs and is still the one that was recorded: a pid is used again by strangers, so a record holds
 * the process's start time too. Linux reads /proc, other Unixes ask `ps`; on Windows a pid that runs is taken as ours.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

export interface ProcessRecord {
  readonly name: string;
  readonly pid: number;
  /** What `startMarkOf` said when it was recorded; "" where nothing can be said. */
  readonly startMark: string;
}

/** Text that differs between two processes that had the same pid; null: no such process (or it has ended and waits to be reaped). */
export function startMarkOf(pid: number): string | null {
  if (!isSignalable(pid)) return null;
  if (process.platform === "linux") return linuxStartMark(pid);
  return process.platform === "win32" ? "" : unixStartMark(pid);
}

function isSignalable(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Fields of /proc/PID/stat behind the program's name, which may hold spaces and brackets. */
function linuxStartMark(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state] = fields;
    return state === "Z" || state === "X" ? null : (fields[19] ?? "");
  } catch {
    return null; // It ended between the two looks.
  }
}

function unixStartMark(pid: number): string | null {
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
  } catch {
    return null; // `ps` fails when there is no such process.
  }
}

export function recordOf(name: string, pid: number): ProcessRecord {
  return { name, pid, startMark: startMarkOf(pid) ?? "" };
}

export function isRunning(record: ProcessRecord): boolean {
  const mark = startMarkOf(record.pid);
  return mark !== null && (record.startMark === "" || mark === "" || mark === record.startMark);
}

/** False when it had ended already, or the pid is a stranger's by now. */
export function signalProcess(record: ProcessRecord, signal: NodeJS.Signals): boolean {
  if (!isRunning(record)) return false;
  try {
    return process.kill(record.pid, signal);
  } catch {
    return false; // It ended between the two looks.
  }
}
