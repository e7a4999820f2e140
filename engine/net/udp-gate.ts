/**
 * A gate's end of the UDP handshake (drawn in engine/protocol/datagram.ts): answers strangers within budgets, makes sessions of those
 * whose cookie came back, and connections of those whose first packet opens right. Everything after that is kcp-pipe.ts and, above it,
 * the same session layer as over WebSocket.
 *
 * What a stranger can cost: for a HELLO one HMAC and fewer bytes than it sent, `strangersPerSecondMax` times a second; for an OPEN with a
 * good cookie two X25519 and a row in `openings` until it expires, within what `admits` lets through and `openingsMax`. Pure; one thread.
 */
import { ByteReader, ByteWriter } from "../base/bytes.js";
import { bytesToBase64Url } from "../base/ids.js";
import type { Log } from "../base/log.js";
import type { Counter, Metrics } from "../base/metrics.js";
import type { Random } from "../base/random.js";
import type { Scheduler } from "../base/scheduler.js";
import { TokenBucket } from "../base/token-bucket.js";
import {
  ACCEPT_HEAD_BYTES,
  acceptDatagram,
  answerDatagram,
  cookieDatagram,
  DATAGRAM_VERSION,
  DatagramType,
  decodeDatagram,
  echoOf,
  encodeDatagram,
  type GateOffer,
  helloDatagram,
  type Open,
  openDatagram,
  queryDatagram,
  RESET_BYTES,
  RESET_TOKEN_BYTES,
  Refusal,
  readI32,
  refuseDatagram,
  resetDatagram,
  type SessionId,
  sessionHighOf,
  sessionKeyOf,
} from "../protocol/datagram.js";
import { type BatchPort, NO_PEER, type PeerHandle, type PeerSetup } from "./batch-port.js";
import { CookieJar } from "./cookie.js";
import { ADDRESS_BYTES, hostOf } from "./ip-address.js";
import type { KcpPipe } from "./kcp-pipe.js";
import type { PipeDriver } from "./pipe-driver.js";
import { PipeHost } from "./pipe-host.js";
import type { PipeTuning } from "./pipe-tuning.js";
import {
  derivedKey,
  gateSessionKeys,
  KEY_BYTES,
  type KeyPair,
  SealKind,
  type SealPrimitives,
  type SessionKeys,
  TAG_BYTES,
  type Transcript,
} from "./seal.js";
import type { Connection } from "./transport.js";

/** Of the transcript: this handshake and no other. */
export const UDP_HANDSHAKE = "aeon udp 1";
/** Of the budgets of strangers: short, so that no burst of them takes a turn for itself. */
const WINDOW_MS = 100;
const SWEEP_MS = 1_000;
/** KCP's command for data, and where it stands. */
const KCP_PUSH = 81;
const KCP_COMMAND_AT = 4;
const KCP_HEAD_BYTES = 24;
const NO_KEY = new Uint8Array(0);

/** Which seals a gate takes: none only, what the client asks for, or any but none. */
export type EncryptionPolicy = "off" | "offered" | "required";

export interface UdpGateOptions {
  readonly port: BatchPort;
  readonly driver: PipeDriver;
  readonly scheduler: Scheduler;
  /** Cryptographic: session ids, keys and cookies are made of it. */
  readonly random: Random;
  readonly primitives: SealPrimitives;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly tuning: PipeTuning;
  /** What clients may pin. */
  readonly staticKey: KeyPair;
  /** Of the cluster: reset tokens follow from it, so that a gate that was started again knows those it gave before. */
  readonly secret: string;
  readonly encryption: EncryptionPolicy;
  /** KCP as its C code sends it, and nothing else: no cookie, no key. */
  readonly isReference: boolean;
  /** HELLOs answered per second; OPENs looked at, and RESETs and ANSWERs sent, likewise. */
  readonly strangersPerSecondMax: number;
  /** Sessions whose client has not sent a packet; past it the oldest goes. */
  readonly openingsMax: number;
  readonly openingTimeoutMs: number;
  /** Whether a peer at this address may have a handshake now; paid with it. Its address is proven. */
  admits(host: string): boolean;
  onConnection(connection: Connection): void;
  /** For QUERY; null: it is not answered. */
  gates(): readonly GateOffer[] | null;
}

