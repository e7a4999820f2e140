/**
 * A scheduler whose timers find out first of all whether the process slept for so long that it must not go on; then they never run.
 * For processes whose timers act for the cluster: whatever comes due first after a SIGCONT, nothing is done before the process ends.
 */
import type { Scheduler } from "../base/scheduler.js";
import type { LinkHost } from "../net/link.js";

export function awakeScheduler(scheduler: Scheduler, host: LinkHost): Scheduler {
  return {
    nowMs: () => scheduler.nowMs(),
    wallMs: () => scheduler.wallMs(),
    clearTimer: (handle) => scheduler.clearTimer(handle),
    defer: (run) => scheduler.defer(run),
    setTimer: (delayMs, run) =>
      scheduler.setTimer(delayMs, () => {
        if (host.noteRunning()) run();
      }),
  };
}
