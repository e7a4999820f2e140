/**
 * `aeon replay`: runs traces of clients' moves through the checks, and says whether they get the verdicts that they are to get; or shows a
 * recording in the web page, served on loopback with the file beside it; or says in one line what is in it. A page of another origin gets
 * nothing: only requests that name this server by its loopback address are answered.
 */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { AeonError, errorDetail, errorText } from "../../engine/base/errors.js";
import { RecordedWorld } from "../../engine/recording/recorded-world.js";
import { Playback, Recording } from "../../engine/recording/recording.js";
import { isTrace } from "../../engine/recording/trace-file.js";
import { WebFiles } from "../../gate/web-files.js";
import { readConfigFile } from "../config-file.js";
import { addJsonOption, integerBetween } from "../options.js";
import { printJson, printLine } from "../output.js";
import { compiledFolder } from "../package-files.js";
import { runTraces } from "../trace-runs.js";

const HOST = "127.0.0.1";
/** The name that the page asks for the file by. */
const FILE_NAME = "recording.aeonrec";

interface ReplayOptions {
  readonly json?: boolean;
  readonly plot?: string;
  readonly config?: string;
  readonly port: number;
}

export function addReplayCommand(program: Command): void {
  const command = program.command("replay").description("show a recording in the web page, or check traces of moves");
  command.argument("<files...>", "a recording, or traces");
  addJsonOption(command)
    .addOption(
      new Option("--port <n>", "where the page is served; 0: a free one")
        .argParser(integerBetween(0, 65_535))
        .default(0),
    )
    .option("--plot <file>", "traces: write an SVG of speed against limit")
    .option("--config <file>", "traces: whose thresholds to check by (default: aeon.config.json, if there is one)")
    .action(runReplay);
}

async function runReplay(paths: readonly string[], options: ReplayOptions): Promise<void> {
  const files = paths.map((path) => ({ path, bytes: readRecording(resolve(path)) }));
  const [first] = files;
  if (first === undefined) return;
  const recording = openAt(first.path, first.bytes);
  if (files.length === 1 && !isTrace(recording)) return showRecording(recording, options);
  const { json, plot, config } = options;
  const thresholds = readConfigFile(config).config.movement;
  if (!runTraces(files, { json: json === true, plot, thresholds })) process.exitCode = 1;
}

function openAt(path: string, bytes: Uint8Array): Recording {
  try {
    return Recording.open(bytes);
  } catch (cause) {
    throw cause instanceof AeonError ? new AeonError(cause.code, `${path}: ${errorDetail(cause)}`, { cause }) : cause;
  }
}

async function showRecording(recording: Recording, { json, port }: ReplayOptions): Promise<void> {
  const { bytes } = recording;
  const summary = summarize(recording);
  if (json === true) return printJson(summary);
  printLine(describe(summary));
  const server = await serve(bytes, port);
  const { port: taken } = server.address() as AddressInfo;
  printLine(`replay: http://${HOST}:${taken}/?replay=${FILE_NAME}`);
  await ended(server);
}

function readRecording(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new AeonError("RECORDING_INVALID", `${file} cannot be read: ${errorText(error)}`, { cause: error });
  }
}

/** Plays all of it, so that what is wrong in it is said here. */
function summarize(recording: Recording) {
  const world = new RecordedWorld(recording.definitions);
  const ops = new Playback(recording, world).advanceTo(recording.durationMs);
  return {
    event: "recording",
    seconds: Math.round(recording.durationMs) / 1000,
    ops,
    entities: world.entityTotal,
    spaces: world.spaceTotal,
    game: recording.header.game,
    stream: recording.header.stream,
    startedMs: recording.header.startedWallMs,
    ending: recording.ending,
  };
}

const ENDINGS = {
  closed: "",
  full: "; it ends where the file was full",
  slow: "; it ends where the disk was too slow",
  cut: "; its end was cut off, or it is still being written",
} as const;

function describe({ seconds, ops, entities, spaces, game, stream, ending }: ReturnType<typeof summarize>): string {
  const what = `${ops} ops, ${entities} entities, ${spaces} spaces`;
  return `${game}, stream ${stream}: ${seconds.toFixed(1)} s, ${what}${ENDINGS[ending]}`;
}

function serve(bytes: Uint8Array, port: number): Promise<Server> {
  const files = new WebFiles({ root: join(compiledFolder, "client", "web"), gates: () => [] });
  const server = createServer((request, response) => answer(files, bytes, request, response));
  return new Promise((done, reject) => {
    server.once("error", (cause) => reject(new AeonError("CLUSTER_PORT_IN_USE", errorText(cause), { cause })));
    server.listen(port, HOST, () => done(server));
  });
}

function answer(files: WebFiles, bytes: Uint8Array, request: IncomingMessage, response: ServerResponse): void {
  const isOurs = /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? "");
  if (!isOurs || (request.method !== "GET" && request.method !== "HEAD")) {
    response.writeHead(isOurs ? 405 : 403).end();
    return;
  }
  const target = request.url ?? "/";
  if (target === `/${FILE_NAME}`) {
    const type = { "content-type": "application/octet-stream", "content-length": bytes.length };
    response.writeHead(200, { ...type, "cache-control": "no-store", "x-content-type-options": "nosniff" });
    response.end(request.method === "HEAD" ? undefined : bytes);
    return;
  }
  const { status, type, body, headers } = files.reply(target);
  response.writeHead(status, { ...headers, "content-type": type });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** Until Ctrl-C. */
function ended(server: Server): Promise<void> {
  return new Promise((done) => {
    const end = () => {
      server.closeAllConnections();
      server.close(() => done());
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, end);
  });
}