/** A session from its OPEN on. */
interface Opening {
  readonly key: string;
  readonly setup: PeerSetup;
  readonly peer: PeerHandle;
  readonly expiresMs: number;
  /** Sent again for a repeated OPEN; null once the client has answered. */
  accept: Uint8Array | null;
}

export class UdpGate {
  readonly pipes: PipeHost;
  private readonly options: UdpGateOptions;
  private readonly counters: UdpGateCounters;
  private readonly cookies: CookieJar;
  private readonly resetKey: Uint8Array;
  private readonly writer = new ByteWriter(1_024);
  private readonly hellos: TokenBucket;
  private readonly opens: TokenBucket;
  private readonly others: TokenBucket;
  /** Not answered yet, oldest first. */
  private readonly openings = new Set<Opening>();
  private readonly byKey = new Map<string, Opening>();
  private readonly byPeer = new Map<PeerHandle, Opening>();
  /** Low halves of the session ids in use. */
  private readonly convs = new Set<number>();
  private isSweeping = false;
  private isClosing = false;

  constructor(options: UdpGateOptions) {
    this.options = options;
    const { port, driver, scheduler, tuning, metrics, primitives, random } = options;
    const nowMs = scheduler.nowMs();
    this.counters = udpGateCounters(metrics);
    this.cookies = new CookieJar(primitives, random, nowMs);
    const { host, port: number } = port.address;
    this.resetKey = derivedKey(primitives, options.secret, `aeon udp reset 1 ${host} ${number}`);
    this.hellos = new TokenBucket(options.strangersPerSecondMax, WINDOW_MS, nowMs);
    this.opens = new TokenBucket(options.strangersPerSecondMax, WINDOW_MS, nowMs);
    this.others = new TokenBucket(options.strangersPerSecondMax, WINDOW_MS, nowMs);
    this.pipes = new PipeHost(port, driver, tuning, metrics, {
      onStranger: (bytes, start, end, addresses, at) => this.handleStranger(bytes.slice(start, end), addresses, at),
      onPeer: (peer) => this.handleFirstPacket(peer),
      onGone: (pipe) => this.handleGone(pipe),
    });
    if (!options.isReference) port.admitsStranger = (type) => this.affords(type);
    metrics.gauge("udp_sessions", () => this.pipes.size);
    metrics.gauge("udp_openings", () => this.openings.size);
    metrics.gauge("udp_waiting", () => driver.waitingCount);
  }

  /** Takes no more, ends every session in order, closes the port. */
  async close(): Promise<void> {
    this.isClosing = true;
    for (const opening of this.openings) this.drop(opening);
    await this.pipes.close("CLIENT_SHUTDOWN");
  }

  /** Whether the budget has room for one of its type: asked on arrival, so that of a flood nothing is kept and nothing copied. */
  private affords(type: number): boolean {
    const bucket = type === DatagramType.hello ? this.hellos : type === DatagramType.open ? this.opens : this.others;
    const isAffordable = bucket.take(1, this.options.scheduler.nowMs());
    if (!isAffordable) this.counters.strangersOverBudget.add();
    return isAffordable;
  }

  private handleStranger(bytes: Uint8Array, addresses: Uint8Array, at: number): void {
    if (this.options.isReference) {
      this.handleReference(bytes, addresses, at);
      return;
    }
    const type = bytes[0];
    if (type === DatagramType.hello) this.handleHello(bytes, addresses, at);
    else if (type === DatagramType.open) this.handleOpen(bytes, addresses, at);
    else if (type === DatagramType.query) this.handleQuery(bytes, addresses, at);
    else if (type === DatagramType.data || type === DatagramType.plain) this.handleLost(bytes, addresses, at);
    else this.counters.strangersMalformed.add();
  }

