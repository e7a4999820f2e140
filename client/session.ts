/**
 * A client's session with the cluster: one connection after the other, numbered messages in both directions that survive a cut, and the
 * decision when to dial whom. It knows packets (protocol/client-link) and nothing of what they carry.
 *
 *   idle ──open──► connecting ──welcome──► online ──cut──► reconnecting ──welcome──► online …      any ──► closed ──open──► connecting
 *
 * A cut resumes through the same gate with the token, by whichever of its addresses and transports, and nothing is lost or doubled;
 * through another gate, or too late, it is a new session: `onNewSession`, and what was unconfirmed is forgotten. Called by Client only; pure but for what it is handed.
 */
import { ByteReader, ByteWriter } from "../engine/base/bytes.js";
import { AeonError, type ErrorCode, errorCodeOf, errorText, isErrorCode } from "../engine/base/errors.js";
import { type ClientId, makeClientId } from "../engine/base/ids.js";
import type { Random } from "../engine/base/random.js";
import type { Scheduler, TimerHandle } from "../engine/base/scheduler.js";
import { ReliableStream } from "../engine/net/reliable-stream.js";
import type { Connection } from "../engine/net/transport.js";
import { ClientToGate, GateToClient } from "../engine/protocol/client-link.js";
import { CLIENT_FRAME_BYTES_MAX, CLIENT_PROTOCOL_VERSION } from "../engine/protocol/limits.js";
import {
  type Dispatch,
  dispatcher,
  encodeMessage,
  type Message,
  type MessageValue,
} from "../engine/protocol/message.js";
import { EarlyLoose } from "./early-loose.js";
import { asReachedFrom } from "./gate-address.js";
import type { GateList } from "./gate-list.js";
import { isAsSafe, type QueryGates } from "./gate-query.js";
import type { Inflate } from "./inflate.js";
import type { ServerClock } from "./server-clock.js";

export type ClientState = "idle" | "connecting" | "online" | "reconnecting" | "closed";
/** Opens a connection to a gate's address, such as "ws://127.0.0.1:7711". */
export interface ClientTransport {
  (url: string): Connection;
  /** Whether it knows this kind of address; absent: every one. */
  dials?(url: string): boolean;
  /** The gate at `url` takes encrypted connections only. True: the next one to it will be. Absent: it will not. */
  noteEncryptionDemanded?(url: string): boolean;
}

export interface SessionOptions {
  readonly transport: ClientTransport;
  readonly gates: GateList;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly clock: ServerClock;
  /** Hash of the RPC index this client was built with; "" for none. */
  readonly indexHash: string;
  /** Asked once before the first connection which gate to take; absent: the first of the list. */
  readonly query?: QueryGates;
  /** Absent: packets are not to be compressed. */
  readonly inflate?: Inflate;
}

export interface SessionListener {
  onState(state: ClientState): void;
  /** What was held of an earlier session is void; called before the state changes, so that nobody acts on it. */
  onNewSession(): void;
  /** Nothing was lost. */
  onResumed(): void;
  onRtt(rttMs: number): void;
  /** The bodies of packet `sequence`, in order and once each. A throw closes the session with CLIENT_PROTOCOL. */
  onBodies(bodies: Uint8Array, sequence: number): void;
  /** Bodies that stand on packet `after`, which has arrived; others before them may be missing. A throw likewise. Absent: they are dropped. */
  onLooseBodies?(bodies: Uint8Array, after: number): void;
  /** For good; `open` may be called again. */
  onClosed(code: ErrorCode, reason: string): void;
  definitionsHash(): string;
}

/** Byte counters since the start, of frames as handed to the transport. */
export interface SessionStats {
  bytesIn: number;
  bytesOut: number;
  framesIn: number;
  framesOut: number;
  /** Times a connection was cut while the session was online. */
  cuts: number;
}

