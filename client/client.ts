/**
 * The client SDK: a session with the cluster, a mirror of what it may see, calls, and the server's clock. It reconnects by itself.
 * Time, randomness and transport are handed in, so the same class runs in a page, in Node, as a bot and in the simulation.
 * One thread; every event is emitted on the turn in which its packet arrived.
 */
import { ByteWriter } from "../engine/base/bytes.js";
import { AeonError, type ErrorCode, errorDetail, errorText } from "../engine/base/errors.js";
import type { EntityId } from "../engine/base/ids.js";
import { type Log, silentLog } from "../engine/base/log.js";
import type { Random } from "../engine/base/random.js";
import type { Scheduler, TimerHandle } from "../engine/base/scheduler.js";
import { writeArguments } from "../engine/property/call-codec.js";
import type { MethodDefinition } from "../engine/property/definition.js";
import type { ViewCheck } from "../engine/property/op-sink.js";
import { UpstreamBody } from "../engine/protocol/client-link.js";
import { encodeMessage } from "../engine/protocol/message.js";
import type { ClientEntity } from "./client-entity.js";
import type { ClientEvents, ClientSpace } from "./client-events.js";
import { DefinitionCache } from "./definition-cache.js";
import { Emitter } from "./events.js";
import { GateList } from "./gate-list.js";
import type { QueryGates } from "./gate-query.js";
import type { Inflate } from "./inflate.js";
import { Mirror } from "./mirror.js";
import { PendingCalls } from "./pending-calls.js";
import type { Position } from "./position-history.js";
import { type ClientRpcIndex, indexHashOf } from "./rpc-index.js";
import { ServerClock } from "./server-clock.js";
import { type ClientState, type ClientTransport, Session, type SessionStats } from "./session.js";

export interface ClientOptions {
  readonly transport: ClientTransport;
  /** Addresses such as "ws://127.0.0.1:7711", at least one; dialled in this order. Those a gate tells of are added. */
  readonly gates: readonly string[];
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly log?: Log;
  /** rpc-index.json as this client was built with; a server that disagrees about an entry of it is refused. */
  readonly rpcIndex?: ClientRpcIndex;
  /** How long a call waits unless the method or `within` says otherwise; 10,000 ms. */
  readonly callTimeoutMs?: number;
  /** How long `connect` tries; 10,000 ms. */
  readonly connectTimeoutMs?: number;
  /** Asked at each `connect` which gate to take, such as `gateQuery`; absent: the first of `gates`. */
  readonly query?: QueryGates;
  /** Reads compressed packets: `inflateBounded`, or Node's. Absent: the gate is asked not to compress. */
  readonly inflate?: Inflate;
  /** Shared by many clients of one process, so that definitions are fetched and parsed once. */
  readonly definitions?: DefinitionCache;
}

export interface ClientStats extends Readonly<SessionStats> {
  /** Bodies applied by the mirror. */
  readonly bodiesIn: number;
  /** Replies that came after their call had ended. */
  readonly lateReplies: number;
}

const CALL_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;
const MOVE_BYTES_MAX = 32;
const MOVE_NUMBER_MAX = 0xffff_ffff;

interface Connecting {
  readonly timer: TimerHandle;
  readonly resolve: () => void;
  readonly reject: (error: AeonError) => void;
}

export class Client {
  private readonly options: ClientOptions;
  private readonly log: Log;
  private readonly events: Emitter<ClientEvents>;
  private readonly gates: GateList;
  private readonly clock = new ServerClock();
  private readonly calls: PendingCalls;
  private readonly session: Session;
  private readonly writer = new ByteWriter(1024);
  private readonly mirror: Mirror;
  private readonly definitions: DefinitionCache;
  private connecting: Connecting | null = null;
  private sessionNumber = 0;
  /** A new session was welcomed and its own entity has not come. */
  private awaitsOwn = false;
  private moveNumber = 0;

  constructor(options: ClientOptions) {
    if (options.gates.length === 0) throw new AeonError("CLIENT_DISCONNECTED", "no gate is named");
    this.options = options;
    this.log = options.log ?? silentLog;
    this.definitions = options.definitions ?? new DefinitionCache();
    this.events = new Emitter((event, error) => this.onHandlerThrow(event, error));
    this.gates = new GateList(options.gates, options.random);
    this.calls = new PendingCalls(options.scheduler);
    this.mirror = this.makeMirror();
    this.session = this.makeSession();
  }

