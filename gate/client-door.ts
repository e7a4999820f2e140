/**
 * Where clients come in: takes connections, bounds those that have not said hello, reads what clients send and hands it on. What cannot
 * be decoded, is not listed, or is more than a client may send closes that client with a code; nothing gets past `onFrame` as a throw.
 */
import { ByteReader, ByteWriter } from "../engine/base/bytes.js";
import { AeonError, type ErrorCode, errorText } from "../engine/base/errors.js";
import type { Log } from "../engine/base/log.js";
import type { Scheduler } from "../engine/base/scheduler.js";
import type { AeonConfig } from "../engine/config/config.js";
import type { Connection } from "../engine/net/transport.js";
import { ClientToGate, GateToClient } from "../engine/protocol/client-link.js";
import { ClientPacketReader, writeClientMessage } from "../engine/protocol/client-packet.js";
import { CLIENT_FRAME_BYTES_MAX } from "../engine/protocol/limits.js";
import { dispatcher, type MessageValue } from "../engine/protocol/message.js";
import type { Admission, ClientHello } from "./admission.js";
import { type ClientSession, sendToConnection } from "./client-session.js";
import type { ClientTable } from "./client-table.js";
import type { GateCounters } from "./gate-metrics.js";
import { GateStall } from "./gate-stall.js";
import { ClientCompressor, PacketDeflater } from "./packet-deflater.js";
import type { SessionLife } from "./session-life.js";

/** The id byte before the largest body. */
const FRAME_BYTES_MAX = CLIENT_FRAME_BYTES_MAX + 1;
/** The hot one is read by hand. */
const { clientPacket: CLIENT_PACKET, ...OTHER_MESSAGES } = ClientToGate;

/** What a client is told when its input raised one of these. */
const CLIENT_CODES: Partial<Record<ErrorCode, ErrorCode>> = {
  MESSAGE_UNKNOWN: "CLIENT_UNLISTED",
  MESSAGE_OVERSIZED: "CLIENT_OVERSIZED",
  BYTES_TRUNCATED: "CLIENT_MALFORMED",
  BYTES_MALFORMED: "CLIENT_MALFORMED",
};

/** A connection, and the session it serves once it has said hello. */
interface Pipe {
  readonly connection: Connection;
  openedMs: number;
  session: ClientSession | null;
}

export interface ClientDoorOptions {
  readonly scheduler: Scheduler;
  readonly config: AeonConfig["gate"];
  readonly table: ClientTable;
  readonly admission: Admission;
  readonly life: SessionLife;
  readonly counters: GateCounters;
  readonly log: Log;
  /** Where clients reach the other gates. */
  otherGates(): readonly string[];
  /** Where they reach this one, by each of its transports. */
  ownAddresses(): readonly string[];
}

export class ClientDoor {
  private readonly options: ClientDoorOptions;
  /** Connected, and not yet past hello. */
  private readonly handshakes = new Set<Pipe>();
  private readonly dispatch: (reader: ByteReader) => void;
  private readonly packet = new ClientPacketReader();
  private readonly stall: GateStall;
  private readonly writer = new ByteWriter(1_024);
  /** Null: packets go as they are. */
  private readonly deflater: PacketDeflater | null;
  /** Whose frame is being dispatched. */
  private current: Pipe | null = null;

  constructor(options: ClientDoorOptions) {
    this.options = options;
    const { config, counters } = options;
    this.stall = new GateStall(options.scheduler);
    this.deflater = config.compression === "none" ? null : new PacketDeflater(config, counters);
    this.dispatch = dispatcher(OTHER_MESSAGES, {
      clientHello: (message) => this.handleClientHello(message),
      clientHeartbeat: (message) => this.handleClientHeartbeat(message),
      clientBye: () => this.handleClientBye(),
    });
  }

  get handshakeCount(): number {
    return this.handshakes.size;
  }

  /** A connection that a listener accepted. */
  onConnection(connection: Connection): void {
    const { scheduler, config, counters, admission } = this.options;
    counters.connectionsAccepted.add();
    const pipe: Pipe = { connection, openedMs: scheduler.nowMs(), session: null };
    if (admission.closing) {
      this.closePipe(pipe, "CLIENT_SHUTDOWN", "");
      return;
    }
    if (this.handshakes.size >= config.handshakesMax) this.closeOldestHandshake();
    this.handshakes.add(pipe);
    connection.onFrame = (frame) => this.onFrame(pipe, frame);
    connection.onClose = () => this.onClose(pipe);
  }

  /** Closes connections whose hello is overdue; `forgivenMs`: the gate itself did not run for so long. */
  sweepHandshakes(nowMs: number, forgivenMs: number): void {
    for (const pipe of this.handshakes) {
      pipe.openedMs += forgivenMs;
      if (nowMs - pipe.openedMs <= this.options.config.helloTimeoutMs) continue;
      this.closePipe(pipe, "CLIENT_SILENT", "no hello in time");
    }
  }

  closeHandshakes(code: ErrorCode): void {
    this.stall.stop();
    for (const pipe of this.handshakes) this.closePipe(pipe, code, "");
  }

  /** An honest client says hello at once: who has been silent the longest makes room. */
  private closeOldestHandshake(): void {
    for (const oldest of this.handshakes) {
      this.closePipe(oldest, "CLIENT_GATE_FULL", "too many connections without a hello");
      return;
    }
  }

  private onFrame(pipe: Pipe, frame: Uint8Array): void {
    this.current = pipe;
    try {
      this.admitFrame(pipe, frame);
      if (frame[0] === CLIENT_PACKET.id) this.handleClientPacket(frame);
      else this.dispatch(new ByteReader(frame));
    } catch (error) {
      this.closeForError(pipe, error);
    } finally {
      this.current = null;
    }
  }