/** A connection that is not welcomed by then is given up. */
const DIAL_TIMEOUT_MS = 5_000;
/** The gate is taken for gone after so many heartbeat intervals without a byte. */
const SILENT_INTERVALS = 4;
/** A heartbeat timer later than this many intervals: this process slept, and its own absence is no evidence. */
const SLEPT_INTERVALS = 2;
/** What the gate holds until it is confirmed; past this it is confirmed at once and not with the next heartbeat. */
const UNCONFIRMED_BYTES_MAX = 32 * 1024;
/** Calls that wait for confirmation; past it `send` refuses. */
const RESEND_BYTES_MAX = 256 * 1024;
/** To ask which gate to connect to. */
const QUERY_TIMEOUT_MS = 2_000;
const MESSAGES_PER_PACKET_MAX = 256;
const PACKET_OVERHEAD_BYTES = 1024;
const MESSAGE_OVERHEAD_BYTES = 4;

export class Session {
  state: ClientState = "idle";
  /** Why the last attempt failed; null when none has. */
  lastError: AeonError | null = null;
  readonly stats: SessionStats = { bytesIn: 0, bytesOut: 0, framesIn: 0, framesOut: 0, cuts: 0 };
  private readonly options: SessionOptions;
  private readonly listener: SessionListener;
  private readonly dispatch: Dispatch;
  private readonly writer = new ByteWriter(1024);
  private clientId: ClientId;
  private connectionNumber = 0;
  private connection: Connection | null = null;
  private welcomed = false;
  private token: Uint8Array = new Uint8Array(0);
  /** Addresses of the gate that knows the token, as `placeOf` names them. */
  private tokenPlaces: ReadonlySet<string> = new Set();
  /** Which `open` it is that waits for an answer. */
  private openNumber = 0;
  private stream = newStream();
  private readonly loose = new EarlyLoose();
  private sentSequence = 0;
  private flushDeferred = false;
  private unconfirmedBytes = 0;
  private heartbeatIntervalMs = 0;
  private heardAtMs = 0;
  private beatAtMs = 0;
  /** Dialling, pausing or beating: never two of them at a time. */
  private timer: TimerHandle | null = null;

  constructor(options: SessionOptions, listener: SessionListener) {
    this.options = options;
    this.listener = listener;
    this.clientId = makeClientId(options.random);
    this.dispatch = dispatcher(GateToClient, {
      serverWelcome: (m) => this.handleServerWelcome(m),
      serverPacket: (m) => this.handleServerPacket(m),
      serverHeartbeat: (m) => this.handleServerHeartbeat(m),
      serverClose: (m) => this.handleServerClose(m),
      serverDeflated: (m) => this.handleServerDeflated(m),
      serverLoose: (m) => this.handleServerLoose(m),
    });
  }

  /** Starts connecting; from idle or closed. */
  open(): void {
    if (this.state !== "idle" && this.state !== "closed") return;
    this.token = new Uint8Array(0);
    this.lastError = null;
    this.setState("connecting");
    const { query } = this.options;
    if (query === undefined) this.dial();
    else this.askThenDial(query);
  }

  /** Without an answer in time, or with none that can be dialled, the gates are taken as they are listed. */
  private askThenDial(query: QueryGates): void {
    const { gates } = this.options;
    const openNumber = ++this.openNumber;
    const dial = (answer: readonly string[]): void => {
      if (this.state !== "connecting" || openNumber !== this.openNumber) return;
      this.openNumber++;
      const urls = answer.filter((url) => this.dials(url));
      if (urls.length > 0) gates.prefer(urls);
      this.dial();
    };
    this.setTimer(QUERY_TIMEOUT_MS, () => dial([]));
    query(gates.all).then(dial, () => dial([]));
  }

  /** Leaves on purpose. */
  close(code: ErrorCode = "CLIENT_CLOSED", reason = ""): void {
    if (this.state === "idle" || this.state === "closed") return;
    if (this.welcomed) this.sendPacket(ClientToGate.clientBye, {});
    this.finish(code, reason);
  }

  /** Queues a message for the game (`u8 id | body` of UpstreamBody), which belongs to the session from here on. False: too much is unconfirmed. */
  send(message: Uint8Array): boolean {
    if (this.stream.push(message) === 0) return false;
    this.deferFlush();
    return true;
  }

