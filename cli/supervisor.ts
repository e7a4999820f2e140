/**
 * What `aeon up` is while the cluster runs: it starts the processes, reports the boot, starts again what died, and stops everything in
 * order. The cluster does not need it: without a supervisor it runs on, only nothing is started again.
 */
import { AeonError } from "../engine/base/errors.js";
import type { Scheduler, TimerHandle } from "../engine/base/scheduler.js";
import type { AeonConfig } from "../engine/config/config.js";
import { type Exit, type ProcessPlan, processArguments, SupervisedProcess } from "./child-process.js";
import type { DataFolder } from "./data-folder.js";
import type { Report } from "./events.js";
import { ManagerClient, type StatusReply } from "./manager-client.js";

/** Boot step after which clients are admitted. */
const LAST_STEP = 9;
const RESTART_DELAY_MS_MAX = 10_000;
/** A process that lived this long and dies is restarted without a longer pause. */
const HEALTHY_MS = 10_000;
const JOIN_POLL_MS = 50;
/** The gamemanager stops gates, games and dbmanager one after the other, with the limit for each. */
export const STOP_STAGES = 3;
/** Added to the cluster's own limit before processes that do not stop are killed. */
const STOP_GRACE_MS = 3_000;
/** During boot a process may fail once (a port still in use, a peer too slow); failing again is not going to get better. */
const BOOT_FAILURES_MAX = 1;

interface Child {
  readonly plan: ProcessPlan;
  process: SupervisedProcess | null;
  startedMs: number;
  /** Restarts since it last was healthy. */
  restarts: number;
  failures: number;
  timer: TimerHandle | null;
}

export interface SupervisorOptions {
  readonly config: AeonConfig;
  readonly folder: DataFolder;
  readonly plans: readonly ProcessPlan[];
  /** Watch a boot until the cluster opens; false for processes that join a running cluster. */
  readonly isBoot: boolean;
  readonly restart: boolean;
  readonly scheduler: Scheduler;
  readonly report: Report;
  /** The moment from which times in events count, on the scheduler's clock. */
  readonly beganMs: number;
}

export class Supervisor {
  private readonly options: SupervisorOptions;
  private readonly children: Child[];
  private readonly manager: ManagerClient;
  private stepsDone = 0;
  private isOpen = false;
  private isStopping = false;
  private bootTimer: TimerHandle | null = null;
  private stopTimer: TimerHandle | null = null;
  private missing: readonly string[] = [];
  private readonly finished: Promise<AeonError | null>;
  private finish: (failure: AeonError | null) => void = () => undefined;
  private failure: AeonError | null = null;
  /** Called once when the cluster admits clients. */
  onOpen: ((status: StatusReply) => void) | null = null;

  constructor(options: SupervisorOptions) {
    this.options = options;
    this.children = options.plans.map((plan) => ({
      plan,
      process: null,
      startedMs: 0,
      restarts: 0,
      failures: 0,
      timer: null,
    }));
    this.finished = new Promise((resolve) => (this.finish = resolve));
    this.manager = new ManagerClient(options.config, options.folder.secret(), {
      onStep: ({ step, name }) => this.handleStep(step, name),
      onStalled: ({ step, name, missing }) => this.handleStalled(step, name, missing),
      onGone: ({ name, reason }) => this.handleGone(name, reason),
    });
  }

  /** Runs until every process has ended; rejects with what made the boot fail. */
  async run(): Promise<void> {
    const { isBoot, config, scheduler } = this.options;
    for (const child of this.children) this.spawn(child);
    this.bootTimer = scheduler.setTimer(config.cluster.bootTimeoutMs, () => this.handleBootTimeout());
    this.manager.watch();
    if (!isBoot) void this.awaitJoined();
    const failure = await this.finished;
    for (const timer of [this.bootTimer, this.stopTimer]) if (timer !== null) scheduler.clearTimer(timer);
    await this.manager.close();
    if (failure !== null) throw failure;
  }

  /** Stops all in order; a second call kills. */
  stop(): void {
    if (this.isStopping) this.killAll("SIGKILL");
    else this.stopInOrder();
  }

  private stopInOrder(): void {
    this.isStopping = true;
    this.options.report({ event: "closing", ms: this.ms() });
    for (const child of this.children) this.cancelRestart(child);
    if (this.options.isBoot) {
      this.options.folder.markStopping();
      if (this.manager.isUp) this.manager.requestShutdown();
      else this.killAll("SIGTERM");
    } else {
      this.killAll("SIGTERM");
    }
    const limitMs = this.options.config.cluster.shutdownTimeoutMs * STOP_STAGES + STOP_GRACE_MS;
    this.stopTimer = this.options.scheduler.setTimer(limitMs, () => this.killAll("SIGKILL"));
    this.finishWhenEmpty();
  }

  private ms(): number {
    return Math.round(this.options.scheduler.nowMs() - this.options.beganMs);
  }

  private spawn(child: Child): number {
    const { folder, scheduler } = this.options;
    child.startedMs = scheduler.nowMs();
    const args = processArguments(child.plan, folder);
    child.process = new SupervisedProcess(folder, child.plan.name, args, (exit) => this.handleExit(child, exit));
    return child.process.pid;
  }

