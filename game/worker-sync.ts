/**
 * The sync cores on workers: script writes ops into one shared ring per worker, and wakes a worker that sleeps, at most once per turn of
 * the event loop. The script thread neither encodes nor sends. A worker that ends by itself ends the game (WORKER_FAILED).
 */
import { AeonError, assert, isErrorCode } from "../engine/base/errors.js";
import type { Incarnation } from "../engine/base/ids.js";
import type { Counter } from "../engine/base/metrics.js";
import type { ProcessEnv } from "../engine/cluster/process-env.js";
import { OpRouter } from "../engine/entity/op-router.js";
import { STREAM_FIRST } from "../engine/entity/stream-move.js";
import type { PeerIdentity } from "../engine/net/link.js";
import type { DefinitionTable } from "../engine/property/definition.js";
import { OpLog } from "../engine/property/op-log.js";
import { ALL_SCOPES } from "../engine/property/scopes.js";
import { WakeFlag } from "../engine/worker/wake-flag.js";
import { watchLog } from "./op-log-watch.js";
import type { FromStream, OpenStream, StreamPort } from "./stream-messages.js";
import type { StreamPlace, SyncDriver, ViewListener } from "./sync-driver.js";
import { TurnFlusher } from "./turn-flusher.js";

/** One worker and its op log. */
class Outlet {
  readonly log: OpLog;
  readonly port: StreamPort;
  readonly wake: WakeFlag;
  /** Of the last flush that the worker was told of. */
  toldSequence = 0;
  metrics: Readonly<Record<string, number>> = {};
  place: StreamPlace | null = null;
  onListening: (() => void) | null = null;
  onDrained: (() => void) | null = null;
  onEnded: (() => void) | null = null;
  hasEnded = false;

  constructor(log: OpLog, wake: WakeFlag, port: StreamPort) {
    this.log = log;
    this.wake = wake;
    this.port = port;
    log.onRing = (ring) => port.giveRing(ring);
  }
}

export class WorkerSync implements SyncDriver {
  readonly ops: OpRouter;
  onViewChange: ViewListener | null = null;
  private readonly env: ProcessEnv;
  private readonly outlets: readonly Outlet[];
  private readonly flusher: TurnFlusher;
  private readonly wakes: Counter;
  private isStopping = false;

  /** Opens `game.workers` streams. */
  constructor(env: ProcessEnv, definitions: DefinitionTable, openStream: OpenStream) {
    this.env = env;
    this.wakes = env.metrics.counter("op_log_wakes_total");
    const json = definitions.toJson(ALL_SCOPES);
    const streams = Array.from({ length: env.config.game.workers }, (_, i) => i + STREAM_FIRST);
    this.outlets = streams.map((stream) => this.open(stream, json, openStream));
    const logs = this.outlets.map(({ log }) => log);
    watchLog(env, logs);
    this.flusher = new TurnFlusher(env.scheduler, logs, env.config.game.flush, () => this.wakeReaders());
    this.ops = new OpRouter(logs.map((log) => this.flusher.sinkOf(log)));
  }

  get streams(): readonly StreamPlace[] {
    return this.outlets.map(({ place }) => {
      assert(place !== null, "a stream is offered when it listens");
      return place;
    });
  }

  async start(): Promise<void> {
    await Promise.all(
      this.outlets.map(
        (outlet) =>
          new Promise<void>((resolve) => {
            outlet.onListening = resolve;
            if (outlet.place !== null) resolve();
          }),
      ),
    );
  }

  setSelf(self: PeerIdentity): void {
    for (const { port } of this.outlets) port.post({ kind: "self", self });
  }
  refuse(gate: Incarnation): void {
    for (const { port } of this.outlets) port.post({ kind: "refuse", gate });
  }
  /** It comes on the streams. */
  handleClientCredit(): void {}
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
    await Promise.all(this.outlets.map((outlet) => this.drainOne(outlet)));
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.outlets.map((outlet) => this.stopOne(outlet)));
  }

  private open(stream: number, definitions: string, openStream: OpenStream): Outlet {
    const { config, secret, name } = this.env;
    const { opLogBytes, opLogBytesMax } = config.game;
    const log = new OpLog({ bytes: opLogBytes, bytesMax: opLogBytesMax, shared: true });
    const wake = WakeFlag.make();
    const port = openStream({ stream, name, config, secret, definitions, ring: log.buffer, wake: wake.buffer });
    const outlet = new Outlet(log, wake, port);
    port.onMessage = (message) => this.handleMessage(outlet, stream, message);
    port.onEnd = (error) => this.handleEnd(outlet, stream, error);
    return outlet;
  }

  private wakeReaders(): void {
    for (const outlet of this.outlets) {
      if (outlet.toldSequence === outlet.log.sequence) continue;
      outlet.toldSequence = outlet.log.sequence;
      if (!outlet.wake.mustWake()) continue;
      this.wakes.add();
      outlet.port.post({ kind: "wake" });
    }
  }

  private drainOne(outlet: Outlet): Promise<void> {
    return new Promise((resolve) => {
      outlet.onDrained = resolve;
      if (outlet.hasEnded) resolve();
      else outlet.port.post({ kind: "drain" });
    });
  }

  private stopOne(outlet: Outlet): Promise<void> {
    return new Promise((resolve) => {
      outlet.onEnded = resolve;
      if (outlet.hasEnded) resolve();
      else outlet.port.post({ kind: "stop" });
    });
  }

  private handleMessage(outlet: Outlet, stream: number, message: FromStream): void {
    switch (message.kind) {
      case "listening":
        outlet.place = { stream, ...message.address };
        return outlet.onListening?.();
      case "drained":
        return outlet.onDrained?.();
      case "viewChanges":
        for (const { observer, subject, isEntered } of message.changes) {
          this.onViewChange?.(observer, subject, isEntered);
        }
        return;
      case "log":
        return this.env.log[message.level](message.event, message.data);
      case "metrics":
        return this.takeMetrics(outlet, message.values);
    }
  }

  /** Under the names that a sync core on this thread would have, summed over the workers. */
  private takeMetrics(outlet: Outlet, values: Readonly<Record<string, number>>): void {
    for (const name of Object.keys(values)) {
      if (name in outlet.metrics || name.startsWith("link_")) continue;
      this.env.metrics.gauge(name, () => this.outlets.reduce((sum, { metrics }) => sum + (metrics[name] ?? 0), 0));
    }
    outlet.metrics = values;
  }

  private handleEnd(outlet: Outlet, stream: number, error: Error | null): void {
    outlet.hasEnded = true;
    outlet.onDrained?.();
    outlet.onEnded?.();
    if (error === null && this.isStopping) return;
    this.env.exit(1, endOf(stream, error ?? new Error("it was not told to")));
  }
}

/** An error of the engine's keeps its code across threads in its text only. */
function endOf(stream: number, cause: Error): Error {
  const isOurs = isErrorCode(cause.message.split(":", 1)[0] ?? "");
  return isOurs ? cause : new AeonError("WORKER_FAILED", `stream ${stream}: ${cause.message}`, { cause });
}
