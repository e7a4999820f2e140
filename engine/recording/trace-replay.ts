/**
 * Runs a trace through the checks of today. Open loop: a client that was put back in its day is put back here at the same moment, and one
 * that was not goes on from where it was, whatever is said now. With the thresholds and the checks it was recorded with, the verdicts are
 * the same to the bit. Pure.
 */
import { MoveJudge } from "../movement/move-judge.js";
import { limitsOf } from "../movement/rules.js";
import type { MovementThresholds } from "../movement/thresholds.js";
import { bitsOf, gradeOf, ROW, TRACE_EVENT } from "../movement/tracer.js";
import { CORRECTING, GRADES, type Grade, VERDICT, verdictNames } from "../movement/verdict.js";
import type { Trace, TraceVerdict } from "./trace-file.js";

/** One move as it is judged now. */
export interface ReplayedMove {
  /** Since the first event. */
  readonly atMs: number;
  readonly number: number;
  readonly grade: Grade;
  /** Names of VERDICT. */
  readonly verdicts: readonly string[];
  /** What was said when it was recorded. */
  readonly recorded: Grade;
  /** Units a second over the ground since the last legal move, and the limit; Infinity for a way in no time. */
  readonly speed: number;
  readonly limit: number;
  /** Units over the ground since the move before, if that counted. */
  readonly way: number;
}

export interface Replay {
  readonly moves: readonly ReplayedMove[];
  readonly verdict: TraceVerdict;
  /** Whether grade and verdicts are those that the trace's header expects. */
  readonly isExpected: boolean;
  /** Moves of which another thing is said than when it was recorded. */
  readonly changedCount: number;
}

const MS_PER_S = 1_000;
/** Said of bits, not of cheats: they do not stand in a trace's verdict. */
const UNNAMED = VERDICT.drop;

export function replayTrace({ header, rows, count }: Trace, thresholds: MovementThresholds): Replay {
  const judge = new MoveJudge(thresholds, limitsOf(header.rules), 0);
  judge.restore(header.start);
  const moves: ReplayedMove[] = [];
  const tally = new Tally();
  const beganMs = rows[1] ?? 0;
  for (let i = 0; i < count; i++) {
    const row = rows.subarray(i * ROW, (i + 1) * ROW);
    if (row[0] === TRACE_EVENT.move) moves.push(replayMove(judge, row, beganMs, tally));
    else replayEvent(judge, row, tally);
  }
  const verdict = tally.verdict();
  return {
    moves,
    verdict,
    isExpected:
      verdict.grade === header.expected.grade && String(verdict.verdicts) === String(header.expected.verdicts),
    changedCount: moves.filter((move) => move.grade !== move.recorded).length,
  };
}

/** What was said when the rows were recorded. */
export function recordedVerdict(rows: Float64Array, count: number): TraceVerdict {
  const tally = new Tally();
  for (let i = 0; i < count; i++) {
    const at = i * ROW;
    const verdict = rows[at] === TRACE_EVENT.move ? rows[at + 7] : rows[at] === TRACE_EVENT.verdict ? rows[at + 2] : 0;
    tally.note(bitsOf(verdict ?? 0), gradeOf(verdict ?? 0));
  }
  return tally.verdict();
}

function replayMove(judge: MoveJudge, row: Float64Array, beganMs: number, tally: Tally): ReplayedMove {
  const [, atMs = 0, number = 0, placement = 0, x = 0, y = 0, z = 0, verdict = 0] = row;
  const { mover } = judge;
  const passedMs = atMs - mover.arrivedMs;
  const way = Math.hypot(x - mover.x, z - mover.z);
  const limit = judge.limitsAt(atMs).speedMax;
  const grade = judge.move(atMs, number, placement, x, y, z);
  tally.note(judge.bits, grade);
  const isNowPutBack = grade !== "ignore" && (judge.bits & CORRECTING) !== 0;
  // It was not put back in its day: its next moves go on from here.
  if (isNowPutBack && (bitsOf(verdict) & CORRECTING) === 0) judge.putBack(placement, x, y, z);
  return {
    atMs: atMs - beganMs,
    number,
    grade,
    verdicts: verdictNames(judge.bits),
    recorded: gradeOf(verdict),
    speed: way === 0 ? 0 : passedMs <= 0 ? Number.POSITIVE_INFINITY : (way * MS_PER_S) / passedMs,
    limit,
    way: grade === "accept" ? way : 0,
  };
}

function replayEvent(judge: MoveJudge, row: Float64Array, tally: Tally): void {
  const [event, atMs = 0, a = 0, b = 0, c = 0, d = 0, e = 0] = row;
  if (event === TRACE_EVENT.place && b === 1) judge.putBack(a, c, d, e);
  else if (event === TRACE_EVENT.place) judge.place(a, c, d, e, atMs);
  else if (event === TRACE_EVENT.mode) judge.setMode(a, atMs);
  else if (event === TRACE_EVENT.allow) judge.allowWay(a, b, c, atMs);
  else if (event === TRACE_EVENT.forgive) judge.forgive(a);
  else if (event === TRACE_EVENT.newClient) judge.handleNewClient();
  else if (event === TRACE_EVENT.verdict) tally.note(bitsOf(a), judge.judge(bitsOf(a), atMs));
}

class Tally {
  private weight = 0;
  private bits = 0;
  private corrections = 0;
  private flags = 0;

  note(bits: number, grade: Grade): void {
    if (grade === "ignore" || grade === "accept") return;
    this.weight = Math.max(this.weight, GRADES.indexOf(grade));
    this.bits |= bits;
    if ((bits & CORRECTING) !== 0) this.corrections++;
    if (grade === "flag" || grade === "kick") this.flags++;
  }

  verdict(): TraceVerdict {
    const { weight, corrections, flags } = this;
    const verdicts = verdictNames(this.bits & ~UNNAMED).sort();
    return { grade: GRADES[weight] as Grade, corrections, flags, verdicts };
  }
}
