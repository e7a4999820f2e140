/**
 * The life of sessions: opened at a game, cut, resumed, pointed at another game, ended; and what games and clients are told about it.
 *
 *   open ──► online ⇄ interrupted ──► ended        clientConnected · clientInterrupted · clientResumed · clientLost
 *
 * The invariant: a linked game that was told clientConnected or clientBound is told clientLost once, unless the client moves to
 * another game by a bind, which ends the old game's part without a word (it asked for it).
 */
import { AeonError } from "../engine/base/errors.js";
import type { Log } from "../engine/base/log.js";
import type { Metrics } from "../engine/base/metrics.js";
import type { Scheduler } from "../engine/base/scheduler.js";
import type { AeonConfig } from "../engine/config/config.js";
import type { AddressBudget } from "../engine/net/address-budget.js";
import { hostOf } from "../engine/net/network-address.js";
import { PacketPool } from "../engine/net/packet-buffer.js";
import type { Connection } from "../engine/net/transport.js";
import type { ClientFramesReader } from "../engine/protocol/client-frames.js";
import { GateToClient } from "../engine/protocol/client-link.js";
import { GateToGame } from "../engine/protocol/game-link.js";
import { REASON_BYTES_MAX } from "../engine/protocol/limits.js";
import { ClientLimits } from "./client-limits.js";
import { ClientSession, type SessionIdentity, sendToConnection } from "./client-session.js";
import type { ClientTable } from "./client-table.js";
import { CreditLedger } from "./credit-ledger.js";
import type { EarlyMessage } from "./early-messages.js";
import { type Game, MAIN_LINK } from "./game-table.js";
import { countClose, type GateCounters } from "./gate-metrics.js";

/** With these a client may well come back. */
const RETRY_CODES: ReadonlySet<string> = new Set([
  "CLIENT_NOT_OPEN",
  "CLIENT_GATE_FULL",
  "CLIENT_ADDRESS_FULL",
  "CLIENT_GAME_GONE",
  "CLIENT_ID_IN_USE",
  "CLIENT_SILENT",
  "CLIENT_SLOW",
  "CLIENT_SHUTDOWN",
]);
/** Bytes of one UTF-16 unit in UTF-8, at most. */
const UTF8_BYTES_MAX = 3;

export interface SessionLifeOptions {
  /** `game.clientWindowBytes`. */
  readonly windowBytes: number;
  readonly scheduler: Scheduler;
  readonly config: AeonConfig["gate"];
  readonly table: ClientTable;
  readonly counters: GateCounters;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Of addresses. */
  readonly budget: AddressBudget;
}

function takeEarly({ early, bindNumber, gameStream }: ClientSession): EarlyMessage | undefined {
  return early.take(bindNumber, gameStream ?? MAIN_LINK);
}

export class SessionLife {
  private readonly scheduler: Scheduler;
  private readonly config: AeonConfig["gate"];
  private readonly table: ClientTable;
  private readonly counters: GateCounters;
  private readonly metrics: Metrics;
  private readonly log: Log;
  private readonly budget: AddressBudget;
  /** All sessions' packets. */
  private readonly packets = new PacketPool();
  private readonly ledger: CreditLedger;
  private readonly windowBytes: number;
  private dirty: ClientSession[] = [];
  /** Closed by us and not yet gone: what was sent to them is on its way. */
  private readonly closing = new Set<Connection>();
  private onDrained: (() => void) | null = null;

  constructor(options: SessionLifeOptions) {
    this.scheduler = options.scheduler;
    this.ledger = new CreditLedger(options.scheduler);
    this.windowBytes = options.windowBytes;
    this.config = options.config;
    this.table = options.table;
    this.counters = options.counters;
    this.metrics = options.metrics;
    this.log = options.log;
    this.budget = options.budget;
  }

