/**
 * A trace: a recording (format.ts) whose header says whose moves they are, by which rules, and what the checks are expected to say of them,
 * and whose ops are those of trace-ops.ts. Pure; runs in browsers and in Node.
 */
import { ByteReader, ByteWriter } from "../base/bytes.js";
import { AeonError } from "../base/errors.js";
import type { JudgeSnapshot } from "../movement/move-judge.js";
import type { MovementRules } from "../movement/rules.js";
import type { MovementThresholds } from "../movement/thresholds.js";
import { ROW, type TraceStretch } from "../movement/tracer.js";
import { GRADES, type Grade } from "../movement/verdict.js";
import { DefinitionTable } from "../property/definition.js";
import type { OpSink } from "../property/op-sink.js";
import { beginRecord, endRecord, FORMAT_VERSION, MAGIC, RECORD, type RecordingHeader } from "./format.js";
import { applyOps } from "./op-codec.js";
import { Recording } from "./recording.js";
import { type TraceSink, writeTraceRow } from "./trace-ops.js";

/** What the checks say of a trace as a whole. */
export interface TraceVerdict {
  /** The weightiest of all moves; "ignore" counts as "accept". */
  readonly grade: Grade;
  readonly corrections: number;
  readonly flags: number;
  /** Names of VERDICT, sorted. */
  readonly verdicts: readonly string[];
}

export interface TraceHeader {
  readonly entity: string;
  readonly type: string;
  readonly rules: MovementRules;
  /** Of the server that recorded it. */
  readonly thresholds: MovementThresholds;
  readonly start: JudgeSnapshot;
  /** What a replay must say, corrections and flags aside: grade and verdicts. */
  readonly expected: TraceVerdict;
  /** What it shows, in a few words; "" unless somebody wrote some. */
  readonly about: string;
}

export interface Trace {
  readonly header: TraceHeader;
  readonly recordedMs: number;
  readonly game: string;
  /** As in TraceStretch. */
  readonly rows: Float64Array;
  readonly count: number;
}

export interface TraceOrigin {
  readonly game: string;
  readonly wallMs: number;
  readonly tickMs: number;
}

const ROWS_PER_RECORD = 256;
export const TRACE_SUFFIX = ".trace";
/** Beside the traces: until when every client's moves are wanted. */
export const ASKED_FILE = "asked.json";

export function askFor(untilWallMs: number): string {
  return JSON.stringify({ untilWallMs });
}

/** Milliseconds since 1970; 0 for what cannot be read. */
export function askedUntilMs(text: string): number {
  try {
    const { untilWallMs } = JSON.parse(text) as { untilWallMs?: unknown };
    return typeof untilWallMs === "number" ? untilWallMs : 0;
  } catch {
    return 0;
  }
}

export function writeTrace(stretch: TraceStretch, origin: TraceOrigin, expected: TraceVerdict, about = ""): Uint8Array {
  const { entity, type, rules, thresholds, start, rows, count } = stretch;
  const trace: TraceHeader = { entity, type, rules, thresholds, start, expected, about };
  return writeTraceFile({ header: trace, recordedMs: origin.wallMs, game: origin.game, rows, count }, origin.tickMs);
}

/** As bytes; the header may be another one than it was read with. */
export function writeTraceFile({ header, recordedMs, game, rows, count }: Trace, tickMs = 0): Uint8Array {
  const out = new ByteWriter(4_096);
  const head: RecordingHeader = {
    game,
    stream: 0,
    startedWallMs: recordedMs,
    tickMs,
    definitions: new DefinitionTable().toJson(0),
    trace: header,
  };
  out.raw(MAGIC);
  out.u8(FORMAT_VERSION);
  const at = beginRecord(out, RECORD.header);
  out.text(JSON.stringify(head));
  endRecord(out, at);
  for (let from = 0; from < count; from += ROWS_PER_RECORD)
    writeRows(out, rows, from, Math.min(count, from + ROWS_PER_RECORD));
  const end = beginRecord(out, RECORD.end);
  out.text("closed");
  endRecord(out, end);
  return out.copy();
}

function writeRows(out: ByteWriter, rows: Float64Array, from: number, until: number): void {
  const at = beginRecord(out, RECORD.ops);
  out.f64(Math.max(0, (rows[from * ROW + 1] as number) - (rows[1] as number)));
  out.uvar(until - from);
  for (let i = from; i < until; i++) writeTraceRow(out, rows, i);
  endRecord(out, at);
}

export function isTrace(recording: Recording): boolean {
  return recording.header.trace !== undefined;
}

/** Throws RECORDING_INVALID for a recording that is no trace, or a damaged one; RECORDING_VERSION. */
export function readTrace(bytes: Uint8Array): Trace {
  const recording = Recording.open(bytes);
  const { header, records } = recording;
  const trace = traceHeaderFrom(header.trace);
  const rows: number[] = [];
  const sink: TraceSink = { traceRow: (row) => rows.push(...row) };
  for (const { start, end } of records) {
    try {
      applyOps(new ByteReader(bytes, start, end), sink as TraceSink & OpSink);
    } catch (cause) {
      throw new AeonError("RECORDING_INVALID", "its ops are not those of a trace", { cause });
    }
  }
  return {
    header: trace,
    recordedMs: header.startedWallMs,
    game: header.game,
    rows: Float64Array.from(rows),
    count: rows.length / ROW,
  };
}

function traceHeaderFrom(value: unknown): TraceHeader {
  const { entity, type, rules, thresholds, start, expected, about } = (value ?? {}) as Partial<TraceHeader>;
  const isWhole =
    typeof entity === "string" &&
    typeof type === "string" &&
    typeof rules === "object" &&
    typeof thresholds === "object" &&
    typeof start?.mover === "object" &&
    Array.isArray(start.stalls) &&
    Array.isArray(start.flags) &&
    Array.isArray(expected?.verdicts) &&
    GRADES.includes(expected.grade);
  if (!isWhole) throw new AeonError("RECORDING_INVALID", "it is no trace, or its header lacks something");
  return { entity, type, rules, thresholds, start, expected, about: about ?? "" };
}
