/**
 * Stops the cluster in order: gates, so that clients get a clear goodbye; then games, so that everything is saved; then the dbmanager.
 * A stage that does not end within `stageTimeoutMs` is left behind and named in the log.
 */
import type { Log } from "../engine/base/log.js";
import type { Scheduler, TimerHandle } from "../engine/base/scheduler.js";
import type { ManagedProcess, MemberKind, ProcessRegistry } from "./process-registry.js";

const STAGES: readonly MemberKind[] = ["gate", "game", "dbmanager"];

export interface ShutdownOptions {
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly registry: ProcessRegistry;
  readonly stageTimeoutMs: number;
  /** Asks one process to stop. */
  readonly tell: (process: ManagedProcess) => void;
  /** Everything has stopped or was left behind. */
  readonly done: () => void;
}

export class OrderlyShutdown {
  private readonly options: ShutdownOptions;
  private stage = -1;
  private timer: TimerHandle | null = null;

  constructor(options: ShutdownOptions) {
    this.options = options;
  }

  get isRunning(): boolean {
    return this.stage >= 0;
  }

  start(): void {
    if (!this.isRunning) this.enter(0);
  }

  /** A process was removed from the registry. */
  handleGone(): void {
    const inStage = this.isRunning && this.stage < STAGES.length;
    if (inStage && this.remaining().length === 0) this.enter(this.stage + 1);
  }

  private enter(stage: number): void {
    const { scheduler, done } = this.options;
    if (this.timer !== null) scheduler.clearTimer(this.timer);
    this.timer = null;
    this.stage = stage;
    const processes = this.remaining();
    if (stage >= STAGES.length) done();
    else if (processes.length === 0) this.enter(stage + 1);
    else this.await(processes);
  }

  private await(processes: readonly ManagedProcess[]): void {
    const { scheduler, stageTimeoutMs, tell } = this.options;
    this.timer = scheduler.setTimer(stageTimeoutMs, () => this.leaveBehind());
    for (const process of processes) {
      process.state = "stopping";
      tell(process);
    }
  }

  private leaveBehind(): void {
    const names = this.remaining().map((process) => process.name);
    this.options.log.warn("shutdown.late", { stage: STAGES[this.stage], processes: names });
    this.timer = null;
    this.enter(this.stage + 1);
  }

  private remaining(): ManagedProcess[] {
    const kind = STAGES[this.stage];
    return kind === undefined ? [] : this.options.registry.ofKind(kind);
  }
}
