/** Options that several commands share, and how their values are read. A wrong value is wrong usage. */
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { DEFAULT_DATA_FOLDER } from "./data-folder.js";

export function integerBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

export function addDataOption(command: Command): Command {
  return command.option("--data <dir>", "the cluster's data folder", DEFAULT_DATA_FOLDER);
}

export function addJsonOption(command: Command): Command {
  return command.option("--json", "print one JSON object per line, and nothing else");
}

/** For those who start a cluster; its configuration gets `recordingsFolder(data)`. */
export function addRecordOption(command: Command): Command {
  return command.option("--record", "write what happens into the data folder's recordings/, for `aeon replay`");
}

/** Where `--record` has games write. */
export function recordingsFolder(data: string): string {
  return resolve(data, "recordings");
}

/** Where games write traces of suspicious moves, unless the configuration says otherwise. */
export function tracesFolder(data: string): string {
  return resolve(data, "traces");
}

/** What goes over the configuration file. */
export function addClusterOptions(command: Command): Command {
  return command
    .option("--config <file>", "the configuration file (default: aeon.config.json, if there is one)")
    .addOption(new Option("--port-base <n>", "the first port").argParser(integerBetween(1024, 65_000)))
    .addOption(new Option("--games <n>", "how many games").argParser(integerBetween(1, 256)))
    .addOption(new Option("--gates <n>", "how many gates").argParser(integerBetween(1, 64)))
    .option("--host <address>", "where gates and the web page listen; another than loopback opens them to others");
}

export interface ClusterOptions {
  readonly config?: string;
  readonly portBase?: number;
  readonly games?: number;
  readonly gates?: number;
  readonly host?: string;
}
