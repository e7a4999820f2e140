/**
 * Remembers a client's latest moves and what was said of them, so that a suspicious stretch can be written down with the seconds before it.
 * What it hands out begins with the judge's numbers at that moment and replays to the same verdicts, bit by bit. On the script thread.
 *
 * Memory: `ROW` numbers a move, for `traceBeforeMs` to twice as long; at most `ROWS_MAX` rows a segment, past which the oldest go.
 */
import type { JudgeSnapshot, MoveJudge } from "./move-judge.js";
import type { MovementRules } from "./rules.js";
import type { MovementThresholds } from "./thresholds.js";
import { GRADES, type Grade } from "./verdict.js";

/** What a row is about. The numbers stand in traces: they are not used again. */
export const TRACE_EVENT = {
  /** number, placement, x, y, z, verdict. */
  move: 1,
  /** placement, 1: put back, x, y, z. */
  place: 2,
  /** index. */
  mode: 3,
  /** units, units up, ms. */
  allow: 4,
  /** ms. */
  forgive: 5,
  newClient: 6,
  /** By a NavCheck or the author's hook: verdict. */
  verdict: 7,
} as const;

/** Numbers a row: [event, at (ms of the stream), then as TRACE_EVENT says, in order]. */
export const ROW = 8;
const VERDICT_SCALE = 2 ** 16;

/** A stretch of one client's moves. */
export interface TraceStretch {
  readonly entity: string;
  readonly type: string;
  readonly rules: MovementRules;
  readonly thresholds: MovementThresholds;
  /** The judge before the first row. */
  readonly start: JudgeSnapshot;
  /** [event, at, …] * count. */
  readonly rows: Float64Array;
  readonly count: number;
}

/** Who takes traces. */
export interface TracePort {
  /** Whether every client's moves are wanted, whatever is said of them. */
  readonly isAsked: boolean;
  /** Owns the stretch. */
  take(stretch: TraceStretch): void;
}

/** Verdict bits and grade as one number. */
export function verdictNumber(bits: number, grade: Grade): number {
  return bits + GRADES.indexOf(grade) * VERDICT_SCALE;
}

export function bitsOf(verdict: number): number {
  return verdict % VERDICT_SCALE;
}

export function gradeOf(verdict: number): Grade {
  return GRADES[Math.floor(verdict / VERDICT_SCALE)] ?? "accept";
}

const ROWS_START = 64;
const ROWS_MAX = 4_096;

interface Segment {
  readonly start: JudgeSnapshot;
  readonly startMs: number;
  rows: Float64Array;
  count: number;
}

export class MoveTracer {
  private readonly judge: MoveJudge;
  private readonly rules: MovementRules;
  private readonly port: TracePort;
  /** The oldest first; two, and more while a stretch goes on. */
  private segments: Segment[] = [];
  private dueMs: number | null = null;
  private entity = "";
  private type = "";

  constructor(judge: MoveJudge, rules: MovementRules, port: TracePort) {
    this.judge = judge;
    this.rules = rules;
    this.port = port;
  }

  /** Says whose moves these are; before the first one. */
  name(entity: string, type: string): void {
    this.entity = entity;
    this.type = type;
  }

  /** Each of these behind what the judge has made of it. */
  noteMove(atMs: number, number: number, placement: number, x: number, y: number, z: number, verdict: number): void {
    this.add(atMs, TRACE_EVENT.move, number, placement, x, y, z, verdict);
    if (this.port.isAsked) this.wish(atMs);
  }
  notePlace(atMs: number, placement: number, x: number, y: number, z: number, isPutBack: boolean): void {
    this.add(atMs, TRACE_EVENT.place, placement, isPutBack ? 1 : 0, x, y, z, 0);
  }
  noteMode(atMs: number, index: number): void {
    this.add(atMs, TRACE_EVENT.mode, index, 0, 0, 0, 0, 0);
  }
  noteAllow(atMs: number, units: number, unitsUp: number, forMs: number): void {
    this.add(atMs, TRACE_EVENT.allow, units, unitsUp, forMs, 0, 0, 0);
  }
  noteForgive(atMs: number, sleptMs: number): void {
    this.add(atMs, TRACE_EVENT.forgive, sleptMs, 0, 0, 0, 0, 0);
  }
  /** What was before is by another clock. */
  noteNewClient(atMs: number): void {
    this.finish();
    this.segments = [];
    this.add(atMs, TRACE_EVENT.newClient, 0, 0, 0, 0, 0, 0);
  }
  noteVerdict(atMs: number, bits: number, grade: Grade): void {
    this.add(atMs, TRACE_EVENT.verdict, verdictNumber(bits, grade), 0, 0, 0, 0, 0);
  }

  /** The stretch around now is wanted; it is handed out `traceAfterMs` later. */
  wish(atMs: number): void {
    this.dueMs ??= atMs + this.judge.thresholds.traceAfterMs;
  }

  /** There will be no more moves. */
  finish(): void {
    if (this.dueMs !== null) this.handOut();
  }

  private add(atMs: number, event: number, a: number, b: number, c: number, d: number, e: number, f: number): void {
    let segment = this.segments.at(-1);
    // The judge has seen this event already: what is remembered begins behind it.
    if (segment === undefined) return this.begin(atMs);
    if (segment.rows.length === segment.count * ROW) segment = this.grown(segment);
    const at = segment.count * ROW;
    const { rows } = segment;
    rows[at] = event;
    rows[at + 1] = atMs;
    rows[at + 2] = a;
    rows[at + 3] = b;
    rows[at + 4] = c;
    rows[at + 5] = d;
    rows[at + 6] = e;
    rows[at + 7] = f;
    segment.count++;
    if (this.dueMs !== null && atMs >= this.dueMs) this.handOut();
    if (segment.count === ROWS_MAX || atMs - segment.startMs >= this.judge.thresholds.traceBeforeMs) this.begin(atMs);
  }

  private begin(atMs: number): void {
    const { segments } = this;
    segments.push({
      start: this.judge.snapshot(),
      startMs: atMs,
      rows: new Float64Array(ROWS_START * ROW),
      count: 0,
    });
    const keptMs = this.dueMs === null ? 0 : this.judge.thresholds.traceAfterMs + this.judge.thresholds.traceBeforeMs;
    while (segments.length > 2 && (segments[1] as Segment).startMs < atMs - keptMs) segments.shift();
  }

  private grown(segment: Segment): Segment {
    const rows = new Float64Array(segment.rows.length * 2);
    rows.set(segment.rows);
    segment.rows = rows;
    return segment;
  }

  private handOut(): void {
    this.dueMs = null;
    const { segments, entity, type, rules } = this;
    const count = segments.reduce((sum, each) => sum + each.count, 0);
    const rows = new Float64Array(count * ROW);
    let at = 0;
    for (const each of segments) {
      rows.set(each.rows.subarray(0, each.count * ROW), at);
      at += each.count * ROW;
    }
    const [first] = segments;
    if (first === undefined || count === 0) return;
    this.port.take({ entity, type, rules, thresholds: this.judge.thresholds, start: first.start, rows, count });
  }
}
