/**
 * When what script wrote is published: by `game.flush` after each callback (the default), once per tick, or at once. And the end of a
 * turn of the event loop, at which what was published is handed on, once however many callbacks ran.
 *
 * What resumes after an `await` runs when its promise was settled, behind the callback that settled it. So whoever settles a promise for
 * script calls `touch`, and the turn's end, which comes behind all of them, publishes what they wrote. What resumes after a promise that
 * is not the engine's is published by the next flush, at the latest the tick's.
 */
import type { Scheduler } from "../engine/base/scheduler.js";
import type { AeonConfig } from "../engine/config/config.js";
import type { OpLog } from "../engine/property/op-log.js";
import { OP_NAMES, type OpSink } from "../engine/property/op-sink.js";

export type FlushPolicy = AeonConfig["game"]["flush"];

export class TurnFlusher {
  private readonly scheduler: Scheduler;
  private readonly logs: readonly OpLog[];
  private readonly policy: FlushPolicy;
  /** The turn ends: hands on what is published. */
  private readonly onTurnEnd: () => void;
  private isScheduled = false;

  constructor(scheduler: Scheduler, logs: readonly OpLog[], policy: FlushPolicy, onTurnEnd: () => void) {
    this.scheduler = scheduler;
    this.logs = logs;
    this.policy = policy;
    this.onTurnEnd = onTurnEnd;
  }

  /** Where script writes to `log`. */
  sinkOf(log: OpLog): OpSink {
    return this.policy === "change" ? eagerSink(log, () => this.publish()) : log;
  }

  /** The end of a script callback. */
  flush(): void {
    if (this.policy === "frame") return;
    this.publishAll();
    this.touch();
  }

  /** The end of a tick. */
  flushFrame(): void {
    this.publishAll();
    this.touch();
  }

  /** Something that script awaits was settled in this turn. */
  touch(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.scheduler.defer(() => {
      this.isScheduled = false;
      if (this.policy !== "frame") this.publishAll();
      this.onTurnEnd();
    });
  }

  /** Publishes whatever the policy says. */
  publishAll(): void {
    for (const log of this.logs) log.flush();
  }

  private publish(): void {
    this.publishAll();
    this.touch();
  }
}

/** A sink that publishes each op as it is written. */
function eagerSink(log: OpLog, publish: () => void): OpSink {
  const sink: Record<string, (...args: readonly unknown[]) => void> = {
    flush: (sequence) => void log.flush(sequence as number),
  };
  for (const name of OP_NAMES) {
    // A flush is not written by script.
    if (name === "flush") continue;
    const write = log[name].bind(log) as (...args: readonly unknown[]) => void;
    sink[name] = (...args) => {
      write(...args);
      publish();
    };
  }
  return sink as unknown as OpSink;
}
