/**
 * One process of the cluster as its supervisor sees it: starting it, recording it, hearing of its end.
 * It stands in a session of its own, so that Ctrl-C reaches only the supervisor, which then stops the cluster in order; and its
 * standard error is a file, so that it lives on when the supervisor does not.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import type { DataFolder } from "./data-folder.js";
import { recordOf } from "./process-identity.js";

export interface ProcessPlan {
  readonly name: string;
  /** The file that Node runs, with `--data` and `--name`. */
  readonly program: string;
}

export interface Exit {
  /** True: it stopped because it was asked to. */
  readonly isOrderly: boolean;
  /** True: it ended itself with an error; false: it was killed. */
  readonly isFailure: boolean;
  /** What it said last, or the signal that ended it. */
  readonly reason: string;
}

export class SupervisedProcess {
  readonly pid: number;
  private readonly child: ChildProcess;

  constructor(folder: DataFolder, name: string, args: readonly string[], onExit: (exit: Exit) => void) {
    const stderr = openSync(folder.stderrFile(name), "w");
    this.child = spawn(process.execPath, args, {
      stdio: ["ignore", stderr, stderr],
      detached: true,
      windowsHide: true,
    });
    closeSync(stderr);
    this.pid = this.child.pid ?? 0;
    if (this.pid !== 0) folder.record(name, recordOf(name, this.pid));
    this.child.once("error", (error) => onExit({ isOrderly: false, isFailure: true, reason: error.message }));
    this.child.once("exit", (code, signal) => {
      folder.forget(name);
      onExit(describeExit(code, signal, lastWords(folder.stderrFile(name))));
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

export function processArguments(plan: ProcessPlan, folder: DataFolder): string[] {
  return [plan.program, "--data", folder.path, "--name", plan.name];
}

function describeExit(code: number | null, signal: NodeJS.Signals | null, said: string): Exit {
  if (signal !== null) return { isOrderly: false, isFailure: false, reason: `killed by ${signal}` };
  const reason = said === "" ? `exit code ${code}` : said;
  return code === 0
    ? { isOrderly: true, isFailure: false, reason: "stopped" }
    : { isOrderly: false, isFailure: true, reason };
}

/** The line that says why: an error's first, or else the last one. */
function lastWords(file: string): string {
  try {
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    return lines.find((line) => /^aeon |^\w*Error\b/.test(line)) ?? lines.at(-1) ?? "";
  } catch {
    return ""; // The data folder was removed under us.
  }
}
