/** The machine's own clock. Runs in browsers and in Node. */
import type { Scheduler, TimerHandle } from "./scheduler.js";

const deferTask: (run: () => void) => unknown =
  typeof setImmediate === "function" ? (run) => setImmediate(run) : (run) => setTimeout(run, 0);

export const realScheduler: Scheduler = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer: (delayMs, run) => setTimeout(run, delayMs),
  clearTimer: (handle: TimerHandle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
  defer: (run) => {
    deferTask(run);
  },
};