  get state(): ClientState {
    return this.session.state;
  }

  /** The entity this client is bound to; null before a session and between two. */
  get own(): ClientEntity | null {
    return this.mirror.own;
  }

  get space(): ClientSpace | null {
    return this.mirror.space;
  }

  /** Its own entity and those in view. */
  get entities(): ReadonlyMap<EntityId, ClientEntity> {
    return this.mirror.entities;
  }

  /** Smoothed round trip to the gate; 0 until it was measured. */
  get rttMs(): number {
    return this.clock.rttMs;
  }

  /** The server's time, ms since 1970; never runs backwards. */
  serverTimeMs(): number {
    return this.clock.serverMs(this.options.scheduler.nowMs());
  }

  /** How far `serverTimeMs` may be off at most; Infinity until something was heard. */
  get serverTimeErrorMs(): number {
    return this.clock.errorMs(this.options.scheduler.nowMs());
  }

  get stats(): ClientStats {
    return { ...this.session.stats, bodiesIn: this.mirror.bodyCount, lateReplies: this.calls.lateCount };
  }

  /** The gate in use, or the one that is dialled. */
  get gateUrl(): string {
    return this.gates.current;
  }

  /**
   * Resolves when the own entity is there. Rejects with why it did not come about within `connectTimeoutMs`, or at once when
   * the gate refuses this client for good; then the client is closed and `connect` may be called again.
   */
  connect(): Promise<void> {
    if (this.connecting !== null || this.state === "online" || this.state === "reconnecting") {
      return Promise.reject(new AeonError("CLIENT_ID_IN_USE", "this client is connected or connecting"));
    }
    return new Promise((resolve, reject) => {
      const timer = this.options.scheduler.setTimer(this.options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, () => {
        const error = this.session.lastError ?? new AeonError("CLIENT_DISCONNECTED", "no session in time");
        this.session.close(error.code, errorDetail(error));
      });
      this.connecting = { timer, resolve, reject };
      this.session.open();
    });
  }

  /** Leaves; the server ends the session at once. */
  close(): void {
    this.session.close();
  }

  /** Returns the function that takes the handler off again. */
  on<K extends keyof ClientEvents>(event: K, handler: ClientEvents[K]): () => void {
    return this.events.on(event, handler);
  }

  /**
   * The own entity is here now (units; yaw in radians). The caller sends at most some 20 a second. Returns the move's number, as `correct`
   * names it; 0 when it was not sent, because there is no connection: positions do not queue up.
   */
  move(at: Readonly<Position>): number {
    const { own } = this.mirror;
    if (this.state !== "online" || own === null) return 0;
    this.moveNumber = this.moveNumber >= MOVE_NUMBER_MAX ? 1 : this.moveNumber + 1;
    const { x, y, z, yaw } = at;
    const writer = new ByteWriter(MOVE_BYTES_MAX);
    const { placement } = this.mirror;
    encodeMessage(writer, UpstreamBody.entityMove, { moveNumber: this.moveNumber, placement, x, y, z, yaw });
    if (!this.session.send(writer.written())) return 0;
    own.setPosition(this.serverTimeMs(), x, y, z, yaw);
    return this.moveNumber;
  }

  /**
   * Has the server say whether the copy of this entity is right, as it does by itself now and then. What is not is reported by `divergence`,
   * logged at the server, and sent again. False: it cannot be asked now.
   */
  check(entity: ClientEntity): boolean {
    return this.state === "online" && this.mirror.check(entity);
  }

  /** Calls `handler` for each position that arrives; measuring only. @internal */
  onMoved(handler: (entity: ClientEntity) => void): void {
    this.mirror.onMoved = handler;
  }

  private makeSession(): Session {
    const { transport, scheduler, random, rpcIndex, inflate, query } = this.options;
    const indexHash = rpcIndex === undefined ? "" : indexHashOf(rpcIndex);
    return new Session(
      {
        transport,
        gates: this.gates,
        scheduler,
        random,
        clock: this.clock,
        indexHash,
        ...(inflate === undefined ? {} : { inflate }),
        ...(query === undefined ? {} : { query }),
      },
      {
        onState: (state) => this.events.emit("state", state),
        onRtt: (rttMs) => this.events.emit("rtt", rttMs),
        onNewSession: () => this.onNewSession(),
        onResumed: () => this.events.emit("session", { resumed: true, number: this.sessionNumber }),
        onBodies: (bodies, sequence) => this.mirror.readBodies(bodies, sequence),
        onLooseBodies: (bodies, after) => this.mirror.readLooseBodies(bodies, after),
        onClosed: (code, reason) => this.onClosed(code, reason),
        definitionsHash: () => this.mirror.definitions?.hash ?? "",
      },
    );
  }