  private handleExit(child: Child, exit: Exit): void {
    if (child.process === null) return;
    child.process = null;
    const { report, folder } = this.options;
    const isExpected = this.isStopping || exit.isOrderly || folder.isStopping;
    if (isExpected) {
      this.finishWhenEmpty();
      return;
    }
    report({ event: "exited", name: child.plan.name, reason: exit.reason, ms: this.ms() });
    if (!this.isOpen && this.failsBoot(child, exit)) return;
    if (this.options.restart) this.restartLater(child);
    else this.finishWhenEmpty();
  }

  /** True when this exit ends the boot. */
  private failsBoot(child: Child, exit: Exit): boolean {
    if (exit.isFailure) child.failures++;
    const isHopeless = child.failures > BOOT_FAILURES_MAX || (!this.options.restart && exit.isFailure);
    if (isHopeless) this.fail(new AeonError("CLUSTER_STALLED", `${child.plan.name} ended: ${exit.reason}`));
    return isHopeless;
  }

  private restartLater(child: Child): void {
    const { scheduler, config, report } = this.options;
    if (scheduler.nowMs() - child.startedMs >= HEALTHY_MS) child.restarts = 0;
    const delayMs = Math.min(config.cluster.restartDelayMs * 2 ** child.restarts, RESTART_DELAY_MS_MAX);
    child.restarts++;
    child.timer = scheduler.setTimer(delayMs, () => {
      child.timer = null;
      if (this.options.folder.isStopping) this.finishWhenEmpty();
      else report({ event: "restarted", name: child.plan.name, pid: this.spawn(child), ms: this.ms() });
    });
  }

  private cancelRestart(child: Child): void {
    if (child.timer !== null) this.options.scheduler.clearTimer(child.timer);
    child.timer = null;
  }

  private handleStep(step: number, name: string): void {
    if (this.isOpen || !this.options.isBoot || step <= this.stepsDone) return;
    this.stepsDone = step;
    this.missing = [];
    this.options.report({ event: "step", step, name, ms: this.ms() });
    if (step === LAST_STEP) void this.handleOpened();
  }

  private handleStalled(step: number, name: string, missing: readonly string[]): void {
    if (this.isOpen) return;
    this.missing = missing;
    this.options.report({ event: "stalled", step, name, missing, ms: this.ms() });
  }

  private handleGone(name: string, reason: string): void {
    const isExpected = this.isStopping || this.options.folder.isStopping;
    if (!isExpected) this.options.report({ event: "gone", name, reason, ms: this.ms() });
  }

  private markOpen(): void {
    this.isOpen = true;
    if (this.bootTimer !== null) this.options.scheduler.clearTimer(this.bootTimer);
    this.bootTimer = null;
  }

  /** Looks until the gamemanager lists every process of ours as ready. */
  private async awaitJoined(): Promise<void> {
    const { scheduler, report } = this.options;
    while (!this.isOpen && !this.isStopping) {
      await new Promise<void>((resolve) => scheduler.setTimer(JOIN_POLL_MS, resolve));
      if (!this.manager.isUp) continue;
      const status = await this.manager.status().catch(() => null);
      const ready = new Set(status?.processes.map(({ process }) => (process.state === "ready" ? process.name : "")));
      if (!this.children.every(({ plan }) => ready.has(plan.name))) continue;
      this.markOpen();
      for (const { plan, process } of this.children) {
        report({ event: "joined", name: plan.name, pid: process?.pid ?? 0, ms: this.ms() });
      }
    }
  }

  private async handleOpened(): Promise<void> {
    this.markOpen();
    try {
      const status = await this.manager.status();
      const gates = gateUrls(status).map((ws) => ({ ws }));
      const [first] = gates;
      this.options.report({ event: "open", ms: this.ms(), web: first === undefined ? "" : webUrl(first.ws), gates });
      this.onOpen?.(status);
    } catch (error) {
      this.fail(
        new AeonError("CLUSTER_STALLED", "the gamemanager was lost while the cluster opened", { cause: error }),
      );
    }
  }

  private handleBootTimeout(): void {
    const missing = this.missing.length > 0 ? this.missing.join("; ") : "the gamemanager does not answer";
    this.fail(new AeonError("CLUSTER_STALLED", missing));
  }

  private fail(failure: AeonError): void {
    this.failure ??= failure;
    if (!this.isStopping) this.stop();
  }

  private killAll(signal: NodeJS.Signals): void {
    for (const child of this.children) child.process?.kill(signal);
  }

  private finishWhenEmpty(): void {
    const isEmpty = this.children.every((child) => child.process === null && child.timer === null);
    if (isEmpty) this.finish(this.failure);
  }
}

/** Where clients reach the gates, by the gates' numbers. */
export function gateUrls(status: StatusReply): string[] {
  const gates = status.processes.filter(({ process }) => process.kind === "gate" && process.clientUrl !== "");
  return gates
    .sort((a, b) => a.process.name.localeCompare(b.process.name, "en", { numeric: true }))
    .map(({ process }) => process.clientUrl);
}

/** A gate serves the page on the port that takes clients. */
export function webUrl(clientUrl: string): string {
  return clientUrl.replace(/^ws/, "http");
}
