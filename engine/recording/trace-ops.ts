/**
 * The ops that only a trace has: what a client's moves were and what was said of them. Written from and read into the rows of a
 * MoveTracer, without loss.
 *
 *   trace   | u8 TRACE_OP | u8 event | f64 ms of the gate's clock | numbers as drawn below |
 */
import type { ByteReader, ByteWriter } from "../base/bytes.js";
import { AeonError } from "../base/errors.js";
import { ROW, TRACE_EVENT } from "../movement/tracer.js";

/** Number among the ops of a recording; see op-codec.ts. */
export const TRACE_OP = 18;

export interface TraceSink {
  /** [event, at, …] as in a MoveTracer; valid during the call. */
  traceRow(row: Float64Array): void;
}

type Shape = readonly ("u" | "f" | "d")[];

/** u: uvar, f: f32, d: f64; in the order of a row behind its time. */
const SHAPES: ReadonlyMap<number, Shape> = new Map<number, Shape>([
  [TRACE_EVENT.move, ["u", "u", "f", "f", "f", "u"]],
  [TRACE_EVENT.place, ["u", "u", "f", "f", "f"]],
  [TRACE_EVENT.mode, ["u"]],
  [TRACE_EVENT.allow, ["d", "d", "d"]],
  [TRACE_EVENT.forgive, ["d"]],
  [TRACE_EVENT.newClient, []],
  [TRACE_EVENT.verdict, ["u"]],
]);

const NUMBERS_AT = 2;

export function writeTraceRow(out: ByteWriter, rows: Float64Array, index: number): void {
  const at = index * ROW;
  const event = rows[at] as number;
  out.u8(TRACE_OP);
  out.u8(event);
  out.f64(rows[at + 1] as number);
  for (const [i, kind] of shapeOf(event).entries()) {
    const value = rows[at + NUMBERS_AT + i] as number;
    if (kind === "u") out.uvar(value);
    else if (kind === "f") out.f32(value);
    else out.f64(value);
  }
}

/** Throws BYTES_MALFORMED where no trace is wanted, or for an event that is not known. */
export function applyTraceOp(reader: ByteReader, into: Partial<TraceSink>): void {
  const row = new Float64Array(ROW);
  row[0] = reader.u8();
  row[1] = reader.f64();
  for (const [i, kind] of shapeOf(row[0]).entries())
    row[NUMBERS_AT + i] = kind === "u" ? reader.uvar() : kind === "f" ? reader.f32() : reader.f64();
  if (into.traceRow === undefined)
    throw new AeonError("BYTES_MALFORMED", "an op of a trace in a recording that is none");
  into.traceRow(row);
}

function shapeOf(event: number): Shape {
  const shape = SHAPES.get(event);
  if (shape === undefined) throw new AeonError("BYTES_MALFORMED", `no event of a trace has the number ${event}`);
  return shape;
}
