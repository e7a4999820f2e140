/**
 * Virtual time for simulations: one queue of events for a whole cluster, each process with a Scheduler of its own that can be paused
 * (SIGSTOP), resumed and killed. Same events, same order: a run depends on nothing but its input and its seeds.
 *
 * Between two events every promise that can settle does: each event runs in a microtask that a tick queued, and Node empties the
 * microtask queue before the next tick. (A tick made by a tick would run before the microtasks.) Real I/O must not be awaited inside a
 * simulation. Runs on the test's own thread; Node only.
 */
import { EventHeap, type VirtualEvent } from "./event-heap.js";
import type { Scheduler, TimerHandle } from "./scheduler.js";

/** 2026-01-01T00:00:00Z */
const WALL_START_MS = 1_767_225_600_000;
/** After so many events the real event loop gets a turn, for the test runner's own timers. */
const EVENTS_PER_REAL_TURN = 20_000;
/** Its reactions are the cheapest microtasks: queueMicrotask makes a resource for each. */
const SETTLED = Promise.resolve();

export class VirtualScheduler implements Scheduler {
  /** Events run so far. */
  eventCount = 0;
  private readonly heap = new EventHeap();
  private deferred: VirtualEvent[] = [];
  private deferredHead = 0;
  private currentMs = 0;
  private order = 0;
  private running = false;

  /** A scheduler for one process of the simulation. */
  process(name: string): VirtualProcess {
    return new VirtualProcess(name, this);
  }

  nowMs(): number {
    return this.currentMs;
  }

  wallMs(): number {
    return WALL_START_MS + Math.floor(this.currentMs);
  }

  setTimer(delayMs: number, run: () => void): TimerHandle {
    return this.add(delayMs, null, run);
  }

  clearTimer(handle: TimerHandle): void {
    (handle as VirtualEvent).run = null;
  }

  defer(run: () => void): void {
    this.addDeferred(null, run);
  }

  /** Runs everything that is due up to and including `untilMs` (absolute), and leaves the clock there. Rejects with what an event throws. */
  async run(untilMs: number): Promise<void> {
    await this.drive(untilMs, () => false);
  }

  /** Runs until `condition` holds (asked after each event; true) or the clock reaches `untilMs` (absolute; false). */
  runUntil(condition: () => boolean, untilMs: number): Promise<boolean> {
    return this.drive(untilMs, condition);
  }

  /** @internal For VirtualProcess. `owner` null: the simulation itself. */
  add(delayMs: number, owner: VirtualProcess | null, run: () => void): VirtualEvent {
    const event = { atMs: this.currentMs + Math.max(0, delayMs), order: this.order++, owner, run };
    this.heap.push(event);
    return event;
  }

  /** @internal For VirtualProcess. */
  addDeferred(owner: VirtualProcess | null, run: () => void): void {
    this.deferred.push({ atMs: this.currentMs, order: 0, owner, run });
  }

  /** @internal For VirtualProcess: an event that waited while its process was paused. */
  addHeld(event: VirtualEvent): void {
    event.atMs = this.currentMs;
    event.order = this.order++;
    this.heap.push(event);
  }

  private drive(untilMs: number, condition: () => boolean): Promise<boolean> {
    if (this.running) throw new Error("this VirtualScheduler is already running");
    this.running = true;
    return new Promise<boolean>((resolve, reject) => {
      const step = () => {
        try {
          const result = this.step(untilMs, condition);
          if (result !== undefined) return resolve(result);
        } catch (error) {
          return reject(error);
        }
        if (this.eventCount % EVENTS_PER_REAL_TURN === 0) setImmediate(step);
        else process.nextTick(hop);
      };
      const hop = () => void SETTLED.then(step);
      process.nextTick(hop);
    }).finally(() => {
      this.running = false;
    });
  }

  /** One event. Undefined: go on. */
  private step(untilMs: number, condition: () => boolean): boolean | undefined {
    if (condition()) return true;
    const event = this.takeDeferred() ?? this.heap.takeUntil(untilMs);
    if (event === null) {
      this.currentMs = Math.max(this.currentMs, untilMs);
      return false;
    }
    this.currentMs = Math.max(this.currentMs, event.atMs);
    this.eventCount++;
    runEvent(event);
    return undefined;
  }

  private takeDeferred(): VirtualEvent | null {
    const event = this.deferred[this.deferredHead];
    if (event === undefined) return null;
    this.deferredHead++;
    if (this.deferredHead === this.deferred.length) {
      this.deferred = [];
      this.deferredHead = 0;
    }
    return event;
  }
}

function runEvent(event: VirtualEvent): void {
  const { run } = event;
  if (run === null) return;
  const owner = event.owner as VirtualProcess | null;
  if (owner !== null && !owner.mayRun(event)) return;
  event.run = null;
  run();
}

/** The Scheduler of one simulated process. */
export class VirtualProcess implements Scheduler {
  readonly name: string;
  private readonly world: VirtualScheduler;
  private held: VirtualEvent[] = [];
  private isPaused = false;
  private isKilled = false;

  constructor(name: string, world: VirtualScheduler) {
    this.name = name;
    this.world = world;
  }

  get paused(): boolean {
    return this.isPaused;
  }

  get killed(): boolean {
    return this.isKilled;
  }

  /** Time goes on while a process is paused, as it does for a stopped process of the system. */
  nowMs(): number {
    return this.world.nowMs();
  }

  wallMs(): number {
    return this.world.wallMs();
  }

  setTimer(delayMs: number, run: () => void): TimerHandle {
    return this.world.add(delayMs, this, run);
  }

  clearTimer(handle: TimerHandle): void {
    this.world.clearTimer(handle);
  }

  defer(run: () => void): void {
    if (!this.isKilled) this.world.addDeferred(this, run);
  }

  /** SIGSTOP: from here on its events wait. */
  pause(): void {
    this.isPaused = true;
  }

  /** SIGCONT: what came due meanwhile runs now, in the order in which it came due. */
  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    const held = this.held;
    this.held = [];
    for (const event of held) this.world.addHeld(event);
  }

  /** SIGKILL: none of its events ever runs again. */
  kill(): void {
    this.isKilled = true;
    this.held = [];
  }

  /** @internal For VirtualScheduler. */
  mayRun(event: VirtualEvent): boolean {
    if (this.isKilled) return false;
    if (this.isPaused) this.held.push(event);
    return !this.isPaused;
  }
}
