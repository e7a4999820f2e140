/**
 * The gate's end of a connection that may become encrypted: its first frame decides. What is above it sees a plain Connection, and by
 * `isSecure` whether its client can be overheard. Pure; for transports that keep order and are not encrypted themselves (WebSocket).
 */
import { AeonError, errorDetail } from "../base/errors.js";
import type { Counter } from "../base/metrics.js";
import type { Random } from "../base/random.js";
import { PACKET_HEADROOM_BYTES, type PacketBuffer, PacketPool } from "./packet-buffer.js";
import { KEY_BYTES, type KeyPair, type SealPrimitives, TAG_BYTES } from "./seal.js";
import { answerSecureHello, isSecureHello, type SealedFrames } from "./secure-handshake.js";
import type { Connection, ConnectionState } from "./transport.js";

export interface GateSealOptions {
  readonly primitives: SealPrimitives;
  /** What the cluster's gates are known by. */
  readonly staticKey: KeyPair;
  /** Cryptographic. */
  readonly random: Random;
}

export interface GateSealCounters {
  readonly connectionsSealed: Counter;
  /** Handshakes refused, and connections cut because a frame did not open. */
  readonly sealFailures: Counter;
}

/** One for all connections of a gate. */
export class GateSeal {
  readonly options: GateSealOptions;
  readonly counters: GateSealCounters;
  /** Sealed packets, until the system has them. */
  readonly packets = new PacketPool();

  constructor(options: GateSealOptions, counters: GateSealCounters) {
    this.options = options;
    this.counters = counters;
  }

  /** The connection to use instead, from its first frame on. */
  wrap(connection: Connection): Connection {
    return new SealableConnection(connection, this);
  }
}

class SealableConnection implements Connection {
  onOpen: (() => void) | null = null;
  onFrame: ((frame: Uint8Array) => void) | null = null;
  onClose: ((reason: string) => void) | null = null;
  private readonly inner: Connection;
  private readonly seal: GateSeal;
  /** Null: in the clear, or nothing has come yet. */
  private frames: SealedFrames | null = null;
  private isDecided = false;

  constructor(inner: Connection, seal: GateSeal) {
    this.inner = inner;
    this.seal = seal;
    inner.onOpen = () => this.onOpen?.();
    inner.onFrame = (frame) => this.receive(frame);
    inner.onClose = (reason) => this.onClose?.(reason);
  }

  get state(): ConnectionState {
    return this.inner.state;
  }

  get remote(): string {
    return this.inner.remote;
  }

  get bufferedBytes(): number {
    return this.inner.bufferedBytes;
  }

  get isSecure(): boolean {
    return this.frames !== null || this.inner.isSecure === true;
  }

  send(frame: Uint8Array): void {
    const { frames } = this;
    if (frames === null) this.inner.send(frame);
    else this.sendSealed(frames, frame);
  }

  sendPacket(packet: PacketBuffer): void {
    const { frames, inner } = this;
    if (frames !== null) this.sendSealed(frames, packet.written());
    else if (inner.sendPacket !== undefined) inner.sendPacket(packet);
    else inner.send(packet.written());
  }

  close(reason?: string): void {
    this.inner.close(reason);
  }

  private sendSealed(frames: SealedFrames, frame: Uint8Array): void {
    const { inner, seal } = this;
    if (inner.state !== "open") return;
    if (frames.isUsedUp) {
      this.fail("the connection's key is used up");
      return;
    }
    const sealed = seal.packets.take(PACKET_HEADROOM_BYTES + frame.length + TAG_BYTES);
    frames.seal(frame, sealed.bytes, sealed.start);
    sealed.end = sealed.start + frame.length + TAG_BYTES;
    if (inner.sendPacket !== undefined) inner.sendPacket(sealed);
    else inner.send(sealed.written());
    sealed.release();
  }

  private receive(frame: Uint8Array): void {
    const { frames } = this;
    if (frames !== null) this.receiveSealed(frames, frame);
    else if (!this.isDecided && isSecureHello(frame)) this.handleSecureHello(frame);
    else {
      this.isDecided = true;
      this.onFrame?.(frame);
    }
  }

  private receiveSealed(frames: SealedFrames, sealed: Uint8Array): void {
    const frame = frames.open(sealed);
    if (frame === null) this.fail("a frame was changed, repeated or left out on its way");
    else this.onFrame?.(frame);
  }

  private handleSecureHello(frame: Uint8Array): void {
    this.isDecided = true;
    const { primitives, staticKey, random } = this.seal.options;
    try {
      const ephemeral = primitives.keyPair(random.bytes(KEY_BYTES));
      const answer = answerSecureHello(primitives, frame, ephemeral, staticKey);
      this.inner.send(answer.frame);
      this.frames = answer.frames;
      this.seal.counters.connectionsSealed.add();
    } catch (error) {
      if (!(error instanceof AeonError)) throw error;
      this.fail(errorDetail(error));
    }
  }

  /** Cuts the connection; its session, if it has one, may be resumed on another. */
  private fail(reason: string): void {
    this.seal.counters.sealFailures.add();
    this.inner.onFrame = null;
    this.inner.close(`CLIENT_ENCRYPTION: ${reason}`);
  }
}
