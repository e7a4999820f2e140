/** `aeon status`: what runs, in one line for each process, as the gamemanager knows it. */
import type { Command } from "commander";
import { AeonError } from "../../engine/base/errors.js";
import { DataFolder } from "../data-folder.js";
import { type ProcessStatus, type StatusReply, withManager } from "../manager-client.js";
import { addDataOption, addJsonOption } from "../options.js";
import { alignTable, printJson, printLine, styled } from "../output.js";

const CONNECT_TIMEOUT_MS = 3_000;
const KIND_ORDER = ["gamemanager", "dbmanager", "game", "gate"];
const HEADINGS = ["name", "kind", "pid", "state", "primary", "entities", "clients", "cpu", "memory"];

interface StatusOptions {
  readonly data: string;
  readonly json?: boolean;
}

export function addStatusCommand(program: Command): void {
  addJsonOption(addDataOption(program.command("status").description("show what runs"))).action(runStatus);
}

async function runStatus(options: StatusOptions): Promise<void> {
  const folder = new DataFolder(options.data);
  if (folder.cluster() === null) throw new AeonError("CLUSTER_NOT_RUNNING", folder.path);
  const status = await withManager(folder.config(), folder.secret(), CONNECT_TIMEOUT_MS, (manager) => manager.status());
  const rows = [...status.processes].sort(byKindThenName).map((entry) => rowOf(entry, status));
  if (options.json === true) {
    for (const row of rows) printJson(row);
    return;
  }
  const cells = rows.map((row) => [
    ...[row.name, row.kind, String(row.pid), row.state, row.primary ? "yes" : "", String(row.entities)],
    ...[String(row.clients), `${Math.round(row.cpu * 100)} %`, `${Math.round(row.rssMb)} MB`],
  ]);
  const [heading, ...lines] = alignTable([HEADINGS, ...cells]);
  printLine(styled("bold", heading ?? ""));
  for (const line of lines) printLine(line);
  printLine(status.open ? styled("green", "open") : styled("yellow", "not open yet"));
}

function rowOf({ process, cpu, rssMb, entities, clients }: ProcessStatus, status: StatusReply) {
  const { name, kind, pid, state, incarnation } = process;
  const primary = incarnation !== 0 && incarnation === status.primary;
  return { name, kind, pid, state, primary, entities, clients, cpu: rounded(cpu), rssMb: rounded(rssMb) };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function byKindThenName(a: ProcessStatus, b: ProcessStatus): number {
  const rank = (entry: ProcessStatus) => KIND_ORDER.indexOf(entry.process.kind);
  return rank(a) - rank(b) || a.process.name.localeCompare(b.process.name, "en", { numeric: true });
}
