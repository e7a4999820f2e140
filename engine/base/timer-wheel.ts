/**
 * One timing wheel per process: setting and cancelling a timer is O(1) and touches no system timer; the wheel keeps a single one, for the
 * earliest slot that holds anything. A timer fires at the first slot boundary at or after its time, in the order of slots, then of setting.
 * Scheme 6 of Varghese and Lauck, "Hashed and Hierarchical Timing Wheels" (1987).
 */
import type { Scheduler, TimerHandle } from "./scheduler.js";

const SLOT_COUNT = 1_024;
const SLOT_MS = 5;
/** In slots: what a clock with fractions may be off by where it means a slot boundary. */
const ROUNDING = 1e-6;

export interface WheelTimer {
  /** The slot boundary it fires at, counted from the wheel's start. */
  readonly dueSlot: number;
  run: (() => void) | null;
}

export class TimerWheel {
  private readonly scheduler: Scheduler;
  private readonly startMs: number;
  private readonly slots: WheelTimer[][] = [];
  /** Being run now. */
  private firing: WheelTimer[] = [];
  private handledSlot = 0;
  private armedSlot = Number.POSITIVE_INFINITY;
  private armed: TimerHandle | null = null;
  private count = 0;

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
    this.startMs = scheduler.nowMs();
    for (let i = 0; i < SLOT_COUNT; i++) this.slots.push([]);
  }

  /** Timers that wait; cancelled ones are not counted. */
  get size(): number {
    return this.count;
  }

  /** Runs `run` once, `delayMs` (≥ 0) from now, at most one slot (5 ms) late by the wheel's own doing. */
  set(delayMs: number, run: () => void): WheelTimer {
    const due = Math.ceil((this.scheduler.nowMs() - this.startMs + delayMs) / SLOT_MS - ROUNDING);
    const timer: WheelTimer = { dueSlot: Math.max(due, this.handledSlot + 1), run };
    (this.slots[timer.dueSlot % SLOT_COUNT] as WheelTimer[]).push(timer);
    this.count++;
    if (timer.dueSlot < this.armedSlot) this.arm(timer.dueSlot);
    return timer;
  }

  clear(timer: WheelTimer): void {
    if (timer.run === null) return;
    timer.run = null;
    this.count--;
  }

  /** Drops every timer, those that are due now too. */
  stop(): void {
    for (const timers of [this.firing, ...this.slots]) for (const timer of timers) this.clear(timer);
    for (const slot of this.slots) slot.length = 0;
    if (this.armed !== null) this.scheduler.clearTimer(this.armed);
    this.armed = null;
    this.armedSlot = Number.POSITIVE_INFINITY;
  }

  private arm(slot: number): void {
    if (this.armed !== null) this.scheduler.clearTimer(this.armed);
    this.armedSlot = slot;
    const delayMs = this.startMs + slot * SLOT_MS - this.scheduler.nowMs();
    this.armed = this.scheduler.setTimer(Math.max(0, delayMs), () => this.fire());
  }

  private fire(): void {
    this.armed = null;
    this.armedSlot = Number.POSITIVE_INFINITY;
    const nowSlot = Math.floor((this.scheduler.nowMs() - this.startMs) / SLOT_MS + ROUNDING);
    const last = Math.min(nowSlot, this.handledSlot + SLOT_COUNT);
    const due: WheelTimer[] = [];
    for (let slot = this.handledSlot + 1; slot <= last; slot++) this.collect(slot % SLOT_COUNT, nowSlot, due);
    this.handledSlot = Math.max(this.handledSlot, nowSlot);
    if (last < nowSlot) due.sort((a, b) => a.dueSlot - b.dueSlot);
    this.rearm();
    this.firing = due;
    for (const timer of due) this.run(timer);
    this.firing = [];
  }

  private collect(index: number, nowSlot: number, due: WheelTimer[]): void {
    const slot = this.slots[index] as WheelTimer[];
    if (slot.length === 0) return;
    const later: WheelTimer[] = [];
    for (const timer of slot) {
      if (timer.run === null) continue;
      (timer.dueSlot <= nowSlot ? due : later).push(timer);
    }
    this.slots[index] = later;
  }

  private run(timer: WheelTimer): void {
    const { run } = timer;
    if (run === null) return;
    timer.run = null;
    this.count--;
    run();
  }

  private rearm(): void {
    if (this.count === 0) return;
    for (let slot = this.handledSlot + 1; slot <= this.handledSlot + SLOT_COUNT; slot++) {
      const waiting = this.slots[slot % SLOT_COUNT] as WheelTimer[];
      if (waiting.some((timer) => timer.run !== null && timer.dueSlot <= slot)) {
        this.arm(slot);
        return;
      }
    }
    this.arm(this.handledSlot + SLOT_COUNT);
  }
}
