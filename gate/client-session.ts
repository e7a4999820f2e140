/**
 * One client's session: its two numbered streams, which survive a cut connection, and what it may send. It knows how to write to its
 * connection and nothing of games or other clients; session-life.ts decides when it begins, is cut, resumed and ends.
 * Messages up are numbered each, packets down are numbered each, both from 1.
 */
import { ByteWriter } from "../engine/base/bytes.js";
import { AeonError } from "../engine/base/errors.js";
import type { ClientId } from "../engine/base/ids.js";
import type { PacketBuffer, PacketPool } from "../engine/net/packet-buffer.js";
import { ReliableStream } from "../engine/net/reliable-stream.js";
import type { Connection } from "../engine/net/transport.js";
import type { ClientFramesReader } from "../engine/protocol/client-frames.js";
import { encodeMessage, type Message } from "../engine/protocol/message.js";
import { SERVER_LOOSE_HEAD_BYTES_MAX } from "../engine/protocol/server-packet.js";
import type { ClientLimits } from "./client-limits.js";
import { CreditMeter } from "./credit-meter.js";
import { EarlyMessages } from "./early-messages.js";
import type { Game } from "./game-table.js";
import { LooseGatherer } from "./loose-gatherer.js";
import type { ClientCompressor } from "./packet-deflater.js";
import { PacketGatherer } from "./packet-gatherer.js";

/** online ⇄ interrupted → ended */
export type SessionState = "online" | "interrupted" | "ended";

export interface SessionIdentity {
  readonly handle: number;
  readonly clientId: ClientId;
  /** Proves a later connection to be the same client; 16 random bytes. */
  readonly token: Uint8Array;
  readonly definitionsHash: string;
  /** The address that it was opened from. */
  readonly host: string;
}

const writer = new ByteWriter(1_024);

/** Sends one message outside the numbered stream. */
export function sendToConnection<T>(connection: Connection, kind: Message<T>, value: T): void {
  writer.reset();
  encodeMessage(writer, kind, value);
  connection.send(writer.written());
}

function sendPacket(connection: Connection, packet: PacketBuffer): void {
  if (connection.sendPacket !== undefined) connection.sendPacket(packet);
  else connection.send(packet.written());
}

function onLetGo(packet: PacketBuffer): void {
  packet.release();
}

export class ClientSession {
  readonly handle: number;
  readonly clientId: ClientId;
  readonly token: Uint8Array;
  readonly definitionsHash: string;
  readonly host: string;
  readonly limits: ClientLimits;
  state: SessionState = "interrupted";
  connection: Connection | null = null;
  connectionNumber = 0;
  lastHeardMs = 0;
  interruptedMs = 0;
  /** When it began, later by what the gate itself did not run. */
  openedMs = 0;
  /** Its account entity has given it to another. */
  isLoggedIn = false;
  /** For a connection that reads compressed packets. */
  compressor: ClientCompressor | null = null;
  /** The client has answered on a connection of this session, so that it holds the token. */
  confirmed = false;
  /** Where what it sends goes; `bindNumber` counts how often it was pointed at a game. */
  game: Game;
  bindNumber = 1;
  /** Which of its game's streams speaks under this number; null until the first has. */
  gameStream: number | null = null;
  /** What came under a later number. */
  readonly early = new EarlyMessages();
  isDeliveringEarly = false;
  /** The queue reached its bound: the client has missed something and must go. */
  overflowed = false;
  /** Down: whole packets, each held until it is confirmed. Up: single messages. */
  readonly stream: ReliableStream<PacketBuffer>;
  /** Of the stream that speaks under the present bind number. */
  readonly credit: CreditMeter;
  /** What that stream was told of `isLossy`. */
  toldLossy = false;
  /** Loose packets sent, for the metrics. */
  looseCount = 0;
  private readonly gathered: PacketGatherer;
  private loose: LooseGatherer | null = null;

  constructor(
    identity: SessionIdentity,
    game: Game,
    limits: ClientLimits,
    packets: PacketPool,
    queueBytesMax: number,
    windowBytes: number,
  ) {
    this.handle = identity.handle;
    this.clientId = identity.clientId;
    this.token = identity.token;
    this.definitionsHash = identity.definitionsHash;
    this.host = identity.host;
    this.game = game;
    this.limits = limits;
    this.stream = new ReliableStream({ queueBytesMax, whenFull: "refuse", onLetGo });
    this.gathered = new PacketGatherer(packets);
    this.credit = new CreditMeter(windowBytes);
  }

  /** Loose bodies may be lost on their way to it. */
  get isLossy(): boolean {
    const { connection } = this;
    return connection?.sendLoose !== undefined && (connection.looseBytesMax ?? 0) > SERVER_LOOSE_HEAD_BYTES_MAX;
  }

  /** From here on it is another stream, or none yet, that speaks to the client. */
  nextBind(gameStream: number | null): void {
    this.bindNumber++;
    this.gameStream = gameStream;
    this.credit.restart();
    this.toldLossy = false;
  }

  /** Bytes gathered in this turn. */
  get gatheredBytes(): number {
    return this.gathered.bodyBytes + (this.loose?.bodyBytes ?? 0);
  }