  private dial(): void {
    const url = this.options.gates.current;
    const connection = this.connectTo(url);
    if (connection === null) return;
    this.connection = connection;
    this.welcomed = false;
    connection.onOpen = () => this.sendHello(url);
    connection.onFrame = (frame) => this.onFrame(connection, frame);
    connection.onClose = (reason) => {
      if (this.connection === connection) this.onCut(reason);
    };
    this.setTimer(DIAL_TIMEOUT_MS, () => this.cut("no welcome in time"));
    if (connection.state === "open") this.sendHello(url);
  }

  /** Null: no such address; the next gate's turn comes. */
  private connectTo(url: string): Connection | null {
    try {
      return this.options.transport(url);
    } catch (error) {
      this.onCut(errorText(error));
      return null;
    }
  }

  private sendHello(url: string): void {
    const resumes = this.token.length > 0 && this.tokenPlaces.has(placeOf(url));
    this.connectionNumber++;
    this.sendPacket(ClientToGate.clientHello, {
      protocolVersion: CLIENT_PROTOCOL_VERSION,
      clientId: this.clientId,
      connectionNumber: this.connectionNumber,
      token: resumes ? this.token : new Uint8Array(0),
      ack: resumes ? this.stream.received : 0,
      definitionsHash: this.listener.definitionsHash(),
      indexHash: this.options.indexHash,
      compression: this.options.inflate === undefined ? "none" : "deflate",
    });
  }

  private onFrame(connection: Connection, frame: Uint8Array): void {
    if (this.connection !== connection) return;
    this.heardAtMs = this.options.scheduler.nowMs();
    this.stats.bytesIn += frame.length;
    this.stats.framesIn++;
    try {
      this.dispatch(new ByteReader(frame));
    } catch (error) {
      const code = errorCodeOf(error);
      this.close(code === "RPC_INDEX_MISMATCH" ? code : "CLIENT_PROTOCOL", errorText(error));
    }
  }

  private handleServerWelcome(welcome: MessageValue<typeof GateToClient.serverWelcome>): void {
    if (this.welcomed) throw new AeonError("BYTES_MALFORMED", "a second welcome");
    const { clock, gates, scheduler } = this.options;
    const url = gates.current;
    if (!this.tokenPlaces.has(placeOf(url))) clock.restart();
    clock.observeSent(welcome.serverMs, scheduler.nowMs());
    this.welcomed = true;
    this.lastError = null;
    const own = this.reachable(url, welcome.ownAddresses);
    this.tokenPlaces = new Set([url, ...own].map(placeOf));
    this.token = welcome.token.slice();
    this.heartbeatIntervalMs = Math.max(1, welcome.heartbeatIntervalMs);
    gates.succeeded();
    gates.learnSame(own);
    gates.learn(this.reachable(url, welcome.gates));
    if (!welcome.resumed) this.stream = newStream();
    this.confirm(welcome.ack);
    this.sentSequence = welcome.ack;
    this.unconfirmedBytes = 0;
    if (!welcome.resumed) this.listener.onNewSession();
    this.setState("online");
    if (welcome.resumed) this.listener.onResumed();
    // A handler may have closed the session meanwhile.
    if (!this.welcomed) return;
    this.beat();
    this.flush();
  }

  private dials(url: string): boolean {
    return this.options.transport.dials?.(url) ?? true;
  }

  /** Of the addresses that the gate at `url` told of, those that may be dialled. */
  private reachable(url: string, told: readonly string[]): string[] {
    return told.map((one) => asReachedFrom(url, one)).filter((one) => this.dials(one) && isAsSafe(url, one));
  }

