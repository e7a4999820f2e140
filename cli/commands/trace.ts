/** `aeon trace`: traces of clients' moves that games wrote: asks for some, lists them, and exports one as a regression test. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { AeonError, errorText } from "../../engine/base/errors.js";
import { realScheduler } from "../../engine/base/real-scheduler.js";
import { ROW } from "../../engine/movement/tracer.js";
import { GRADES, type Grade } from "../../engine/movement/verdict.js";
import { ASKED_FILE, askFor, readTrace, TRACE_SUFFIX, writeTraceFile } from "../../engine/recording/trace-file.js";
import { DataFolder } from "../data-folder.js";
import { addDataOption, addJsonOption, integerBetween, tracesFolder } from "../options.js";
import { alignTable, printJson, printLine } from "../output.js";

const SECONDS_MAX = 3_600;
/** Games look once a second; then a stretch is written when it is over. */
const LATE_MS = 2_000;

interface FolderOptions {
  readonly data: string;
  readonly json?: boolean;
}

interface ExportOptions extends FolderOptions {
  readonly expect?: Grade;
  readonly about: string;
}

export function addTraceCommand(program: Command): void {
  const command = program.command("trace").description("traces of clients' moves");
  const seconds = new Option("--seconds <n>", "for how long").argParser(integerBetween(1, SECONDS_MAX)).default(30);
  withData(command.command("record").description("have the running games write traces of every client for a while"))
    .addOption(seconds)
    .action(runRecord);
  withData(command.command("list").description("what games have written")).action(runList);
  withData(command.command("export").description("a trace as a file of its own, without whose it is"))
    .argument("<trace>", "its name in the list, or a file")
    .argument("<file>", "where to")
    .addOption(new Option("--expect <grade>", "what a replay must say (default: what was said)").choices([...GRADES]))
    .option("--about <text>", "what it shows", "")
    .action(runExport);
  for (const sub of command.commands) sub.helpOption("--help", "print this help");
}

function withData(command: Command): Command {
  return addJsonOption(addDataOption(command));
}

async function runRecord({ data, json, seconds }: FolderOptions & { readonly seconds: number }): Promise<void> {
  if (new DataFolder(data).cluster() === null) throw new AeonError("CLUSTER_NOT_RUNNING", resolve(data));
  const folder = folderOf(data);
  const before = new Set(names(folder));
  const forMs = seconds * 1_000;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, ASKED_FILE), askFor(realScheduler.wallMs() + forMs), { mode: 0o600 });
  if (json !== true) printLine(`recording every client's moves for ${seconds} s`);
  await new Promise<void>((done) => realScheduler.setTimer(forMs + LATE_MS, done));
  list(folder, (name) => !before.has(name), json === true);
}

function runList({ data, json }: FolderOptions): void {
  list(folderOf(data), () => true, json === true);
}

function runExport(trace: string, file: string, { data, json, expect, about }: ExportOptions): void {
  const found = names(folderOf(data)).includes(trace) ? join(folderOf(data), trace) : resolve(trace);
  const read = readTrace(bytesOf(found));
  const said = read.header.expected;
  const expected =
    expect === undefined || expect === said.grade
      ? said
      : { grade: expect, corrections: 0, flags: 0, verdicts: expect === "accept" ? [] : said.verdicts };
  const header = { ...read.header, entity: "", expected, about: about === "" ? read.header.about : about };
  writeFileSync(resolve(file), writeTraceFile({ ...read, header, recordedMs: 0, game: "" }));
  const line = { event: "exported", file: resolve(file), expected: expected.grade, moves: read.count };
  if (json === true) printJson(line);
  else printLine(`${line.file}: ${read.count} events, expected: ${expected.grade}`);
}

function list(folder: string, isWanted: (name: string) => boolean, json: boolean): void {
  const rows = names(folder)
    .filter(isWanted)
    .map((name) => rowOf(folder, name));
  if (json) for (const row of rows) printJson(row);
  else if (rows.length === 0) printLine(`no traces in ${folder}`);
  else {
    const body = rows.map(({ name, type, entity, seconds, grade, verdicts, at }) => [
      name,
      at,
      type,
      entity,
      `${seconds} s`,
      [grade, ...verdicts].join(" "),
    ]);
    for (const line of alignTable([["trace", "recorded", "type", "entity", "length", "verdict"], ...body]))
      printLine(line);
  }
}

function rowOf(folder: string, name: string) {
  const { header, recordedMs, rows, count } = readTrace(bytesOf(join(folder, name)));
  const ms = (rows[(count - 1) * ROW + 1] ?? 0) - (rows[1] ?? 0);
  const { grade, verdicts } = header.expected;
  const at = new Date(recordedMs).toISOString();
  return {
    event: "trace",
    name,
    at,
    type: header.type,
    entity: header.entity,
    seconds: Math.round(ms / 100) / 10,
    grade,
    verdicts,
  };
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(TRACE_SUFFIX))
      .sort();
  } catch {
    return [];
  }
}

/** Where the cluster of this data folder was told to write them. */
function folderOf(data: string): string {
  try {
    const { traceFolder } = new DataFolder(data).config().movement;
    return traceFolder === "" ? tracesFolder(data) : traceFolder;
  } catch {
    return tracesFolder(data);
  }
}

function bytesOf(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new AeonError("RECORDING_INVALID", `${file} cannot be read: ${errorText(cause)}`, { cause });
  }
}