  /** A new session, assigned to `game`. Throws CLIENT_ADDRESS_FULL. */
  open(
    identity: Omit<SessionIdentity, "host">,
    game: Game,
    connection: Connection,
    connectionNumber: number,
  ): ClientSession {
    const nowMs = this.scheduler.nowMs();
    const limits = new ClientLimits(this.config, nowMs);
    const host = hostOf(connection.remote);
    const full = this.budget.openSession(host, nowMs);
    if (full !== null) throw new AeonError("CLIENT_ADDRESS_FULL", `by ${full}`);
    const session = new ClientSession(
      { ...identity, host },
      game,
      limits,
      this.packets,
      this.config.queueBytesMax,
      this.windowBytes,
    );
    session.openedMs = nowMs;
    session.attach(connection, connectionNumber, nowMs);
    this.table.add(session);
    game.sessions.add(session);
    game.assignedSinceReport++;
    this.counters.sessionsOpened.add();
    game.link.send(GateToGame.clientConnected, {
      handle: session.handle,
      clientId: session.clientId,
      bindNumber: session.bindNumber,
      address: connection.remote,
      definitionsHash: session.definitionsHash,
    });
    return session;
  }

  /** A connection takes over from an earlier one; what the client lacks is sent by the caller, after the welcome. */
  resume(session: ClientSession, connection: Connection, connectionNumber: number): void {
    const wasInterrupted = session.state === "interrupted";
    if (session.connection !== null) this.closeConnection(session.connection, "CLIENT_TAKEN_OVER", "");
    session.attach(connection, connectionNumber, this.scheduler.nowMs());
    this.counters.sessionsResumed.add();
    if (!wasInterrupted) return;
    session.game.link.send(GateToGame.clientResumed, { handle: session.handle, bindNumber: session.bindNumber });
  }

  /** The connection is gone; the client may come back while its resume buffer holds everything. */
  interrupt(session: ClientSession): void {
    this.countPacket(session.flush());
    session.detach(this.scheduler.nowMs());
    this.counters.sessionsInterrupted.add();
    const resumable = !session.overflowed && session.queueBytes <= this.config.resumeBytesMax;
    if (this.config.resumeWindowMs === 0 || !resumable) {
      this.end(session, "CLIENT_SILENT", "the connection was cut and cannot be resumed");
      return;
    }
    session.game.link.send(GateToGame.clientInterrupted, { handle: session.handle, bindNumber: session.bindNumber });
  }

  /** Closes a silent client's connection; it may come back. */
  cut(session: ClientSession): void {
    const { connection } = session;
    if (connection !== null) {
      connection.onFrame = null;
      connection.onClose = null;
      connection.close("CLIENT_SILENT");
    }
    this.interrupt(session);
  }

  /** Points the client at another entity on `target`, which may be where it is. */
  bind(session: ClientSession, target: Game, entity: string): void {
    session.game.sessions.delete(session);
    session.game = target;
    target.sessions.add(session);
    session.nextBind(null);
    session.noteLoggedIn();
    session.early.clear();
    this.counters.binds.add();
    const { handle, bindNumber, clientId, definitionsHash } = session;
    target.link.send(GateToGame.clientBound, { handle, clientId, bindNumber, entity, definitionsHash });
    if (session.state === "interrupted") target.link.send(GateToGame.clientInterrupted, { handle, bindNumber });
  }

  /** The client goes on at another stream of its game, under the next number; what has come from there already is delivered. */
  switchStream(session: ClientSession, toStream: number): void {
    session.nextBind(toStream);
    this.counters.streamSwitches.add();
    if (session.isDeliveringEarly) return;
    session.isDeliveringEarly = true;
    // One of them may be the next switch.
    for (let next = takeEarly(session); next !== undefined; next = takeEarly(session)) next.deliver();
    session.isDeliveringEarly = false;
  }

  /** Keeps what came too early; ends the session when that is more than its queue may hold. */
  keepEarly(session: ClientSession, message: EarlyMessage): void {
    this.counters.earlyMessages.add();
    session.early.add(message);
    if (session.early.bytes <= this.config.queueBytesMax) return;
    this.end(session, "CLIENT_SLOW", "more than its queue may hold waits for an earlier stream");
  }

