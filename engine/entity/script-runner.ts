/**
 * Runs script: handlers, hooks and timers go through the entity's inbox, and what they throw is contained here. A throw fails that call
 * and the entity lives; too many in a window put it into quarantine, where it runs nothing more.
 */
import { AeonError, type ErrorCode, errorText } from "../base/errors.js";
import type { EntityId } from "../base/ids.js";
import type { MethodDefinition } from "../property/definition.js";
import { isPromise } from "./inbox.js";
import type { EntityPorts, EntityTimer } from "./runtime.js";
import type { ServerEntity } from "./server-entity.js";

export type Settle = (error: unknown, value: unknown) => void;
type Script = (...args: readonly unknown[]) => unknown;

export interface HookOptions {
  /** Runs also while a handler awaits. */
  readonly reentrant?: boolean;
  /** Not refused by a full mailbox. Hooks are, timers and moves are not. */
  readonly vital?: boolean;
}

/** An AeonError that a hook lets through counts as a throw when it says that the script is wrong; not when a call or a save failed. */
const MISUSE: ReadonlySet<ErrorCode> = new Set([
  "RPC_UNKNOWN",
  "RPC_ARGUMENT",
  "STUB_UNKNOWN",
  "ENTITY_TYPE_UNKNOWN",
  "PROPERTY_VALUE",
  "PROPERTY_ATTACHED",
  "VALUE_RANGE",
  "OP_LOG_FULL",
  "INTERNAL",
]);
/** Said by the inbox itself: nothing ran. */
const NOT_RUN: ReadonlySet<ErrorCode> = new Set(["RPC_QUEUE_FULL", "ENTITY_DESTROYED", "ENTITY_QUARANTINED"]);

export class ScriptRunner {
  private readonly ports: EntityPorts;
  private nextTimerId = 1;

  constructor(ports: EntityPorts) {
    this.ports = ports;
  }

  /** A call's handler. An AeonError that it throws is an answer and not counted against the entity. */
  run(
    entity: ServerEntity,
    method: MethodDefinition,
    args: readonly unknown[],
    caller: EntityId,
    settle: Settle,
  ): void {
    entity.$.inbox.enqueue({
      reentrant: method.reentrant,
      run: () => {
        const before = entity.$.caller;
        entity.$.caller = caller;
        try {
          return scriptOf(entity, method.name).apply(entity, args as unknown[]);
        } finally {
          entity.$.caller = before;
        }
      },
      settle: (error, value) => {
        if (error !== undefined && !(error instanceof AeonError)) this.contain(entity, method.name, error);
        settle(error, value);
      },
    });
  }

  /** A hook or a timer, in its turn. */
  runHook(entity: ServerEntity, name: string, hook: () => unknown, options: HookOptions = {}): void {
    const { reentrant = false, vital = true } = options;
    entity.$.inbox.enqueue({
      reentrant,
      vital,
      run: hook,
      settle: (error) => {
        if (error !== undefined) this.handleHookError(entity, name, error);
      },
    });
  }

  /** A hook that does not wait for its turn. What it throws, now or later, is contained. */
  runNow(entity: ServerEntity, name: string, hook: () => unknown): void {
    if (entity.$.life === "quarantined") return;
    try {
      const result = hook();
      if (isPromise(result)) result.then(undefined, (error) => this.handleHookError(entity, name, error));
    } catch (error) {
      this.handleHookError(entity, name, error);
    }
  }

  runTick(entity: ServerEntity, dtMs: number): void {
    if (entity.$.life === "active") this.runNow(entity, "onTick", () => entity.onTick?.(dtMs));
  }

  setTimer(entity: ServerEntity, timer: EntityTimer, delayMs: number): number {
    const timerId = this.nextTimerId++;
    if (entity.destroyed) return timerId;
    entity.$.timers.set(timerId, timer);
    this.armTimer(entity, timerId, timer, delayMs);
    return timerId;
  }

  clearTimer(entity: ServerEntity, timerId: number): void {
    const timer = entity.$.timers.get(timerId);
    if (timer === undefined) return;
    entity.$.timers.delete(timerId);
    if (timer.wheelTimer !== null) this.ports.timers.clear(timer.wheelTimer);
  }

  private armTimer(entity: ServerEntity, timerId: number, timer: EntityTimer, delayMs: number): void {
    timer.wheelTimer = this.ports.timers.set(delayMs, () => {
      if (timer.intervalMs > 0) this.armTimer(entity, timerId, timer, timer.intervalMs);
      else entity.$.timers.delete(timerId);
      const script = () => scriptOf(entity, timer.method).apply(entity, timer.data as unknown[]);
      this.runHook(entity, timer.method, script, { vital: false });
    });
  }

  private handleHookError(entity: ServerEntity, where: string, error: unknown): void {
    if (!(error instanceof AeonError) || MISUSE.has(error.code)) return this.contain(entity, where, error);
    if (NOT_RUN.has(error.code)) this.ports.metrics.counter("entity_hooks_refused_total").add();
    else entity.log.warn("a hook failed", { where, error: errorText(error) });
  }

  private contain(entity: ServerEntity, where: string, error: unknown): void {
    const state = entity.$;
    this.ports.metrics.counter("entity_throws_total").add();
    entity.log.error("script threw", { where, error: error instanceof Error ? error.stack : errorText(error) });
    if (state.life === "destroyed" || state.life === "quarantined") return;
    const now = this.ports.scheduler.nowMs();
    const { quarantineThrows, quarantineWindowMs } = this.ports.config;
    state.throwsMs.push(now);
    while ((state.throwsMs[0] ?? now) < now - quarantineWindowMs) state.throwsMs.shift();
    if (state.throwsMs.length < quarantineThrows || state.life !== "active") return;
    state.life = "quarantined";
    this.ports.metrics.counter("entity_quarantines_total").add();
    entity.log.error("entity is in quarantine", { throws: state.throwsMs.length, windowMs: quarantineWindowMs });
    state.inbox.close(() => new AeonError("ENTITY_QUARANTINED", `${entity.typeName} ${entity.id}`));
  }
}

function scriptOf(entity: ServerEntity, name: string): Script {
  const script = (entity as unknown as Record<string, unknown>)[name];
  if (typeof script !== "function") throw new AeonError("RPC_UNKNOWN", `${entity.typeName}.${name}`);
  return script as Script;
}
