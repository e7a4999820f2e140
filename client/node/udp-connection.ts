/**
 * A client's Connection to a gate over UDP: the handshake (drawn in engine/protocol/datagram.ts), then a pipe as at the gate. Pure: the
 * socket, time, randomness and cryptography are passed in; kcp-transport.ts gives it real ones.
 *
 *   connecting: HELLO … COOKIE, OPEN … ACCEPT, each repeated until answered ──► open ──► closed
 */
import { ByteReader, ByteWriter } from "../../engine/base/bytes.js";
import type { Metrics } from "../../engine/base/metrics.js";
import type { Random } from "../../engine/base/random.js";
import type { TimerHandle } from "../../engine/base/scheduler.js";
import { DatagramPort } from "../../engine/net/datagram-port.js";
import type { DatagramSocket } from "../../engine/net/datagram-socket.js";
import { ADDRESS_BYTES, addressBytes } from "../../engine/net/ip-address.js";
import type { KcpPipe } from "../../engine/net/kcp-pipe.js";
import type { PacketBuffer } from "../../engine/net/packet-buffer.js";
import type { PipeDriver } from "../../engine/net/pipe-driver.js";
import { PipeHost } from "../../engine/net/pipe-host.js";
import type { PipeTuning } from "../../engine/net/pipe-tuning.js";
import {
  clientSessionKeys,
  isSameBytes,
  KEY_BYTES,
  type KeyPair,
  SealKind,
  type SealPrimitives,
  type SessionKeys,
} from "../../engine/net/seal.js";
import type { Address, Connection, ConnectionState } from "../../engine/net/transport.js";
import { sessionBytes, UDP_HANDSHAKE } from "../../engine/net/udp-gate.js";
import {
  ACCEPT_HEAD_BYTES,
  type Accept,
  acceptDatagram,
  cookieDatagram,
  DATAGRAM_VERSION,
  DatagramType,
  decodeDatagram,
  echoOf,
  encodeDatagram,
  helloDatagram,
  openDatagram,
  RESET_TOKEN_BYTES,
  Refusal,
  refuseDatagram,
  resetDatagram,
  type SessionId,
} from "../../engine/protocol/datagram.js";

const RETRY_FIRST_MS = 250;
const RETRY_FACTOR = 1.5;
const RETRY_MAX_MS = 1_000;
/** Below the time in which a session gives a connection up, so that its reason is heard. */
const HANDSHAKE_TIMEOUT_MS = 4_000;
/** Datagrams that wait for this turn's end: a client has one peer. */
const PEER_QUEUE_MAX = 256;
const STRANGER_QUEUE_MAX = 8;
const NO_KEY = new Uint8Array(0);

const REFUSALS: Readonly<Record<number, string>> = {
  [Refusal.version]: "the gate speaks another version",
  [Refusal.full]: "the gate takes no more from this address",
  [Refusal.busy]: "the gate has too many handshakes at present",
  [Refusal.seal]: "the gate takes no such encryption",
  [Refusal.shutdown]: "the gate is going down",
  [Refusal.key]: "the gate does not take this key",
};

export interface UdpConnectionOptions {
  /** For logs, such as "kcp://127.0.0.1:7711". */
  readonly remote: string;
  readonly driver: PipeDriver;
  /** Cryptographic. */
  readonly random: Random;
  readonly primitives: SealPrimitives;
  readonly metrics: Metrics;
  readonly tuning: PipeTuning;
  /** What is asked for; the gate takes it or refuses. */
  readonly sealKind: SealKind;
  /** The gate's static key; null: whichever it has. */
  readonly pinnedKey: Uint8Array | null;
  /** Told once, whether it came to be. */
  readonly onSettled?: (isOpen: boolean) => void;
}

export class UdpConnection implements Connection {
  state: ConnectionState = "connecting";
  readonly remote: string;
  frameBytesMax: number;
  onOpen: (() => void) | null = null;
  onFrame: ((frame: Uint8Array) => void) | null = null;
  onClose: ((reason: string) => void) | null = null;
  private readonly options: UdpConnectionOptions;
  private readonly key: KeyPair;
  private readonly writer = new ByteWriter(512);
  private host: PipeHost | null = null;
  private gate: Uint8Array = new Uint8Array(ADDRESS_BYTES);
  private pipe: KcpPipe | null = null;
  /** What is said until it is answered. */
  private said: Uint8Array = NO_KEY;
  private retry: TimerHandle | null = null;
  private retryMs = RETRY_FIRST_MS;
  private deadline: TimerHandle | null = null;
  private session: SessionId | null = null;
  private resetToken: Uint8Array = NO_KEY;
  private isCloseReported = false;

