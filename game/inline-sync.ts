/**
 * The sync core on the script thread: what script has published by the end of a turn is read and sent then. For tests and small worlds;
 * frames leave on the game's main link to each gate.
 */

import type { Incarnation } from "../engine/base/ids.js";
import type { ProcessEnv } from "../engine/cluster/process-env.js";
import { OpRouter } from "../engine/entity/op-router.js";
import type { DefinitionTable } from "../engine/property/definition.js";
import { OpLog } from "../engine/property/op-log.js";
import { ALL_SCOPES } from "../engine/property/scopes.js";
import type { ClientCreditMessage } from "../engine/protocol/game-link.js";
import { watchLog } from "./op-log-watch.js";
import { openCore } from "./open-core.js";
import { openRecorder, type Recorder } from "./recorder.js";
import type { SyncCore, SyncOutput } from "./sync/sync-core.js";
import type { StreamPlace, SyncDriver, ViewListener } from "./sync-driver.js";
import { TurnFlusher } from "./turn-flusher.js";

export class InlineSync implements SyncDriver {
  readonly ops: OpRouter;
  readonly core: SyncCore;
  readonly streams: readonly StreamPlace[] = [];
  onViewChange: ViewListener | null = null;
  private readonly log: OpLog;
  private readonly flusher: TurnFlusher;
  private readonly recorder: Recorder | null;
  /** Of this turn; script hears of them when all is read. */
  private viewChanges: Parameters<ViewListener>[] = [];
  private isReading = false;

  constructor(env: ProcessEnv, definitions: DefinitionTable, out: SyncOutput) {
    const { opLogBytes, opLogBytesMax, flush } = env.config.game;
    this.log = new OpLog({ bytes: opLogBytes, bytesMax: opLogBytesMax });
    watchLog(env, [this.log]);
    const viewChange: SyncOutput["viewChange"] = (...change) => this.viewChanges.push(change);
    this.core = openCore(env.config.game, definitions, { ...out, viewChange }, env.metrics, env.log);
    this.recorder = openRecorder({
      config: env.config.game,
      game: env.name,
      stream: 0,
      definitions: definitions.toJson(ALL_SCOPES),
      scheduler: env.scheduler,
      log: env.log,
      metrics: env.metrics,
    });
    this.flusher = new TurnFlusher(env.scheduler, [this.log], flush, () => this.read());
    this.ops = new OpRouter([this.flusher.sinkOf(this.log)]);
  }

  async start(): Promise<void> {}
  setSelf(): void {}
  refuse(): void {}

  handleClientCredit(gate: Incarnation, { clients }: ClientCreditMessage): void {
    for (const one of clients) this.core.clientCredit(gate, one);
  }

  flush(): void {
    this.flusher.flush();
  }
  flushFrame(): void {
    this.flusher.flushFrame();
  }
  touch(): void {
    this.flusher.touch();
  }

  async drain(): Promise<void> {
    this.flusher.publishAll();
    this.read();
  }

  async stop(): Promise<void> {
    await this.recorder?.close();
  }

  private read(): void {
    if (this.isReading) return;
    this.isReading = true;
    try {
      this.log.drain(this.recorder?.sinkFor(this.core) ?? this.core);
      this.core.endDrain();
      this.recorder?.commit();
    } finally {
      this.isReading = false;
    }
    const changes = this.viewChanges;
    this.viewChanges = [];
    for (const change of changes) this.onViewChange?.(...change);
  }
}
