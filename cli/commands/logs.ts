/** `aeon logs`: the log files of one process or of all, in order of time, for people; `--json` as they stand. `--follow` goes on. */
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, watch } from "node:fs";
import { dirname } from "node:path";
import type { Command } from "commander";
import { AeonError } from "../../engine/base/errors.js";
import { DataFolder } from "../data-folder.js";
import { addDataOption, addJsonOption } from "../options.js";
import { printLine, type Style, styled } from "../output.js";

const NAME_WIDTH = 12;
const CHUNK_BYTES = 65_536;
/** Names of pino's levels, in its numbers. */
const LEVELS: Readonly<Record<number, readonly [string, Style]>> = {
  20: ["debug", "dim"],
  30: ["info ", "green"],
  40: ["warn ", "yellow"],
  50: ["error", "red"],
};
/** Shown in the line's head, or the same on every line. */
const HIDDEN = new Set(["level", "time", "process", "pid", "event"]);

interface LogsOptions {
  readonly data: string;
  readonly json?: boolean;
  readonly follow?: boolean;
}

interface LogLine {
  readonly name: string;
  readonly timeMs: number;
  readonly text: string;
}

export function addLogsCommand(program: Command): void {
  const command = program.command("logs").description("show the log of a process, or of all").argument("[process]");
  addJsonOption(addDataOption(command)).option("--follow", "go on as lines are written").action(runLogs);
}

async function runLogs(wanted: string | undefined, options: LogsOptions): Promise<void> {
  const folder = new DataFolder(options.data);
  const all = folder.logNames();
  const names = wanted === undefined ? all : all.filter((name) => name === wanted);
  if (names.length === 0) {
    const there = all.length === 0 ? "there are no logs" : `there are logs of ${all.join(", ")}`;
    throw new AeonError("CLUSTER_NOT_RUNNING", `${folder.path}: ${there}`);
  }
  const show = (line: LogLine) => printLine(options.json === true ? line.text : readable(line));
  const lines = names.flatMap((name) => linesOf(name, readFileSync(folder.logFile(name), "utf8")));
  for (const line of lines.sort((a, b) => a.timeMs - b.timeMs)) show(line);
  if (options.follow === true) follow(folder, names, show);
}

function linesOf(name: string, text: string): LogLine[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => ({ name, timeMs: Number(parseLine(line).time ?? 0), text: line }));
}

function parseLine(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {}; // The supervisor's log is plain text.
  }
}

function readable({ name, timeMs, text }: LogLine): string {
  const record = parseLine(text);
  const [level, style] = LEVELS[Number(record.level)] ?? ["     ", "dim"];
  if (record.event === undefined) return `${"".padEnd(12)} ${name.padEnd(NAME_WIDTH)} ${text}`;
  const time = new Date(timeMs).toISOString().slice(11, 23);
  const data = Object.entries(record).filter(([key]) => !HIDDEN.has(key));
  const rest = data.map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const head = `${styled("dim", time)} ${name.padEnd(NAME_WIDTH)} ${styled(style, level)} ${String(record.event)}`;
  return [head, ...rest].join(" ");
}

/** Prints what is added to the files from now on; a file that begins anew is read from its start. */
function follow(folder: DataFolder, names: readonly string[], show: (line: LogLine) => void): void {
  const tails = new Map(names.map((name) => [name, new LogTail(folder.logFile(name))]));
  watch(dirname(folder.logFile("any")), () => {
    for (const [name, tail] of tails) for (const line of linesOf(name, tail.read())) show(line);
  });
}

class LogTail {
  private readonly file: string;
  private offset: number;
  private partial = "";

  constructor(file: string) {
    this.file = file;
    this.offset = readFileSync(file).length;
  }

  /** Whole lines written since the last call. */
  read(): string {
    if (!existsSync(this.file)) return "";
    const handle = openSync(this.file, "r");
    try {
      if (fstatSync(handle).size < this.offset) this.offset = 0;
      const chunk = Buffer.alloc(CHUNK_BYTES);
      for (let got = -1; got !== 0; this.offset += got) {
        got = readSync(handle, chunk, 0, CHUNK_BYTES, this.offset);
        this.partial += chunk.toString("utf8", 0, got);
      }
    } finally {
      closeSync(handle);
    }
    const end = this.partial.lastIndexOf("\n") + 1;
    const whole = this.partial.slice(0, end);
    this.partial = this.partial.slice(end);
    return whole;
  }
}