  private handleHello(bytes: Uint8Array, addresses: Uint8Array, at: number): void {
    const hello = decodeDatagram(new ByteReader(bytes), helloDatagram);
    if (hello === null) {
      this.counters.strangersMalformed.add();
      return;
    }
    const nowMs = this.options.scheduler.nowMs();
    if (hello.version !== DATAGRAM_VERSION) this.refuse(hello.clientKey, Refusal.version, addresses, at);
    else this.sendCookie(hello.clientKey, addresses, at, nowMs);
  }

  private sendCookie(clientKey: Uint8Array, addresses: Uint8Array, at: number, nowMs: number): void {
    this.counters.cookiesSent.add();
    const cookie = this.cookies.bake(addresses, at, clientKey, nowMs);
    const value = { echo: echoOf(clientKey), epoch: this.cookies.epoch(nowMs), cookie };
    this.pipes.sendToStranger(encodeDatagram(this.writer, cookieDatagram, value), addresses, at);
  }

  private handleOpen(bytes: Uint8Array, addresses: Uint8Array, at: number): void {
    const open = decodeDatagram(new ByteReader(bytes), openDatagram);
    if (open === null) {
      this.counters.strangersMalformed.add();
      return;
    }
    const nowMs = this.options.scheduler.nowMs();
    if (!this.cookies.isGood(open.epoch, open.cookie, addresses, at, open.clientKey, nowMs)) {
      // As if it had said hello: its cookie may just be old.
      this.counters.cookiesWrong.add();
      this.sendCookie(open.clientKey, addresses, at, nowMs);
      return;
    }
    const known = this.byKey.get(bytesToBase64Url(open.clientKey));
    if (known === undefined) this.admit(open, addresses, at, nowMs);
    else if (known.accept !== null) this.pipes.sendToStranger(known.accept, addresses, at);
  }

  private admit(open: Open, addresses: Uint8Array, at: number, nowMs: number): void {
    const refusal = this.refusalOf(open) ?? (this.options.admits(hostOf(addresses, at)) ? null : Refusal.busy);
    if (refusal !== null) {
      this.refuse(open.clientKey, refusal, addresses, at);
      return;
    }
    const opening = this.begin(open, addresses.slice(at, at + ADDRESS_BYTES), nowMs);
    if (opening === null) this.refuse(open.clientKey, Refusal.key, addresses, at);
    else this.pipes.sendToStranger(opening.accept as Uint8Array, addresses, at);
  }

  private refusalOf({ version, sealKind }: Open): Refusal | null {
    const { encryption } = this.options;
    if (version !== DATAGRAM_VERSION) return Refusal.version;
    if (this.isClosing) return Refusal.shutdown;
    const isPlain = sealKind === SealKind.none;
    const isKnown = isPlain || sealKind === SealKind.aes256Gcm || sealKind === SealKind.chacha20Poly1305;
    if (!isKnown || (encryption === "required" && isPlain) || (encryption === "off" && !isPlain)) return Refusal.seal;
    return null;
  }

  /** Null: the client's key is no good. */
  private begin(open: Open, address: Uint8Array, nowMs: number): Opening | null {
    const session = this.newSession();
    const sealKind = open.sealKind as SealKind;
    const made = sealKind === SealKind.none ? this.acceptPlain(open, session) : this.acceptSealed(open, session);
    if (made === null) return null;
    const { keys, accept } = made;
    const setup: PeerSetup = {
      session,
      wire: keys === null ? "plain" : "sealed",
      sealKind,
      receiveKey: keys?.toGate ?? NO_KEY,
      sendKey: keys?.toClient ?? NO_KEY,
      address,
    };
    return this.remember(setup, bytesToBase64Url(open.clientKey), accept, nowMs);
  }