  private handleServerPacket(packet: MessageValue<typeof GateToClient.serverPacket>): void {
    this.requireWelcome();
    this.confirm(packet.ack);
    const order = this.stream.accept(packet.sequence);
    if (order === "duplicate") return;
    if (order === "gap") throw new AeonError("BYTES_MALFORMED", `packet ${packet.sequence} came too early`);
    this.unconfirmedBytes += packet.bodies.length;
    this.listener.onBodies(packet.bodies, packet.sequence);
    this.loose.release(this.stream.received, (bodies, after) => this.listener.onLooseBodies?.(bodies, after));
    if (this.unconfirmedBytes > UNCONFIRMED_BYTES_MAX && this.welcomed) this.sendHeartbeat();
  }

  private handleServerLoose({ after, bodies }: MessageValue<typeof GateToClient.serverLoose>): void {
    // It may overtake the welcome, and is free to be lost.
    if (!this.welcomed) return;
    if (after <= this.stream.received) this.listener.onLooseBodies?.(bodies, after);
    else this.loose.keep(bodies, after);
  }

  /** The packet's own bound is checked before anything is inflated, and nothing else can be inside. */
  private handleServerDeflated({ inflatedBytes, deflated }: MessageValue<typeof GateToClient.serverDeflated>): void {
    const { inflate } = this.options;
    const isPlausible = deflated.length < inflatedBytes && inflatedBytes <= GateToClient.serverPacket.bytesMax;
    if (inflate === undefined || !isPlausible) throw new AeonError("BYTES_MALFORMED", "a packet is no such deflate");
    const packet = inflate(deflated, inflatedBytes);
    if (packet[0] !== GateToClient.serverPacket.id) throw new AeonError("BYTES_MALFORMED", "no packet was deflated");
    this.dispatch(new ByteReader(packet));
  }

  private handleServerHeartbeat(beat: MessageValue<typeof GateToClient.serverHeartbeat>): void {
    this.requireWelcome();
    this.confirm(beat.ack);
    const nowMs = this.options.scheduler.nowMs();
    this.options.clock.observeReply(beat.clientMs, beat.serverMs, nowMs);
    this.listener.onRtt(nowMs - beat.clientMs);
  }

  private handleServerClose(close: MessageValue<typeof GateToClient.serverClose>): void {
    const code: ErrorCode = isErrorCode(close.code) ? close.code : "CLIENT_KICKED";
    const { transport, gates } = this.options;
    this.lastError = new AeonError(code, close.reason);
    const isNowEncrypted = code === "CLIENT_ENCRYPTION" && transport.noteEncryptionDemanded?.(gates.current) === true;
    if (code === "CLIENT_ID_IN_USE" && this.connectionNumber > 0) {
      // A welcome that was lost on its way left a session there that nobody can prove to be ours.
      this.clientId = makeClientId(this.options.random);
      this.token = new Uint8Array(0);
      this.cut(close.reason);
    } else if (close.retry || isNowEncrypted) this.cut(close.reason);
    else this.finish(code, close.reason);
  }

  private confirm(sequence: number): void {
    if (!this.stream.ack(sequence)) throw new AeonError("BYTES_MALFORMED", "the gate confirms what was never sent");
  }

  private requireWelcome(): void {
    if (!this.welcomed) throw new AeonError("BYTES_MALFORMED", "a packet before the welcome");
  }

  /** Gives the connection up from this side. */
  private cut(reason: string): void {
    this.dropConnection(reason);
    this.onCut(reason);
  }

  private onCut(reason: string): void {
    if (this.state === "closed") return;
    if (this.state === "online") this.stats.cuts++;
    this.dropConnection(reason);
    this.lastError ??= errorOfReason(reason);
    this.welcomed = false;
    if (this.state === "online") this.setState("reconnecting");
    const pauseMs = this.options.gates.failed(this.token.length > 0);
    this.setTimer(pauseMs, () => this.dial());
  }

  private finish(code: ErrorCode, reason: string): void {
    this.dropConnection(reason);
    this.welcomed = false;
    this.stream = newStream();
    this.token = new Uint8Array(0);
    this.setState("closed");
    this.listener.onClosed(code, reason);
  }

