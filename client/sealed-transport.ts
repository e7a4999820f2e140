/**
 * Encrypts a transport's connections where that is wanted: the client's end of engine/protocol/secure-link.ts, around any ClientTransport
 * that keeps order. What is above it sees a plain Connection, which opens when the keys are agreed on.
 *
 * `auto` encrypts `ws://` to other machines. A gate that does not offer it is then taken as it is, and one that demands it on loopback gets
 * it; with a pinned key nothing is ever sent in the clear. Without one, encryption keeps listeners out and not somebody who can answer
 * in the gate's place: that takes `wss`, or the pinned key.
 */
import { ByteReader } from "../engine/base/bytes.js";
import { AeonError, errorDetail, errorText } from "../engine/base/errors.js";
import { base64UrlToBytes } from "../engine/base/ids.js";
import type { Random } from "../engine/base/random.js";
import { isLoopback } from "../engine/net/network-address.js";
import { KEY_BYTES, type SealKind, type SealPrimitives, TAG_BYTES } from "../engine/net/seal.js";
import {
  encodeSecureHello,
  readSecureAccept,
  type SealedFrames,
  type SecureOffer,
} from "../engine/net/secure-handshake.js";
import type { Connection, ConnectionState } from "../engine/net/transport.js";
import { GateToClient } from "../engine/protocol/client-link.js";
import type { ClientTransport } from "./session.js";

/** Whether connections are encrypted besides what their transport does. */
export type EncryptionMode = "auto" | "on" | "off";

export interface SealingOptions {
  readonly encryption: EncryptionMode;
  /** The public half of the gates' key, base64url; "": any gate is believed. */
  readonly gateKey: string;
  /** Seal kinds of `loadPrimitives`, the best first. */
  readonly kinds: readonly SealKind[];
  /** Called at the first connection that is encrypted. */
  readonly loadPrimitives: () => Promise<SealPrimitives>;
  /** Cryptographic. */
  readonly random: Random;
}

/** A gate that knows nothing of encryption says the first; one that has it switched off may say the second. */
const NOT_OFFERED_CODES: readonly string[] = ["CLIENT_UNLISTED", "CLIENT_ENCRYPTION"];

/** Throws CONFIG_INVALID for a key that is none. */
export function sealedTransport(transport: ClientTransport, options: SealingOptions): ClientTransport {
  const policy = new SealPolicy(options);
  const connect: ClientTransport = (url) =>
    policy.seals(url)
      ? new SealedConnection(transport(url), options, policy.pinnedKey, () => policy.noteNotOffered(url))
      : transport(url);
  connect.dials = (url) => transport.dials?.(url) ?? true;
  connect.noteEncryptionDemanded = (url) => policy.noteDemanded(url);
  return connect;
}

/** Whom to talk to in which way. */
class SealPolicy {
  readonly pinnedKey: Uint8Array | null;
  private readonly mode: EncryptionMode;
  /** What gates said about themselves, by address. */
  private readonly demanded = new Map<string, boolean>();

  constructor({ encryption, gateKey }: SealingOptions) {
    this.mode = encryption;
    this.pinnedKey = gateKey === "" ? null : keyOf(gateKey);
  }

  seals(url: string): boolean {
    const { protocol, hostname } = new URL(url);
    if (this.mode !== "auto") return this.mode === "on" && protocol.startsWith("ws");
    if (protocol !== "ws:") return false;
    const isOther = !isLoopback(hostname.replace(/^\[|\]$/g, ""));
    return this.pinnedKey !== null || (this.demanded.get(url) ?? isOther);
  }

  noteNotOffered(url: string): void {
    this.demanded.set(url, false);
  }

  /** False: it is not to be encrypted whatever the gate says, or was already. */
  noteDemanded(url: string): boolean {
    if (this.mode !== "auto" || this.seals(url)) return false;
    this.demanded.set(url, true);
    return this.seals(url);
  }
}

function keyOf(text: string): Uint8Array {
  const bytes = base64UrlToBytes(text);
  if (bytes.length !== KEY_BYTES)
    throw new AeonError("CONFIG_INVALID", `a gate's key is ${KEY_BYTES} bytes in base64url`);
  return bytes;
}

