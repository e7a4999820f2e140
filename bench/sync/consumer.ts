/**
 * The seam between the cases and what consumes script's ops. Cases write ops, publish them and ask when the bytes for the gates are
 * ready; whether the consumer is on this thread or on a worker is its own business. What it is given, it runs as a game does.
 */
import { silentLog } from "../../engine/base/log.js";
import { Metrics } from "../../engine/base/metrics.js";
import type { DefinitionTable } from "../../engine/property/definition.js";
import { OpLog } from "../../engine/property/op-log.js";
import { SyncCore } from "../../game/sync/sync-core.js";

/** As the game has them. */
const OP_LOG_BYTES = 4 * 1024 * 1024;
const CELL_UNITS = 16;
export const TICK_MS = 50;

export interface SyncConsumer {
  /** Where script writes. */
  readonly log: OpLog;
  /** Bytes handed to gates so far. */
  readonly frameBytes: number;
  /** Sees every payload for a gate, a view, valid during the call. Null while times are measured. */
  tap: ((payload: Uint8Array) => void) | null;
  /** What has been published is turned into bytes for the gates. Resolves with what that took of the consumer's thread, in ms. */
  settle(): number | Promise<number>;
  close(): void | Promise<void>;
}

export type ConsumerMaker = (definitions: DefinitionTable) => SyncConsumer | Promise<SyncConsumer>;

/** `workers: 0`: the op log is drained on script's own thread. */
export class InlineConsumer implements SyncConsumer {
  readonly log: OpLog;
  frameBytes = 0;
  tap: ((payload: Uint8Array) => void) | null = null;
  private readonly core: SyncCore;

  constructor(definitions: DefinitionTable) {
    this.log = new OpLog({ bytes: OP_LOG_BYTES });
    this.core = new SyncCore({
      definitions,
      metrics: new Metrics(),
      log: silentLog,
      tickMs: TICK_MS,
      cellSize: CELL_UNITS,
      out: {
        clientFrames: (_, payload) => {
          this.frameBytes += payload.length;
          this.tap?.(payload);
        },
        clientKick: () => undefined,
        clientBind: () => undefined,
      },
    });
    this.log.onFull = () => this.log.drain(this.core);
  }

  settle(): number {
    const start = performance.now();
    this.log.drain(this.core);
    this.core.endDrain();
    return performance.now() - start;
  }

  close(): void {}
}

export const inlineConsumer: ConsumerMaker = (definitions) => new InlineConsumer(definitions);