  constructor(options: UdpConnectionOptions) {
    this.options = options;
    this.remote = options.remote;
    this.frameBytesMax = options.tuning.frameBytesMax;
    this.key = options.primitives.keyPair(options.random.bytes(KEY_BYTES));
    this.deadline = options.driver.scheduler.setTimer(HANDSHAKE_TIMEOUT_MS, () => this.end("the gate does not answer"));
  }

  get bufferedBytes(): number {
    return this.pipe?.bufferedBytes ?? 0;
  }

  get looseBytesMax(): number {
    return this.pipe?.looseBytesMax ?? 0;
  }

  /** The socket is there, and where the gate is (an IP address). */
  begin(socket: DatagramSocket, gate: Address): void {
    const address = addressBytes(gate.host, gate.port);
    if (this.state !== "connecting" || address === null) {
      void socket.close();
      if (address === null) this.end(`${gate.host} is no address`);
      return;
    }
    const { options } = this;
    this.gate = address;
    const port = new DatagramPort({
      socket,
      primitives: options.primitives,
      metrics: options.metrics,
      peerQueueMax: PEER_QUEUE_MAX,
      strangerQueueMax: STRANGER_QUEUE_MAX,
      isReference: false,
    });
    this.host = new PipeHost(port, options.driver, options.tuning, options.metrics, {
      onStranger: (bytes, start, end, addresses, at) => {
        if (this.isGate(addresses, at)) this.handleAnswer(bytes.slice(start, end));
      },
      onPeer: () => undefined,
      onGone: () => void port.close(),
    });
    const clientKey = this.key.publicKey;
    this.say(encodeDatagram(this.writer, helloDatagram, { version: DATAGRAM_VERSION, clientKey }));
  }

  send(frame: Uint8Array): void {
    this.pipe?.send(frame);
  }

  sendPacket(packet: PacketBuffer): void {
    this.pipe?.sendPacket(packet);
  }

  sendLoose(frame: Uint8Array): void {
    this.pipe?.sendLoose(frame);
  }

  close(reason = ""): void {
    if (this.state === "closed") return;
    if (this.pipe === null) this.end(reason);
    else {
      // It still delivers what was sent, and then says so.
      this.state = "closed";
      this.pipe.close(reason);
    }
  }

  /** It comes to nothing, or ended. */
  end(reason: string): void {
    if (this.state === "closed") return;
    if (this.state === "connecting") this.options.onSettled?.(false);
    this.state = "closed";
    this.stopTimers();
    if (this.pipe === null) void this.host?.port.close();
    this.options.driver.scheduler.defer(() => this.reportClose(reason));
  }

  private isGate(addresses: Uint8Array, at: number): boolean {
    for (let i = 0; i < ADDRESS_BYTES; i++) if (addresses[at + i] !== this.gate[i]) return false;
    return true;
  }

  private say(datagram: Uint8Array): void {
    this.said = datagram.slice();
    this.retryMs = RETRY_FIRST_MS;
    this.repeat();
  }

  private repeat(): void {
    const { scheduler } = this.options.driver;
    this.host?.sendToStranger(this.said, this.gate, 0);
    if (this.retry !== null) scheduler.clearTimer(this.retry);
    this.retry = scheduler.setTimer(this.retryMs, () => this.repeat());
    this.retryMs = Math.min(RETRY_MAX_MS, this.retryMs * RETRY_FACTOR);
  }

  private handleAnswer(bytes: Uint8Array): void {
    const type = bytes[0];
    if (type === DatagramType.reset) this.handleReset(bytes);
    else if (this.pipe !== null || this.state === "closed") return;
    else if (type === DatagramType.cookie) this.handleCookie(bytes);
    else if (type === DatagramType.accept) this.handleAccept(bytes);
    else if (type === DatagramType.refuse) this.handleRefuse(bytes);
  }