  private remember(setup: PeerSetup, key: string, accept: Uint8Array | null, nowMs: number): Opening {
    const { options } = this;
    if (this.openings.size >= options.openingsMax) this.dropOldestOpening();
    const peer = options.port.addPeer(setup);
    const opening: Opening = { key, setup, peer, expiresMs: nowMs + options.openingTimeoutMs, accept };
    this.counters.openings.add();
    this.convs.add(setup.session.low);
    this.openings.add(opening);
    this.byKey.set(key, opening);
    this.byPeer.set(peer, opening);
    this.armSweep();
    return opening;
  }

  private acceptSealed(open: Open, session: SessionId): { keys: SessionKeys; accept: Uint8Array } | null {
    const { primitives, random, staticKey } = this.options;
    const ephemeral = primitives.keyPair(random.bytes(KEY_BYTES));
    const transcript: Transcript = {
      context: UDP_HANDSHAKE,
      kind: open.sealKind as SealKind,
      clientKey: open.clientKey,
      gateKey: ephemeral.publicKey,
      gateStaticKey: staticKey.publicKey,
      extra: sessionBytes(session),
    };
    const keys = gateSessionKeys(primitives, transcript, ephemeral, staticKey);
    if (keys === null) return null;
    const accept = this.acceptBytes(open, session, ephemeral.publicKey);
    const aead = primitives.aead(transcript.kind, keys.toClient);
    const head = accept.subarray(0, ACCEPT_HEAD_BYTES);
    aead.seal(0, head, this.resetToken(session), accept, ACCEPT_HEAD_BYTES);
    return { keys, accept };
  }

  private acceptPlain(open: Open, session: SessionId): { keys: null; accept: Uint8Array } {
    const accept = this.acceptBytes(open, session, new Uint8Array(KEY_BYTES));
    accept.set(this.resetToken(session), ACCEPT_HEAD_BYTES);
    return { keys: null, accept };
  }

  private acceptBytes(open: Open, session: SessionId, gateKey: Uint8Array): Uint8Array {
    const gateStaticKey = this.options.staticKey.publicKey;
    const confirmation = new Uint8Array(RESET_TOKEN_BYTES + TAG_BYTES);
    const echo = echoOf(open.clientKey);
    const value = { echo, session, sealKind: open.sealKind, gateKey, gateStaticKey, confirmation };
    return encodeDatagram(this.writer, acceptDatagram, value).slice();
  }

  /** Random; its low half is nobody else's. */
  private newSession(): SessionId {
    const { random } = this.options;
    let low = random.u32();
    while (low === 0 || this.convs.has(low)) low = random.u32();
    return { low, high: random.u32() };
  }

  private resetToken(session: SessionId): Uint8Array {
    return this.options.primitives.hmacSha256(this.resetKey, sessionBytes(session)).subarray(0, RESET_TOKEN_BYTES);
  }

  private refuse(clientKey: Uint8Array, refusal: Refusal, addresses: Uint8Array, at: number): void {
    this.counters.refused.add();
    const value = { echo: echoOf(clientKey), refusal };
    this.pipes.sendToStranger(encodeDatagram(this.writer, refuseDatagram, value), addresses, at);
  }

  /** Somebody goes on with a session that is not here any more. */
  private handleLost(bytes: Uint8Array, addresses: Uint8Array, at: number): void {
    if (bytes.length <= RESET_BYTES) {
      this.counters.strangersMalformed.add();
      return;
    }
    this.counters.resetsSent.add();
    const session = { low: sessionKeyOf(bytes) >>> 0, high: sessionHighOf(bytes) >>> 0 };
    const value = { session, token: this.resetToken(session) };
    this.pipes.sendToStranger(encodeDatagram(this.writer, resetDatagram, value), addresses, at);
  }

  private handleQuery(bytes: Uint8Array, addresses: Uint8Array, at: number): void {
    const query = decodeDatagram(new ByteReader(bytes), queryDatagram);
    const gates = query === null ? null : this.options.gates();
    if (query === null || gates === null) {
      this.counters.strangersMalformed.add();
      return;
    }
    const value = { echo: query.echo, gates };
    this.pipes.sendToStranger(encodeDatagram(this.writer, answerDatagram, value), addresses, at);
  }

