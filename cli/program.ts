/** The `aeon` command with all its subcommands, as the reference page and main.ts see it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { addBenchCommand } from "./commands/bench.js";
import { addBotsCommand } from "./commands/bots.js";
import { addDevCommand } from "./commands/dev.js";
import { addDownCommand } from "./commands/down.js";
import { addLogsCommand } from "./commands/logs.js";
import { addNavmeshCommand } from "./commands/navmesh.js";
import { addNewCommand } from "./commands/new.js";
import { addReplayCommand } from "./commands/replay.js";
import { addRpcIndexCommand } from "./commands/rpc-index.js";
import { addStatusCommand } from "./commands/status.js";
import { addTraceCommand } from "./commands/trace.js";
import { addUpCommand } from "./commands/up.js";
import { packageFolder } from "./package-files.js";

export function makeProgram(): Command {
  const program = new Command("aeon").description("Runs and looks after clusters of the Aeon game server engine.");
  program.version(packageVersion(), "--version", "print the version");
  program.helpOption("--help", "print this help").helpCommand(false);
  for (const add of [addUpCommand, addDownCommand, addStatusCommand, addLogsCommand]) add(program);
  for (const add of [
    addDevCommand,
    addBotsCommand,
    addRpcIndexCommand,
    addBenchCommand,
    addNavmeshCommand,
    addReplayCommand,
    addTraceCommand,
    addNewCommand,
  ])
    add(program);
  for (const command of [program, ...program.commands, ...program.commands.flatMap((each) => each.commands)]) {
    command.exitOverride();
    command.configureOutput({ outputError: (text, write) => write(oneLine(text)) });
    if (command !== program) command.helpOption("--help", "print this help");
  }
  return program;
}

function packageVersion(): string {
  const description: unknown = JSON.parse(readFileSync(join(packageFolder(), "package.json"), "utf8"));
  return (description as { version: string }).version;
}

/** Wrong usage is one line: what is wrong, and where help is. */
function oneLine(text: string): string {
  return `aeon: ${text
    .trim()
    .replace(/^error: /, "")
    .replaceAll(/\s*\n\s*/g, " ")} (see \`aeon --help\`)\n`;
}