  private isEcho(echo: Uint8Array): boolean {
    return isSameBytes(echo, echoOf(this.key.publicKey));
  }

  private handleCookie(bytes: Uint8Array): void {
    const answer = decodeDatagram(new ByteReader(bytes), cookieDatagram);
    if (answer === null || !this.isEcho(answer.echo)) return;
    const open = {
      version: DATAGRAM_VERSION,
      clientKey: this.key.publicKey,
      epoch: answer.epoch,
      cookie: answer.cookie,
      sealKind: this.options.sealKind,
    };
    const datagram = encodeDatagram(this.writer, openDatagram, open);
    // The same cookie again answers a HELLO that was repeated.
    if (!isSameBytes(datagram, this.said)) this.say(datagram);
  }

  private handleRefuse(bytes: Uint8Array): void {
    const answer = decodeDatagram(new ByteReader(bytes), refuseDatagram);
    if (answer === null || !this.isEcho(answer.echo)) return;
    this.end(REFUSALS[answer.refusal] ?? "the gate refuses");
  }

  private handleAccept(bytes: Uint8Array): void {
    const accept = decodeDatagram(new ByteReader(bytes), acceptDatagram);
    if (accept === null || !this.isEcho(accept.echo) || accept.sealKind !== this.options.sealKind) return;
    const keys = this.keysFrom(accept, bytes.subarray(0, ACCEPT_HEAD_BYTES));
    if (keys !== null) this.openWith(accept, keys);
  }

  /** Null: somebody else wrote it; the gate's own may still come. */
  private keysFrom(accept: Accept, head: Uint8Array): SessionKeys | null {
    const { primitives, pinnedKey, sealKind } = this.options;
    if (pinnedKey !== null && !isSameBytes(accept.gateStaticKey, pinnedKey)) return null;
    if (sealKind === SealKind.none) {
      this.resetToken = accept.confirmation.slice(0, RESET_TOKEN_BYTES);
      return { toGate: NO_KEY, toClient: NO_KEY };
    }
    const transcript = {
      context: UDP_HANDSHAKE,
      kind: sealKind,
      clientKey: this.key.publicKey,
      gateKey: accept.gateKey,
      gateStaticKey: accept.gateStaticKey,
      extra: sessionBytes(accept.session),
    };
    const keys = clientSessionKeys(primitives, transcript, this.key);
    const token = new Uint8Array(RESET_TOKEN_BYTES);
    if (keys === null) return null;
    if (!primitives.aead(sealKind, keys.toClient).open(0, head, accept.confirmation, token, 0)) return null;
    this.resetToken = token;
    return keys;
  }

  private openWith({ session, sealKind }: Accept, keys: SessionKeys): void {
    const { host } = this;
    if (host === null) return;
    this.stopTimers();
    this.session = session;
    const wire = sealKind === SealKind.none ? "plain" : "sealed";
    const setup = {
      session,
      wire,
      sealKind: this.options.sealKind,
      receiveKey: keys.toClient,
      sendKey: keys.toGate,
      address: this.gate,
    } as const;
    const pipe = host.openPipe(host.port.addPeer(setup), setup);
    this.pipe = pipe;
    pipe.frameBytesMax = this.frameBytesMax;
    pipe.onFrame = (frame) => this.onFrame?.(frame);
    pipe.onClose = (reason) => {
      this.state = "closed";
      this.reportClose(reason);
    };
    this.state = "open";
    this.options.onSettled?.(true);
    this.onOpen?.();
  }

  private handleReset(bytes: Uint8Array): void {
    const reset = decodeDatagram(new ByteReader(bytes), resetDatagram);
    const { session } = this;
    if (reset === null || session === null || !isSameBytes(reset.token, this.resetToken)) return;
    if (reset.session.low !== session.low || reset.session.high !== session.high) return;
    this.pipe?.drop("the gate does not know this connection");
  }

  private stopTimers(): void {
    const { scheduler } = this.options.driver;
    for (const timer of [this.retry, this.deadline]) if (timer !== null) scheduler.clearTimer(timer);
    this.retry = null;
    this.deadline = null;
  }

  private reportClose(reason: string): void {
    if (this.isCloseReported) return;
    this.isCloseReported = true;
    this.onClose?.(reason);
  }
}
