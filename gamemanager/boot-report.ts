/** Tells the boot's progress, stalls and later losses to the log and to the command lines that watch. Owned by GameManager. */
import type { Log } from "../engine/base/log.js";
import type { Link } from "../engine/net/link.js";
import { REASON_BYTES_MAX } from "../engine/protocol/limits.js";
import { ManagerOutbound } from "../engine/protocol/manager-link.js";
import type { Message } from "../engine/protocol/message.js";
import type { BootStall, BootSteps } from "./boot-steps.js";
import type { ManagedProcess } from "./process-registry.js";

const MISSING_COUNT_MAX = 64;

export class BootReport {
  private readonly boot: BootSteps;
  private readonly log: Log;
  private readonly stallMs: number;
  private readonly watchers = new Set<Link>();
  private lastStall: BootStall | null = null;
  private lastStallMs = Number.NEGATIVE_INFINITY;

  constructor(boot: BootSteps, log: Log, stallMs: number) {
    this.boot = boot;
    this.log = log;
    this.stallMs = stallMs;
  }

  /** The watcher gets what has happened so far, then what is to come. */
  watch(link: Link): void {
    this.watchers.add(link);
    for (const step of this.boot.steps) link.send(ManagerOutbound.bootStep, { ...step });
    if (this.lastStall !== null) sendStall(link, this.lastStall);
  }

  unwatch(link: Link): void {
    this.watchers.delete(link);
  }

  /** Reports steps that were reached by now, or the stall when one has lasted. */
  update(nowMs: number): void {
    for (const step of this.boot.advance(nowMs)) {
      this.lastStall = null;
      this.log.info("boot.step", { ...step });
      this.tell(ManagerOutbound.bootStep, { ...step });
    }
    if (nowMs >= this.nextStallMs()) this.reportStall(nowMs);
  }

  /** When a stall is to be reported next; Infinity once the boot is complete. */
  nextStallMs(): number {
    if (this.boot.isComplete) return Number.POSITIVE_INFINITY;
    return Math.max(this.boot.lastReachedMs, this.lastStallMs) + this.stallMs;
  }

  gone(process: ManagedProcess, reason: string): void {
    const { kind, name, incarnation } = process;
    this.log.warn("process.gone", { kind, name, incarnation, reason });
    this.tell(ManagerOutbound.processGone, { kind, name, incarnation, reason: reason.slice(0, REASON_BYTES_MAX / 4) });
  }

  private reportStall(nowMs: number): void {
    const stall = this.boot.stall();
    this.lastStallMs = nowMs;
    if (stall === null || stall.missing.length === 0) return;
    if (stall.step === this.lastStall?.step && stall.missing.join() === this.lastStall.missing.join()) return;
    this.lastStall = stall;
    this.log.warn("boot.stalled", { ...stall });
    for (const watcher of this.watchers) sendStall(watcher, stall);
  }

  private tell<T>(kind: Message<T>, value: T): void {
    for (const watcher of this.watchers) watcher.send(kind, value);
  }
}

function sendStall(link: Link, { step, name, missing }: BootStall): void {
  link.send(ManagerOutbound.bootStalled, { step, name, missing: missing.slice(0, MISSING_COUNT_MAX) });
}
