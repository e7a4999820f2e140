/**
 * When each session next wants to be flushed: O(1) to set and to set again, no allocation in the steady state, and one timer of the
 * scheduler for all. Who is not in it costs nothing. What is due beyond its horizon is looked at there and set again by its owner.
 *
 * An item is in at most one place that counts: where its `dueTick` says; what stands elsewhere is skipped when its slot comes.
 */
import type { Scheduler, TimerHandle } from "../base/scheduler.js";

const SLOT_MS = 2;
/** A power of two. */
const SLOT_COUNT = 256;
const SLOT_MASK = SLOT_COUNT - 1;
/** Not in the wheel. */
export const NOT_DUE = -1;

export interface WheelItem {
  /** Written by the wheel only; NOT_DUE at first. */
  dueTick: number;
}

interface Slot<T> {
  readonly items: (T | undefined)[];
  count: number;
}

export class FlushWheel<T extends WheelItem> {
  private readonly scheduler: Scheduler;
  private readonly run: (item: T) => void;
  private readonly onTurned: () => void;
  private readonly startMs: number;
  private readonly slots: Slot<T>[] = [];
  private readonly fire = (): void => this.advance();
  /** Slots up to this one have been handled. */
  private handledTick = 0;
  private waiting = 0;
  private timer: TimerHandle | null = null;
  private armedTick = Number.POSITIVE_INFINITY;

  /** `run` gets each item that is due; `onTurned` follows the last of a turn. */
  constructor(scheduler: Scheduler, run: (item: T) => void, onTurned: () => void) {
    this.scheduler = scheduler;
    this.run = run;
    this.onTurned = onTurned;
    this.startMs = scheduler.nowMs();
    for (let i = 0; i < SLOT_COUNT; i++) this.slots.push({ items: [], count: 0 });
  }

  /** Entries, those that count no more included. */
  get size(): number {
    return this.waiting;
  }

  /** The item is due `delayMs` (≥ 0) from now, at most one slot late, or at the horizon; whatever was set before is void. */
  set(item: T, delayMs: number): void {
    const nowTick = this.tickOf(this.scheduler.nowMs());
    const wanted = this.tickOf(this.scheduler.nowMs() + delayMs) + 1;
    if (this.waiting === 0) this.handledTick = nowTick;
    const tick = Math.min(Math.max(wanted, this.handledTick + 1), this.handledTick + SLOT_COUNT - 1);
    if (item.dueTick === tick) return;
    item.dueTick = tick;
    const slot = this.slots[tick & SLOT_MASK] as Slot<T>;
    slot.items[slot.count++] = item;
    this.waiting++;
    if (tick < this.armedTick) this.arm(tick);
  }

  clear(item: T): void {
    item.dueTick = NOT_DUE;
  }

  private tickOf(ms: number): number {
    return Math.floor((ms - this.startMs) / SLOT_MS);
  }

  private arm(tick: number): void {
    if (this.timer !== null) this.scheduler.clearTimer(this.timer);
    this.armedTick = tick;
    const delayMs = this.startMs + tick * SLOT_MS - this.scheduler.nowMs();
    this.timer = this.scheduler.setTimer(Math.max(0, delayMs), this.fire);
  }

  private advance(): void {
    this.timer = null;
    this.armedTick = Number.POSITIVE_INFINITY;
    const nowTick = this.tickOf(this.scheduler.nowMs());
    const last = Math.min(nowTick, this.handledTick + SLOT_COUNT - 1);
    for (let tick = this.handledTick + 1; tick <= last; tick++) this.empty(tick);
    this.handledTick = Math.max(this.handledTick, nowTick);
    this.onTurned();
    this.rearm();
  }

  /** Whatever is set meanwhile goes to a later slot. */
  private empty(tick: number): void {
    this.handledTick = tick;
    const slot = this.slots[tick & SLOT_MASK] as Slot<T>;
    const { items, count } = slot;
    for (let i = 0; i < count; i++) {
      const item = items[i] as T;
      items[i] = undefined;
      if (item.dueTick !== tick) continue;
      item.dueTick = NOT_DUE;
      this.run(item);
    }
    this.waiting -= count;
    // Nothing was added to it: a slot comes again only after SLOT_COUNT ticks, and `set` stays below that.
    slot.count = 0;
  }

  private rearm(): void {
    if (this.waiting === 0) return;
    for (let tick = this.handledTick + 1; tick < this.handledTick + SLOT_COUNT; tick++) {
      if ((this.slots[tick & SLOT_MASK] as Slot<T>).count === 0) continue;
      if (tick < this.armedTick) this.arm(tick);
      return;
    }
  }
}