class SealedConnection implements Connection {
  state: ConnectionState = "connecting";
  readonly isSecure = true;
  onOpen: (() => void) | null = null;
  onFrame: ((frame: Uint8Array) => void) | null = null;
  onClose: ((reason: string) => void) | null = null;
  private readonly inner: Connection;
  private readonly options: SealingOptions;
  private readonly pinnedKey: Uint8Array | null;
  private readonly onNotOffered: () => void;
  private primitives: SealPrimitives | null = null;
  private offer: SecureOffer | null = null;
  private frames: SealedFrames | null = null;
  private isCloseReported = false;

  constructor(inner: Connection, options: SealingOptions, pinnedKey: Uint8Array | null, onNotOffered: () => void) {
    this.inner = inner;
    this.options = options;
    this.pinnedKey = pinnedKey;
    this.onNotOffered = onNotOffered;
    inner.onOpen = () => this.sayHello();
    inner.onFrame = (frame) => this.receive(frame);
    inner.onClose = (reason) => this.reportClose(reason);
    options.loadPrimitives().then(
      (primitives) => {
        this.primitives = primitives;
        this.sayHello();
      },
      (error: unknown) => this.fail(`no cryptography: ${errorText(error)}`),
    );
  }

  get remote(): string {
    return this.inner.remote;
  }

  get bufferedBytes(): number {
    return this.inner.bufferedBytes;
  }

  send(frame: Uint8Array): void {
    if (this.state !== "open" || this.frames === null) return;
    if (this.frames.isUsedUp) {
      this.fail("the connection's key is used up");
      return;
    }
    const sealed = new Uint8Array(frame.length + TAG_BYTES);
    this.frames.seal(frame, sealed, 0);
    this.inner.send(sealed);
  }

  close(reason?: string): void {
    this.state = "closed";
    this.inner.close(reason);
  }

  /** When both the connection and the library are there. */
  private sayHello(): void {
    const { primitives, inner } = this;
    if (primitives === null || this.offer !== null || inner.state !== "open" || this.state === "closed") return;
    const { kinds, random } = this.options;
    const ephemeral = primitives.keyPair(random.bytes(KEY_BYTES));
    this.offer = { kinds, ephemeral, pinnedKey: this.pinnedKey };
    inner.send(encodeSecureHello(kinds, ephemeral.publicKey));
  }

  private receive(frame: Uint8Array): void {
    if (this.state === "closed") return;
    if (this.frames === null) {
      this.handleAnswer(frame);
      return;
    }
    const opened = this.frames.open(frame);
    if (opened === null) this.fail("a frame was changed, repeated or left out on its way");
    else this.onFrame?.(opened);
  }

  private handleAnswer(frame: Uint8Array): void {
    const { primitives, offer } = this;
    try {
      if (frame[0] === GateToClient.serverClose.id) {
        this.handleRefusal(frame);
        return;
      }
      if (primitives === null || offer === null) throw new AeonError("CLIENT_ENCRYPTION", "the gate spoke first");
      this.frames = readSecureAccept(primitives, frame, offer);
    } catch (error) {
      this.fail(errorDetail(error));
      return;
    }
    this.state = "open";
    this.onOpen?.();
  }

  /** The gate closes before there are keys. Nothing in it is a secret, and whoever forged it could as well cut the line. */
  private handleRefusal(frame: Uint8Array): void {
    const { code } = GateToClient.serverClose.body.read(new ByteReader(frame, 1));
    if (!NOT_OFFERED_CODES.includes(code)) {
      this.onFrame?.(frame);
      return;
    }
    this.onNotOffered();
    this.fail("the gate does not offer it");
  }

  private fail(reason: string): void {
    if (this.state === "closed") return;
    this.close();
    this.reportClose(`CLIENT_ENCRYPTION: ${reason}`);
  }

  private reportClose(reason: string): void {
    this.state = "closed";
    if (this.isCloseReported) return;
    this.isCloseReported = true;
    this.onClose?.(reason);
  }
}
