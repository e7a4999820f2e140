/** Runs the `aeon` command. Exit code: 0 done, 1 it did not work, 2 it was used wrongly. */
import { CommanderError } from "commander";
import { tellParentOfFailure } from "./commands/up.js";
import { exitCodeOf, printError, printLine } from "./output.js";
import { makeProgram } from "./program.js";

async function main(): Promise<void> {
  const program = makeProgram();
  if (process.argv.length <= 2) {
    printLine(program.helpInformation().trimEnd());
    return;
  }
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    printError(error);
    tellParentOfFailure(error);
    process.exitCode = exitCodeOf(error);
  }
}

await main();
