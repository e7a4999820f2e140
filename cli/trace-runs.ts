/** Traces replayed for the command line: what is printed of each, and a summary whose exit code says whether all is as expected. */
import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { AeonError, errorDetail } from "../engine/base/errors.js";
import type { MovementThresholds } from "../engine/movement/thresholds.js";
import { readTrace, type Trace } from "../engine/recording/trace-file.js";
import { type Replay, replayTrace } from "../engine/recording/trace-replay.js";
import { printJson, printLine, styled } from "./output.js";
import { plotTraces } from "./trace-plot.js";

export interface TraceFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface TraceRunOptions {
  readonly json: boolean;
  /** Where the picture goes; undefined: none is made. */
  readonly plot?: string | undefined;
  readonly thresholds: MovementThresholds;
}

/** True when every trace got the verdict that its header expects. Throws RECORDING_INVALID, RECORDING_VERSION. */
export function runTraces(files: readonly TraceFile[], options: TraceRunOptions): boolean {
  const runs = files.map(({ path, bytes }) => {
    const trace = open(path, bytes);
    return { name: basename(path), trace, replay: replayTrace(trace, options.thresholds) };
  });
  for (const { name, trace, replay } of runs) {
    if (options.json) for (const line of jsonLines(name, trace, replay)) printJson(line);
    else for (const line of textLines(name, trace, replay)) printLine(line);
  }
  if (options.plot !== undefined) writeFileSync(options.plot, plotTraces(runs));
  const asExpected = runs.filter(({ replay }) => replay.isExpected).length;
  const summary = { event: "summary", traces: runs.length, asExpected, notAsExpected: runs.length - asExpected };
  if (options.json) printJson(summary);
  else printLine(`${summary.traces} traces, ${asExpected} as expected, ${summary.notAsExpected} not as expected`);
  return asExpected === runs.length;
}

function open(path: string, bytes: Uint8Array): Trace {
  try {
    return readTrace(bytes);
  } catch (cause) {
    throw cause instanceof AeonError ? new AeonError(cause.code, `${path}: ${errorDetail(cause)}`, { cause }) : cause;
  }
}

function* jsonLines(name: string, { header }: Trace, replay: Replay): Generator<object> {
  for (const { atMs, number, grade, verdicts, recorded, speed, limit } of replay.moves) {
    const finite = Number.isFinite(speed) ? Math.round(speed * 100) / 100 : null;
    yield { event: "move", trace: name, atMs, number, grade, verdicts, recorded, speed: finite, limit };
  }
  const { verdict, isExpected, changedCount, moves } = replay;
  const { entity, type, expected, about } = header;
  const said = { ...verdict, expected: { grade: expected.grade, verdicts: expected.verdicts }, isExpected };
  yield { event: "trace", trace: name, entity, type, about, moves: moves.length, changed: changedCount, ...said };
}

/** Moves that are fine are counted, the others named. */
function* textLines(name: string, { header }: Trace, replay: Replay): Generator<string> {
  const about = header.about === "" ? "" : ` (${header.about})`;
  yield styled("bold", `${name}: ${[header.type, header.entity].join(" ").trim()}${about}`);
  let fine = 0;
  let ignored = 0;
  for (const { atMs, number, grade, verdicts, recorded, speed, limit } of replay.moves) {
    if (grade === "accept") fine++;
    else if (grade === "ignore") ignored++;
    if (grade === "accept" || grade === "ignore") continue;
    const how = `${speed.toFixed(1)} of ${limit} units/s`;
    const then = recorded === grade ? "" : `, was ${recorded}`;
    yield `  ${(atMs / 1_000).toFixed(2).padStart(7)} s  move ${number}: ${grade}, ${verdicts.join(", ")} (${how}${then})`;
  }
  const { verdict, isExpected, changedCount, moves } = replay;
  yield `  ${moves.length} moves: ${fine} accepted, ${ignored} ignored; ${changedCount} other than recorded`;
  const said = `${verdict.grade}${verdict.verdicts.length > 0 ? ` (${verdict.verdicts.join(", ")})` : ""}`;
  const { grade, verdicts } = header.expected;
  const wanted = `${grade}${verdicts.length > 0 ? ` (${verdicts.join(", ")})` : ""}`;
  yield isExpected ? `  ${said}, as expected` : styled("red", `  ${said}, expected ${wanted}`);
}