  private makeMirror(): Mirror {
    const { scheduler, callTimeoutMs = CALL_TIMEOUT_MS, rpcIndex } = this.options;
    return new Mirror({
      events: this.events,
      entityDoor: {
        callTimeoutMs,
        call: (entity, method, args, timeoutMs) => this.call(entity, method, args, timeoutMs),
        send: (entity, method, args) => this.sendCall(entity, method, args, 0),
        onHandlerThrow: (where, error) => this.onHandlerThrow(where, error),
      },
      readDefinitions: (hash, json) => this.definitions.read(hash, json, rpcIndex),
      ask: (check) => this.ask(check),
      onReply: (callId, code, payload) => this.calls.settle(callId, code, payload),
      onServerTime: (serverMs) => this.clock.observeSent(serverMs, scheduler.nowMs()),
      serverMs: () => this.serverTimeMs(),
      onOwn: () => this.onOwn(),
    });
  }

  private onNewSession(): void {
    this.sessionNumber++;
    this.moveNumber = 0;
    this.awaitsOwn = true;
    this.calls.failAll(new AeonError("CLIENT_DISCONNECTED", "the session ended before the reply"));
    this.mirror.reset();
  }

  private onOwn(): void {
    if (!this.awaitsOwn || this.mirror.own === null) return;
    this.awaitsOwn = false;
    this.events.emit("session", { resumed: false, number: this.sessionNumber });
    this.endConnecting()?.resolve();
  }

  private onClosed(code: ErrorCode, reason: string): void {
    const error = new AeonError(code, reason);
    this.awaitsOwn = false;
    this.calls.failAll(code === "CLIENT_CLOSED" ? new AeonError("CLIENT_DISCONNECTED", "closed") : error);
    this.mirror.reset();
    this.log.info("client closed", { code, reason });
    const connecting = this.endConnecting();
    this.events.emit("close", { code, reason });
    connecting?.reject(error);
  }

  private endConnecting(): Connecting | null {
    const { connecting } = this;
    this.connecting = null;
    if (connecting !== null) this.options.scheduler.clearTimer(connecting.timer);
    return connecting;
  }

  private call(
    entity: ClientEntity,
    method: MethodDefinition,
    args: readonly unknown[],
    timeoutMs: number,
  ): Promise<unknown> {
    try {
      const { callId, result } = this.calls.start(method, timeoutMs);
      try {
        this.sendCall(entity, method, args, callId);
      } catch (error) {
        this.calls.fail(callId, error as AeonError);
      }
      return result;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  private sendCall(entity: ClientEntity, method: MethodDefinition, args: readonly unknown[], callId: number): void {
    const name = `${entity.typeName}.${method.name}`;
    if (entity.gone) throw new AeonError("RPC_ENTITY_GONE", name);
    if (!entity.isOwn && method.access !== "exposedToView") throw new AeonError("RPC_NOT_EXPOSED", name);
    const writer = this.writer.reset();
    writeArguments(writer, entity.type, method, args);
    const { target, generation } = entity;
    const message = new ByteWriter(writer.length + MOVE_BYTES_MAX);
    encodeMessage(message, UpstreamBody.entityCall, {
      target,
      generation,
      method: method.id,
      callId,
      arguments: writer.written(),
    });
    if (message.length > UpstreamBody.entityCall.bytesMax)
      throw new AeonError(
        "RPC_ARGUMENT",
        `${name}: ${message.length} bytes, at most ${UpstreamBody.entityCall.bytesMax}`,
      );
    if (!this.session.send(message.written())) throw new AeonError("RPC_QUEUE_FULL", "too much is unconfirmed");
  }

  private ask(check: ViewCheck): boolean {
    const writer = new ByteWriter(MOVE_BYTES_MAX);
    encodeMessage(writer, UpstreamBody.viewCheck, { ...check, parts: [...check.parts] });
    return this.session.send(writer.written());
  }

  private onHandlerThrow(where: string, error: unknown): void {
    this.log.error("a client handler threw", { where, error: errorText(error) });
    if (where !== "error") this.events.emit("error", error instanceof Error ? error : new Error(String(error)));
  }
}
