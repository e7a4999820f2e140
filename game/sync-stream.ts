/**
 * One stream of a game: reads its op log into a sync core and sends what that makes on links of its own, which gates dial. It runs on a
 * worker thread (sync-worker.ts) or beside script under virtual time (inline-stream.ts), and is handed time, network and randomness.
 *
 * It sleeps when it has read everything, and is woken by the script thread at the end of a turn. Between two reads other events of its
 * thread get their turn. What it sends for a gate that has no link here is dropped: that gate has no clients of this game any more.
 */
import { AeonError, errorText } from "../engine/base/errors.js";
import type { Incarnation } from "../engine/base/ids.js";
import { callbackLog } from "../engine/base/log.js";
import { Metrics } from "../engine/base/metrics.js";
import type { Random } from "../engine/base/random.js";
import type { Scheduler } from "../engine/base/scheduler.js";
import type { Link, LinkHost } from "../engine/net/link.js";
import { createLinkHost } from "../engine/net/link-host.js";
import type { Transport } from "../engine/net/transport.js";
import { DefinitionTable } from "../engine/property/definition.js";
import { OpLogReader } from "../engine/property/op-log-reader.js";
import type { RingBuffer } from "../engine/property/op-log-ring.js";
import { GateToStream, StreamToGate } from "../engine/protocol/game-link.js";
import { dispatcher, type Message } from "../engine/protocol/message.js";
import { WakeFlag } from "../engine/worker/wake-flag.js";
import { openCore } from "./open-core.js";
import { openRecorder, type Recorder } from "./recorder.js";
import type { FromStream, StreamSetup, ToStream, ViewChangeMessage } from "./stream-messages.js";
import type { SyncCore, SyncOutput } from "./sync/sync-core.js";

/** The thread around a stream. */
export interface StreamEnv {
  readonly transport: Transport;
  readonly scheduler: Scheduler;
  readonly random: Random;
  post(message: FromStream): void;
  /** The op log's next ring, which the script thread has given. */
  nextRing(): RingBuffer | undefined;
  /** Ends the stream; nothing of it runs any more. */
  end(error: Error | null): void;
}

export class SyncStream {
  private readonly setup: StreamSetup;
  private readonly env: StreamEnv;
  private readonly metrics = new Metrics();
  private readonly host: LinkHost;
  private readonly links = new Map<Incarnation, Link>();
  private readonly reader: OpLogReader;
  private readonly wake: WakeFlag;
  private readonly core: SyncCore;
  private readonly recorder: Recorder | null;
  private viewChanges: ViewChangeMessage[] = [];
  private isStopped = false;

  constructor(setup: StreamSetup, env: StreamEnv) {
    this.setup = setup;
    this.env = env;
    const { config } = setup;
    const log = callbackLog((level, event, data) => env.post({ kind: "log", level, event, data: plain(data) }), {
      stream: setup.stream,
    });
    this.host = createLinkHost({
      ...env,
      log,
      metrics: this.metrics,
      clusterName: config.cluster.name,
      secret: setup.secret,
      self: { kind: "game", name: setup.name, incarnation: 0 },
      config: config.link,
    });
    this.reader = new OpLogReader(setup.ring, env.nextRing);
    this.wake = new WakeFlag(setup.wake);
    const definitions = DefinitionTable.fromJson(setup.definitions);
    this.core = openCore(config.game, definitions, this.makeOutput(), this.metrics, log);
    this.recorder = openRecorder({
      config: config.game,
      game: setup.name,
      stream: setup.stream,
      definitions: setup.definitions,
      scheduler: env.scheduler,
      log,
      metrics: this.metrics,
    });
  }

  /** Takes links from gates; says where. */
  async start(): Promise<void> {
    this.host.onLink = (link) => this.addLink(link);
    this.host.onSlept = (sleptMs) =>
      this.fail(new AeonError("PROCESS_REMOVED", `a stream did not run for ${Math.round(sleptMs)} ms`));
    const address = await this.host.listen({ host: this.setup.config.cluster.host, port: 0 });
    this.env.post({ kind: "listening", address });
    this.armMetrics();
  }