  private dropConnection(reason: string): void {
    this.clearTimer();
    const connection = this.connection;
    this.connection = null;
    this.loose.clear();
    if (connection === null) return;
    connection.onOpen = null;
    connection.onFrame = null;
    connection.onClose = null;
    connection.close(reason);
  }

  /** Sends a heartbeat, looks whether the gate still speaks, and comes back. */
  private beat(): void {
    const nowMs = this.options.scheduler.nowMs();
    const slept = this.beatAtMs > 0 && nowMs - this.beatAtMs > this.heartbeatIntervalMs * SLEPT_INTERVALS;
    if (slept) this.heardAtMs = nowMs;
    this.beatAtMs = nowMs;
    if (nowMs - this.heardAtMs > this.heartbeatIntervalMs * SILENT_INTERVALS) {
      this.cut("the gate is silent");
      return;
    }
    this.sendHeartbeat();
    this.setTimer(this.heartbeatIntervalMs, () => this.beat());
  }

  private sendHeartbeat(): void {
    this.unconfirmedBytes = 0;
    this.sendPacket(ClientToGate.clientHeartbeat, {
      clientMs: this.options.scheduler.nowMs(),
      ack: this.stream.received,
    });
  }

  private deferFlush(): void {
    if (this.flushDeferred || !this.welcomed) return;
    this.flushDeferred = true;
    this.options.scheduler.defer(() => {
      this.flushDeferred = false;
      this.flush();
    });
  }

  /** Everything that was queued and not sent on this connection, in packets of a bounded size. */
  private flush(): void {
    if (!this.welcomed) return;
    const waiting = this.stream.since(this.sentSequence);
    if (waiting === null) throw new AeonError("INTERNAL", "the session lost messages it had not sent");
    for (let from = 0; from < waiting.length; ) {
      const until = packetEnd(waiting, from);
      this.unconfirmedBytes = 0;
      this.sendPacket(ClientToGate.clientPacket, {
        sequence: this.sentSequence + 1,
        ack: this.stream.received,
        messages: waiting.slice(from, until),
      });
      this.sentSequence += until - from;
      from = until;
    }
  }

  private sendPacket<T>(kind: Message<T>, value: T): void {
    encodeMessage(this.writer.reset(), kind, value);
    this.stats.bytesOut += this.writer.length;
    this.stats.framesOut++;
    this.connection?.send(this.writer.written());
  }

  private setState(state: ClientState): void {
    if (this.state === state) return;
    this.state = state;
    this.listener.onState(state);
  }

  private setTimer(delayMs: number, run: () => void): void {
    this.clearTimer();
    this.timer = this.options.scheduler.setTimer(delayMs, () => {
      this.timer = null;
      run();
    });
  }

  private clearTimer(): void {
    if (this.timer !== null) this.options.scheduler.clearTimer(this.timer);
    this.timer = null;
  }
}

function newStream(): ReliableStream {
  return new ReliableStream({ queueBytesMax: RESEND_BYTES_MAX, whenFull: "refuse" });
}

/** What one gate's addresses have in common whichever transport they are of: host, port and path. */
function placeOf(url: string): string {
  if (!URL.canParse(url)) return url;
  const { host, pathname } = new URL(url);
  return `${host}${pathname.replace(/\/$/, "")}`;
}

/** Transports that know more than that it was cut say so by a code in front. */
function errorOfReason(reason: string): AeonError {
  const [code = "", ...rest] = reason.split(": ");
  return isErrorCode(code) ? new AeonError(code, rest.join(": ")) : new AeonError("CLIENT_DISCONNECTED", reason);
}

/** One past the last message that still fits into a packet that begins with `from`. */
function packetEnd(messages: readonly Uint8Array[], from: number): number {
  let bytes = PACKET_OVERHEAD_BYTES;
  let until = from;
  while (until < messages.length && until - from < MESSAGES_PER_PACKET_MAX) {
    bytes += (messages[until] as Uint8Array).length + MESSAGE_OVERHEAD_BYTES;
    if (bytes > CLIENT_FRAME_BYTES_MAX && until > from) break;
    until++;
  }
  return until;
}
