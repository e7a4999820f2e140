/** What a game does about its op logs besides writing: it counts them, and ends with OP_LOG_FULL when a reader falls too far behind. */
import type { ProcessEnv } from "../engine/cluster/process-env.js";
import type { OpLog } from "../engine/property/op-log.js";

export function watchLog(env: ProcessEnv, logs: readonly OpLog[]): void {
  const sum = (read: (log: OpLog) => number) => () => logs.reduce((total, log) => total + read(log), 0);
  env.metrics.gauge(
    "op_log_bytes_used",
    sum((log) => log.bytesUsed),
  );
  env.metrics.gauge(
    "op_log_bytes_held",
    sum((log) => log.bytesHeld),
  );
  env.metrics.gauge(
    "op_log_stalls_total",
    sum((log) => log.growths),
  );
  env.metrics.gauge(
    "op_log_flushes_total",
    sum((log) => log.sequence),
  );
  for (const log of logs) log.onOverflow = (error) => env.exit(1, error);
}