  handle(message: ToStream): void {
    if (this.isStopped) return;
    switch (message.kind) {
      case "self":
        return this.host.setSelf(message.self);
      case "refuse":
        return this.host.refuse(message.gate);
      case "wake":
        return this.read();
      case "drain":
        this.readAll();
        return this.env.post({ kind: "drained" });
      case "stop":
        return void this.stop();
    }
  }

  /** Reads what is there, then sleeps, or comes back behind other events when there is more by then. */
  private read(): void {
    if (this.isStopped) return;
    this.readOnce();
    this.wake.sleep();
    if (this.reader.hasMore && this.wake.rise()) this.env.scheduler.defer(() => this.read());
  }

  private readAll(): void {
    while (this.reader.hasMore) this.readOnce();
  }

  private readOnce(): void {
    try {
      this.reader.drain(this.recorder?.sinkFor(this.core) ?? this.core);
      if (this.reader.isAtFlush) {
        this.core.endDrain();
        this.recorder?.commit();
      }
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(errorText(error)));
    }
    this.postViewChanges();
  }

  private addLink(link: Link): void {
    const { peer } = link;
    if (peer?.kind !== "gate") return link.close("streams take links from gates only");
    this.links.get(peer.incarnation)?.close("a newer link of the same gate");
    this.links.set(peer.incarnation, link);
    link.onMessage = dispatcher(GateToStream, {
      clientCredit: ({ clients }) => {
        for (const one of clients) this.core.clientCredit(peer.incarnation, one);
      },
    });
    link.onState = (state) => {
      if (state === "down" && this.links.get(peer.incarnation) === link) this.links.delete(peer.incarnation);
    };
  }

  private makeOutput(): SyncOutput {
    return {
      clientFrames: (gate, payload) => this.send(gate, StreamToGate.clientFrames, { payload }),
      clientKick: (gate, handle, bindNumber, code, reason) =>
        this.send(gate, StreamToGate.clientKick, { handle, bindNumber, code, reason }),
      clientBind: (gate, handle, bindNumber, targetGame, entity) =>
        this.send(gate, StreamToGate.clientBind, { handle, bindNumber, targetGame, entity }),
      streamSwitch: (gate, handle, bindNumber, toStream) =>
        this.send(gate, StreamToGate.streamSwitch, { handle, bindNumber, toStream }),
      viewChange: (observer, subject, isEntered) => this.viewChanges.push({ observer, subject, isEntered }),
    };
  }

  private send<T>(gate: Incarnation, kind: Message<T>, value: T): void {
    const link = this.links.get(gate);
    if (link === undefined) this.metrics.counter("sync_messages_to_nobody_total").add();
    else link.send(kind, value);
  }

  private postViewChanges(): void {
    if (this.viewChanges.length === 0) return;
    this.env.post({ kind: "viewChanges", changes: this.viewChanges });
    this.viewChanges = [];
  }

  private armMetrics(): void {
    this.env.scheduler.setTimer(this.setup.config.game.loadReportIntervalMs, () => {
      if (this.isStopped) return;
      this.env.post({ kind: "metrics", values: this.metrics.snapshot() });
      this.armMetrics();
    });
  }

  /** What was given to links goes out before they close. */
  private async stop(): Promise<void> {
    this.readAll();
    this.isStopped = true;
    await Promise.all([this.host.close("stopped"), this.recorder?.close()]);
    this.env.end(null);
  }

  private fail(error: Error): void {
    this.isStopped = true;
    this.env.end(error);
  }
}

/** Log data that can cross threads. */
function plain(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(data).map(([key, value]) => [key, isPlain(value) ? value : errorText(value)]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function isPlain(value: unknown): boolean {
  return typeof value !== "function" && !(typeof value === "object" && value !== null);
}