  /** Ends the session for good: its game and, when connected, its client are told why. */
  end(session: ClientSession, code: string, reason: string): void {
    if (session.state === "ended") return;
    const { connection, game, handle, bindNumber } = session;
    this.countPacket(session.flush());
    session.end();
    this.budget.closeSession(session.host);
    this.table.remove(session);
    game.sessions.delete(session);
    game.link.send(GateToGame.clientLost, { handle, bindNumber, code });
    if (connection !== null) this.closeConnection(connection, code, reason);
    else countClose(this.metrics, code);
    this.log.debug("client ended", { handle, code, reason });
  }

  /** Says why and closes. The connection's owner has let go of it before. */
  closeConnection(connection: Connection, code: string, reason: string): void {
    countClose(this.metrics, code);
    connection.onFrame = null;
    connection.onClose = () => this.onClosed(connection);
    if (connection.state !== "closed") this.closing.add(connection);
    const shortReason = reason.slice(0, Math.floor(REASON_BYTES_MAX / UTF8_BYTES_MAX));
    sendToConnection(connection, GateToClient.serverClose, { code, reason: shortReason, retry: RETRY_CODES.has(code) });
    connection.close(code);
  }

  /** Resolves when every connection that was closed here has delivered what was sent to it. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.onDrained = resolve;
      if (this.closing.size === 0) resolve();
    });
  }

  private onClosed(connection: Connection): void {
    connection.onClose = null;
    this.closing.delete(connection);
    if (this.closing.size === 0) this.onDrained?.();
  }

  /** Adds the reader's current client's bodies; they leave in one packet at the end of this turn. */
  gatherBodies(session: ClientSession, frames: ClientFramesReader): void {
    if (!this.hasRoom(session, frames.bodyBytes)) return;
    this.tellWhetherLossy(session);
    const wasEmpty = session.gatheredBytes === 0;
    if (session.gatherBodies(frames)) this.grant(session);
    if (wasEmpty) this.touch(session);
  }

  /** The same for a stream's bodies that came early and were kept. */
  gatherEarly(session: ClientSession, bodies: Uint8Array): void {
    this.tellWhetherLossy(session);
    session.credit.noteGiven(bodies.length);
    this.gatherBody(session, bodies);
  }

  /** What was sent to the client has left: its stream is told. */
  grant(session: ClientSession): void {
    this.ledger.add(session);
  }

  /** The stream that speaks to the client is there: it is told of the way. */
  private tellWhetherLossy(session: ClientSession): void {
    if (session.isLossy === session.toldLossy) return;
    session.toldLossy = session.isLossy;
    this.ledger.add(session);
  }

  /** Adds one body that is of no stream. */
  gatherBody(session: ClientSession, body: Uint8Array): void {
    if (!this.hasRoom(session, body.length)) return;
    const wasEmpty = session.gatheredBytes === 0;
    session.gatherBody(body);
    if (wasEmpty) this.touch(session);
  }

  /** Ends the session when what it gathers in one turn alone is more than its queue may hold. */
  private hasRoom(session: ClientSession, bytes: number): boolean {
    if (session.gatheredBytes + bytes <= this.config.queueBytesMax) return true;
    this.end(session, "CLIENT_SLOW", "one turn's bodies are more than its queue may hold");
    return false;
  }

  private touch(session: ClientSession): void {
    if (this.dirty.length === 0) this.scheduler.defer(() => this.flushDirty());
    this.dirty.push(session);
  }

  private flushDirty(): void {
    const { dirty } = this;
    this.dirty = [];
    for (const session of dirty) this.flush(session);
  }

  private flush(session: ClientSession): void {
    if (session.state === "ended") return;
    this.countPacket(session.flush());
    if (session.looseCount > 0) this.counters.loosePackets.add(session.takeLooseCount());
    const online = session.state === "online";
    if (!session.overflowed && session.queueBytes <= (online ? this.config.queueBytesMax : this.config.resumeBytesMax))
      return;
    this.end(session, "CLIENT_SLOW", online ? "its outgoing queue is full" : "its resume buffer is full");
  }

  private countPacket(bytes: number): void {
    if (bytes === 0) return;
    this.counters.serverPackets.add();
    this.counters.serverBytes.add(bytes);
  }
}