  /** A reference client's first datagram is its session. */
  private handleReference(bytes: Uint8Array, addresses: Uint8Array, at: number): void {
    if (bytes.length < KCP_HEAD_BYTES || bytes[KCP_COMMAND_AT] !== KCP_PUSH || this.isClosing) {
      this.counters.strangersMalformed.add();
      return;
    }
    const nowMs = this.options.scheduler.nowMs();
    if (!this.options.admits(hostOf(addresses, at))) {
      this.counters.refused.add();
      return;
    }
    const session = { low: readI32(bytes, 0) >>> 0, high: 0 };
    const address = addresses.slice(at, at + ADDRESS_BYTES);
    const setup: PeerSetup = {
      session,
      wire: "reference",
      sealKind: SealKind.none,
      receiveKey: NO_KEY,
      sendKey: NO_KEY,
      address,
    };
    const { peer } = this.remember(setup, `${bytesToBase64Url(address)} ${session.low}`, null, nowMs);
    this.handleFirstPacket(peer);
    this.pipes.pipeOf(peer)?.input(bytes, 0, bytes.length, nowMs);
  }

  /** The client holds the keys: it is a connection from here on. */
  private handleFirstPacket(peer: PeerHandle): void {
    const opening = this.byPeer.get(peer);
    if (opening === undefined || peer === NO_PEER || !this.openings.delete(opening)) return;
    opening.accept = null;
    this.counters.opened.add();
    this.options.onConnection(this.pipes.openPipe(peer, opening.setup));
  }

  private handleGone(pipe: KcpPipe): void {
    const opening = this.byPeer.get(pipe.peer);
    if (opening !== undefined) this.forget(opening);
  }

  private forget(opening: Opening): void {
    this.openings.delete(opening);
    this.byKey.delete(opening.key);
    this.byPeer.delete(opening.peer);
    this.convs.delete(opening.setup.session.low);
  }

  /** Whose client never answered. */
  private drop(opening: Opening): void {
    this.counters.openingsExpired.add();
    this.options.port.removePeer(opening.peer);
    this.forget(opening);
  }

  private dropOldestOpening(): void {
    for (const oldest of this.openings) {
      this.drop(oldest);
      return;
    }
  }

  private armSweep(): void {
    if (this.isSweeping) return;
    this.isSweeping = true;
    const { scheduler } = this.options;
    scheduler.setTimer(SWEEP_MS, () => {
      this.isSweeping = false;
      const nowMs = scheduler.nowMs();
      for (const opening of this.openings) if (opening.expiresMs <= nowMs) this.drop(opening);
      if (this.openings.size > 0) this.armSweep();
    });
  }
}

/** As it stands in datagrams. */
export function sessionBytes({ low, high }: SessionId): Uint8Array {
  const writer = new ByteWriter(8);
  writer.u32(low);
  writer.u32(high);
  return writer.copy();
}

interface UdpGateCounters {
  readonly strangersMalformed: Counter;
  /** Not looked at: their kind's budget for this second was used up. */
  readonly strangersOverBudget: Counter;
  readonly cookiesSent: Counter;
  readonly cookiesWrong: Counter;
  readonly refused: Counter;
  readonly openings: Counter;
  readonly openingsExpired: Counter;
  readonly opened: Counter;
  readonly resetsSent: Counter;
}

function udpGateCounters(metrics: Metrics): UdpGateCounters {
  const counter = (name: string) => metrics.counter(`udp_${name}_total`);
  return {
    strangersMalformed: counter("strangers_malformed"),
    strangersOverBudget: counter("strangers_over_budget"),
    cookiesSent: counter("cookies_sent"),
    cookiesWrong: counter("cookies_wrong"),
    refused: counter("refused"),
    openings: counter("openings"),
    openingsExpired: counter("openings_expired"),
    opened: counter("opened"),
    resetsSent: counter("resets_sent"),
  };
}