  private admitFrame(pipe: Pipe, frame: Uint8Array): void {
    const { counters, scheduler } = this.options;
    counters.clientBytes.add(frame.length);
    if (frame.length > FRAME_BYTES_MAX) throw new AeonError("CLIENT_OVERSIZED", `${frame.length} bytes`);
    const { session } = pipe;
    if (session === null) return;
    const nowMs = scheduler.nowMs();
    session.limits.chargeBytes(frame.length, nowMs);
    session.lastHeardMs = nowMs;
  }

  private onClose(pipe: Pipe): void {
    pipe.connection.onFrame = null;
    pipe.connection.onClose = null;
    this.handshakes.delete(pipe);
    const { session } = pipe;
    if (session !== null && session.connection === pipe.connection) this.options.life.interrupt(session);
  }

  private closeForError(pipe: Pipe, error: unknown): void {
    if (!(error instanceof AeonError)) {
      this.options.counters.handlerThrows.add();
      this.options.log.error("a client's message made a handler throw", { error: errorText(error) });
    }
    const raised: ErrorCode = error instanceof AeonError ? error.code : "CLIENT_MALFORMED";
    this.closePipe(pipe, CLIENT_CODES[raised] ?? raised, reasonOf(error));
  }

  private closePipe(pipe: Pipe, code: string, reason: string): void {
    const { life, counters, log } = this.options;
    this.handshakes.delete(pipe);
    const { session, connection } = pipe;
    log.debug("client closed", { remote: connection.remote, code, reason });
    if (session !== null && session.connection === connection) {
      life.end(session, code, reason);
      return;
    }
    counters.connectionsRefused.add();
    life.closeConnection(connection, code, reason);
  }

  /** The session of the frame that is being dispatched. Throws CLIENT_MALFORMED before hello. */
  private currentSession(): ClientSession {
    const session = this.current?.session;
    if (session === null || session === undefined) throw new AeonError("CLIENT_MALFORMED", "no hello yet");
    return session;
  }

  private handleClientHello(hello: ClientHello): void {
    const pipe = this.current as Pipe;
    if (pipe.session !== null) throw new AeonError("CLIENT_MALFORMED", "a second hello");
    if (this.options.config.encryption === "required" && pipe.connection.isSecure !== true) {
      throw new AeonError("CLIENT_ENCRYPTION", "this gate takes encrypted connections only");
    }
    const { session, resumed } = this.options.admission.admit(hello, pipe.connection);
    this.handshakes.delete(pipe);
    pipe.session = session;
    session.compressor = this.compressorFor(hello);
    this.sendWelcome(session, resumed);
    if (resumed) session.resendFrom(hello.ack);
  }

  private compressorFor({ compression }: ClientHello): ClientCompressor | null {
    return compression === "none" || this.deflater === null ? null : new ClientCompressor(this.deflater);
  }

  private sendWelcome(session: ClientSession, resumed: boolean): void {
    const { config, scheduler } = this.options;
    if (session.connection === null) return;
    sendToConnection(session.connection, GateToClient.serverWelcome, {
      token: session.token,
      resumed,
      ack: session.stream.received,
      heartbeatIntervalMs: config.heartbeatIntervalMs,
      serverMs: scheduler.wallMs(),
      gates: [...this.options.otherGates()],
      ownAddresses: [...this.options.ownAddresses()],
    });
  }

  private handleClientPacket(frame: Uint8Array): void {
    const { packet } = this;
    packet.read(frame);
    const { sequence, ack, count } = packet;
    this.stall.note();
    const session = this.currentSession();
    const nowMs = this.options.scheduler.nowMs();
    session.confirmed = true;
    session.limits.chargeMessages(Math.max(1, count), nowMs);
    if (session.acknowledge(ack)) this.options.life.grant(session);
    for (let i = 0; i < count; i++) this.deliver(session, sequence + i, packet.message(i), nowMs);
    packet.release();
  }

  private deliver(session: ClientSession, sequence: number, payload: Uint8Array, nowMs: number): void {
    const { counters } = this.options;
    if (payload.length === 0) throw new AeonError("CLIENT_MALFORMED", "an empty message");
    if (!session.accept(sequence)) {
      counters.clientDuplicates.add();
      return;
    }
    counters.clientMessages.add();
    const { writer } = this;
    this.stall.tell(session.game);
    writer.reset();
    // To u32: modulo 2^32.
    writeClientMessage(writer, session.handle, session.bindNumber, Math.floor(nowMs) >>> 0, payload);
    session.game.link.sendEncoded(writer.written());
  }

  private handleClientHeartbeat(heartbeat: MessageValue<typeof ClientToGate.clientHeartbeat>): void {
    const session = this.currentSession();
    const { scheduler } = this.options;
    session.confirmed = true;
    session.limits.chargeMessages(1, scheduler.nowMs());
    if (session.acknowledge(heartbeat.ack)) this.options.life.grant(session);
    if (session.connection === null) return;
    sendToConnection(session.connection, GateToClient.serverHeartbeat, {
      clientMs: heartbeat.clientMs,
      serverMs: scheduler.wallMs(),
      ack: session.stream.received,
    });
  }

  private handleClientBye(): void {
    this.options.life.end(this.currentSession(), "CLIENT_CLOSED", "");
  }
}

/** What a client may read about its error: ours without the code, which it gets beside it; nothing of what is our own bug. */
function reasonOf(error: unknown): string {
  if (!(error instanceof AeonError)) return "";
  const prefix = `${error.code}: `;
  return error.message.startsWith(prefix) ? error.message.slice(prefix.length) : error.message;
}
