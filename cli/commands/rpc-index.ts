/** `aeon rpc-index`: brings rpc-index.json up to what the world declares; `--check` only says whether it is. */
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { AeonError } from "../../engine/base/errors.js";
import { readConfigFile } from "../config-file.js";
import { addJsonOption } from "../options.js";
import { printJson, printLine } from "../output.js";

interface RpcIndexOptions {
  readonly config?: string;
  readonly check?: boolean;
  readonly json?: boolean;
}

export function addRpcIndexCommand(program: Command): void {
  const command = program.command("rpc-index").description("number the world's types, methods and properties");
  addJsonOption(command)
    .option("--config <file>", "the configuration file (default: aeon.config.json, if there is one)")
    .option("--check", "write nothing; fail when rpc-index.json is not up to date")
    .action(runRpcIndex);
}

async function runRpcIndex(options: RpcIndexOptions): Promise<void> {
  const { config } = readConfigFile(options.config);
  const [{ buildRpcIndex }, { indexNames }, { loadWorld }] = await Promise.all([
    import("../../engine/entity/rpc-index.js"),
    import("../../engine/entity/registry.js"),
    import("../../game/world-loader.js"),
  ]);
  const { world, indexPath: file, index: previous } = await loadWorld(config.world.module);
  const { index, changes } = buildRpcIndex(indexNames(world), previous);
  for (const change of changes) {
    if (options.json === true) printJson({ event: "change", change });
    else printLine(change);
  }
  if (options.check === true && changes.length > 0) {
    throw new AeonError("RPC_INDEX_STALE", `${changes.length} changes are not in ${file}`);
  }
  if (changes.length > 0) writeFileSync(file, `${JSON.stringify(index, null, 2)}\n`);
  if (options.json === true) printJson({ event: "summary", file, changes: changes.length });
  else if (changes.length === 0) printLine(`${file} is up to date`);
  else printLine(`${file} written`);
}