  /** Bytes the client has not confirmed or that wait to be sent to it. */
  get queueBytes(): number {
    return Math.max(this.stream.keptBytes, this.connection?.bufferedBytes ?? 0) + this.gathered.bodyBytes;
  }

  attach(connection: Connection, connectionNumber: number, nowMs: number): void {
    this.connection = connection;
    this.connectionNumber = connectionNumber;
    this.lastHeardMs = nowMs;
    this.state = "online";
    if (this.isLoggedIn) this.trust();
  }

  noteLoggedIn(): void {
    this.isLoggedIn = true;
    this.trust();
  }

  private trust(): void {
    if (this.connection?.isTrusted !== undefined) this.connection.isTrusted = true;
  }

  detach(nowMs: number): void {
    this.connection = null;
    this.loose = null;
    this.interruptedMs = nowMs;
    this.state = "interrupted";
  }

  /** Gathers what a stream sent. True: that should be told what has left. */
  gatherBodies(frames: ClientFramesReader): boolean {
    const loose = this.looseGatherer();
    const looseBytes = loose === null ? 0 : frames.looseBytes;
    if (loose === null || looseBytes === 0 || !this.makeLooseRoom(loose, looseBytes)) {
      this.gathered.addBodies(frames);
      this.credit.noteGiven(frames.bodyBytes);
      return false;
    }
    const orderedBytes = frames.bodyBytes - looseBytes;
    this.gathered.addOrdered(frames, orderedBytes);
    loose.add(frames);
    this.credit.noteGiven(orderedBytes);
    return this.credit.noteLoose(looseBytes);
  }

  /** False: they go in order, and what was gathered to go otherwise has been sent, so that the client takes nothing older over them. */
  private makeLooseRoom(loose: LooseGatherer, bytes: number): boolean {
    if (loose.fits(bytes)) return true;
    this.flushLoose();
    return loose.fitsAlone(bytes);
  }

  /** Null where the connection keeps everything in order. */
  private looseGatherer(): LooseGatherer | null {
    const { connection } = this;
    if (connection === null || !this.isLossy) return null;
    const frameBytesMax = connection.looseBytesMax ?? 0;
    if (this.loose?.frameBytesMax !== frameBytesMax) this.loose = new LooseGatherer(frameBytesMax);
    return this.loose;
  }

  /** Since the last call. */
  takeLooseCount(): number {
    const { looseCount } = this;
    this.looseCount = 0;
    return looseCount;
  }

  /** They stand on all that was numbered so far. */
  private flushLoose(): void {
    const frame = this.loose?.take(this.stream.sent) ?? null;
    if (frame === null) return;
    this.connection?.sendLoose?.(frame);
    this.looseCount++;
  }

  gatherBody(body: Uint8Array): void {
    this.gathered.addBody(body);
  }

  /** Numbers, keeps and sends what was gathered. Returns the packet's size, 0 when there was nothing or the queue is full. */
  flush(): number {
    const bytes = this.flushNumbered();
    this.flushLoose();
    return bytes;
  }

  private flushNumbered(): number {
    const packet = this.gathered.take(this.stream.sent + 1, this.stream.received);
    if (packet === null) return 0;
    if (this.stream.push(packet) === 0) {
      packet.release();
      this.overflowed = true;
      return 0;
    }
    this.credit.noteSent(this.stream.sent);
    this.sendPacket(packet);
    return packet.length;
  }

  /** True when everything that a client with this acknowledgement lacks is still here. */
  canResumeFrom(ack: number): boolean {
    return this.stream.hasSince(ack);
  }

  /** Sends again what a client with this acknowledgement lacks. */
  resendFrom(ack: number): void {
    for (const packet of this.stream.since(ack) ?? []) this.sendPacket(packet);
  }

  /** As its connection can read it; what is kept stays as it is. */
  private sendPacket(packet: PacketBuffer): void {
    const { connection } = this;
    if (connection === null) return;
    const smaller = this.compressor?.compress(packet) ?? null;
    sendPacket(connection, smaller ?? packet);
    smaller?.release();
  }

  /**
   * True: so much has left that the client's stream should be told. Throws CLIENT_MALFORMED when the client confirms what was never
   * sent.
   */
  acknowledge(ack: number): boolean {
    const { stream } = this;
    if (!stream.ack(ack)) throw new AeonError("CLIENT_MALFORMED", `confirms packet ${ack}, never sent`);
    return this.credit.noteConfirmed(ack, stream.confirmed === stream.sent && this.gathered.isEmpty);
  }

  /**
   * Whether message `sequence` is to be delivered; false: it arrived before. Throws CLIENT_MALFORMED for a gap: what is missing can
   * never come, since a connection keeps order and a resume begins where the gate left off.
   */
  accept(sequence: number): boolean {
    const arrival = this.stream.accept(sequence);
    if (arrival === "gap") throw new AeonError("CLIENT_MALFORMED", `message ${sequence} after ${this.stream.received}`);
    return arrival === "new";
  }

  end(): void {
    this.state = "ended";
    this.connection = null;
    this.loose = null;
    this.gathered.clear();
    this.stream.clear();
    this.early.clear();
  }
}
