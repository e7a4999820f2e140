/**
 * Time as a core sees it. Cores are handed a Scheduler and never reach for the clock or setTimeout.
 * Real: real-scheduler.ts. Virtual: tests/simulation.
 */
export type TimerHandle = object | number;

export interface Scheduler {
  /** Monotonic milliseconds, with fractions. */
  nowMs(): number;
  /** Milliseconds since 1970, for what leaves the process: records, ids, logs. */
  wallMs(): number;
  /** Runs `run` once, `delayMs` (≥ 0) from now. */
  setTimer(delayMs: number, run: () => void): TimerHandle;
  clearTimer(handle: TimerHandle): void;
  /** Runs `run` at the end of this turn of the event loop, after everything that arrived in it. */
  defer(run: () => void): void;
}
