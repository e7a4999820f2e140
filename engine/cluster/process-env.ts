/** What a process is handed: it reaches for nothing else, so that the same class runs for real and in the simulation. */
import type { Log } from "../base/log.js";
import type { Metrics } from "../base/metrics.js";
import type { Random } from "../base/random.js";
import type { Scheduler } from "../base/scheduler.js";
import type { AeonConfig } from "../config/config.js";
import type { ProcessKind } from "../net/link.js";
import type { Address, Transport } from "../net/transport.js";

export interface ProcessEnv {
  readonly kind: ProcessKind;
  /** "" asks the gamemanager for a free one. */
  readonly name: string;
  readonly pid: number;
  readonly config: AeonConfig;
  readonly secret: string;
  readonly gamemanager: Address;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Between processes. */
  readonly transport: Transport;
  /** Share of one core used since the last call, and resident memory. */
  usage(): { cpu: number; rssMb: number };
  /** Ends this process at once: 0 after an orderly stop, 1 with the error's line otherwise. */
  exit(code: 0 | 1, error?: Error): void;
}

/** A process as its shell sees it. `start` rejects when it cannot take its ports; everything later ends through `env.exit`. */
export interface ClusterProcess {
  start(): Promise<void>;
  /** Leaves in order (SIGTERM): finishes what it must, says goodbye on its links, ends through `env.exit(0)`. Asks nothing of others. */
  stop?(): Promise<void>;
}
