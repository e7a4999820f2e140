/** `aeon bench`: runs one of the benches of bench/ and prints what it measured; without a name, which there are. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import type * as Harness from "../../bench/harness.js";
import { AeonError } from "../../engine/base/errors.js";
import { addJsonOption } from "../options.js";
import { alignTable, printJson, printLine } from "../output.js";
import { compiledFolder } from "../package-files.js";

interface BenchCommandOptions {
  readonly small?: boolean;
  readonly only?: string;
  readonly json?: boolean;
}

const BENCH_FOLDER = join(compiledFolder, "bench");
const BENCH_SUFFIX = ".bench.js";

export function addBenchCommand(program: Command): void {
  const command = program.command("bench").description("measure a part of the engine");
  addJsonOption(command.argument("[name]", "which bench; none: list them"))
    .option("--only <text>", "only cases whose name contains it")
    .option("--small", "small sizes: whether it works, not how fast it is")
    .action(runBenchCommand);
}

async function runBenchCommand(name: string | undefined, options: BenchCommandOptions): Promise<void> {
  const names = benchNames();
  if (name === undefined) {
    for (const one of names) options.json === true ? printJson({ bench: one }) : printLine(one);
    return;
  }
  if (!names.includes(name)) throw new AeonError("CONFIG_INVALID", `no bench "${name}"; there are ${names.join(", ")}`);
  const rows: Harness.Measurement[] = [];
  const take = (measurement: Harness.Measurement) => {
    if (options.json === true) printJson(measurement);
    else rows.push(measurement);
  };
  const [{ BenchRun }, { bench }] = await Promise.all([
    load<typeof Harness>("harness.js"),
    load<Harness.BenchModule>(`${name}${BENCH_SUFFIX}`),
  ]);
  await bench(new BenchRun({ small: options.small === true, only: options.only ?? "" }, take));
  if (options.json !== true) for (const line of alignTable(tableOf(rows))) printLine(line);
}

/** By path: an installed package comes without the benches. */
async function load<T>(file: string): Promise<T> {
  return (await import(pathToFileURL(join(BENCH_FOLDER, file)).href)) as T;
}

/** Empty in an installed package, which has none. */
function benchNames(): string[] {
  if (!existsSync(BENCH_FOLDER)) return [];
  const files = readdirSync(BENCH_FOLDER).filter((file) => file.endsWith(BENCH_SUFFIX));
  return files.map((file) => file.slice(0, -BENCH_SUFFIX.length)).sort();
}

function tableOf(rows: readonly Harness.Measurement[]): string[][] {
  const body = rows.map(({ case: name, value, unit, target, ok, hash }) => [
    name,
    String(value),
    unit,
    target === null ? "" : `≤ ${target}`,
    target === null ? "" : ok ? "ok" : "MISSED",
    hash,
  ]);
  return [["case", "value", "unit", "target", "", "hash"], ...body];
}
