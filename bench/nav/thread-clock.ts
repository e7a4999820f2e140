/**
 * What a stretch took, with what the machine gave to other programs taken out: Linux counts for each thread how long it ran, and how long it
 * was ready and waited for a processor. Elsewhere it is the time of the clock.
 */
import { readdirSync, readFileSync } from "node:fs";

interface ThreadTimes {
  readonly ranMs: number;
  readonly waitedMs: number;
}

export class ThreadClock {
  private readonly startMs = performance.now();
  private readonly start = timesOfThreads();

  /** `ownMs`: how long this thread ran. `wallMs`: the clock's time, less what the `workers` busiest threads waited, on average. */
  read(workers: number): { ownMs: number; wallMs: number } {
    const clockMs = performance.now() - this.startMs;
    const now = timesOfThreads();
    const spent = [...now].map(([thread, { ranMs, waitedMs }]) => {
      const before = this.start.get(thread);
      return { thread, ranMs: ranMs - (before?.ranMs ?? 0), waitedMs: waitedMs - (before?.waitedMs ?? 0) };
    });
    const own = spent.find(({ thread }) => thread === String(process.pid));
    const busiest = spent.sort((a, b) => b.ranMs - a.ranMs).slice(0, workers);
    const waitedMs = busiest.reduce((sum, times) => sum + times.waitedMs, 0) / Math.max(1, busiest.length);
    return { ownMs: own?.ranMs ?? clockMs, wallMs: clockMs - waitedMs };
  }
}

function timesOfThreads(): Map<string, ThreadTimes> {
  const times = new Map<string, ThreadTimes>();
  try {
    for (const thread of readdirSync("/proc/self/task")) {
      const [ran = 0, waited = 0] = readFileSync(`/proc/self/task/${thread}/schedstat`, "utf8").split(" ").map(Number);
      times.set(thread, { ranMs: ran / 1e6, waitedMs: waited / 1e6 });
    }
  } catch {
    // Not Linux, or a thread ended meanwhile: what is known is enough.
  }
  return times;
}
