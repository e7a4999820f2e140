/** `aeon bots`: clients that play by a profile and measure. They find the gates of the cluster in the data folder, or are given one. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type NetPlan, parseNetPlan } from "../../client/net-plan.js";
import { AeonError, errorText } from "../../engine/base/errors.js";
import { DataFolder } from "../data-folder.js";
import { withManager } from "../manager-client.js";
import { addDataOption, addJsonOption, integerBetween } from "../options.js";
import { printJson, printLine } from "../output.js";
import { gateUrls } from "../supervisor.js";

const CONNECT_TIMEOUT_MS = 5_000;
/** More than some 1,000 are spread over threads. */
export const BOT_COUNT_MAX = 2_000;
const SECONDS_MAX = 1_000_000;
/** As often as a bot is stepped. */
const MOVES_MAX = 10;
const SEED_MAX = 2 ** 32 - 1;

interface BotsOptions {
  readonly data: string;
  readonly count: number;
  readonly seconds: number;
  readonly profile: string;
  readonly seed?: number;
  readonly gate: readonly string[];
  readonly transport: "ws" | "kcp" | "auto";
  readonly moves?: number;
  readonly net?: NetPlan;
  readonly query?: boolean;
  readonly json?: boolean;
}

export function addBotsCommand(program: Command): void {
  const command = program.command("bots").description("let bots play, and measure");
  const appended = (url: string, before: readonly string[]) => [...before, url];
  addJsonOption(addDataOption(command))
    .addOption(new Option("--count <n>", "how many").argParser(integerBetween(1, BOT_COUNT_MAX)).default(100))
    .addOption(
      new Option("--seconds <n>", "how long; 0: until stopped").argParser(integerBetween(0, SECONDS_MAX)).default(10),
    )
    .option("--profile <name>", "what they do", "wander")
    .addOption(new Option("--seed <n>", "repeats their choices").argParser(integerBetween(0, SEED_MAX)))
    .addOption(
      new Option(
        "--transport <name>",
        "how they connect to ws:// gates; auto: kcp, and ws where it does not come through",
      )
        .choices(["ws", "kcp", "auto"])
        .default("ws"),
    )
    .addOption(new Option("--moves <n>", "moves of each per second").argParser(integerBetween(1, MOVES_MAX)))
    .addOption(
      new Option("--gate <url>", "a gate to connect to, such as ws://127.0.0.1:7711; may be repeated")
        .argParser(appended)
        .default([], "the running cluster's"),
    )
    .addOption(
      new Option(
        "--net <line>",
        "a bad line, such as 120ms,jitter20,loss5,cut3s: delay, jitter, loss in %, a cut",
      ).argParser(netPlan),
    )
    .option("--query", "ask a gate which gate to take, each bot for itself")
    .action(runBotsCommand);
}

/** Wrong usage when it is none. */
function netPlan(text: string): NetPlan {
  try {
    return parseNetPlan(text);
  } catch (error) {
    throw new InvalidArgumentError(errorText(error));
  }
}

async function runBotsCommand(options: BotsOptions): Promise<void> {
  const gates = options.gate.length > 0 ? options.gate : await runningGates(options.data);
  const { runBotThreads } = await import("../../client/node/index.js");
  const { count, seconds, profile, seed, moves, net } = options;
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const plan = {
    gates,
    count,
    seconds,
    profile,
    via: options.transport,
    asksGates: options.query === true,
    ...(net === undefined ? {} : { net }),
    ...(seed === undefined ? {} : { seed }),
    ...(moves === undefined ? {} : { movesPerSecond: moves }),
  };
  const summary = await runBotThreads(plan, {
    onLine: options.json === true ? printJson : (each: object) => printLine(readable(each)),
    signal: stop.signal,
  });
  if (summary.loggedIn === 0) process.exitCode = 1;
}

async function runningGates(data: string): Promise<string[]> {
  const folder = new DataFolder(data);
  if (folder.cluster() === null) throw new AeonError("CLUSTER_NOT_RUNNING", folder.path);
  const status = await withManager(folder.config(), folder.secret(), CONNECT_TIMEOUT_MS, (manager) => manager.status());
  const urls = gateUrls(status);
  if (urls.length === 0) throw new AeonError("CLUSTER_NOT_RUNNING", "the cluster has no gate");
  return urls;
}

function readable(line: object): string {
  return Object.entries(line)
    .map(([key, value]) => (key === "event" ? String(value).padEnd(9) : `${key} ${String(value)}`))
    .join("  ");
}
