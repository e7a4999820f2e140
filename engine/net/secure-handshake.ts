/**
 * The two sides of the handshake in engine/protocol/secure-link.ts as pure functions, and the frames after it. A connection of its own is
 * made of them at the gate (gate-seal.ts) and at the client (client/sealed-transport.ts).
 */
import { ByteReader, ByteWriter } from "../base/bytes.js";
import { AeonError } from "../base/errors.js";
import { encodeMessage, type Message } from "../protocol/message.js";
import { SECURE_VERSION, SecureToClient, SecureToGate } from "../protocol/secure-link.js";
import {
  type Aead,
  clientSessionKeys,
  gateSessionKeys,
  isSameBytes,
  KEY_BYTES,
  type KeyPair,
  SEALED_PACKETS_MAX,
  SealKind,
  type SealPrimitives,
  TAG_BYTES,
  type Transcript,
} from "./seal.js";

const CONTEXT = "aeon websocket 1";
const NO_HEAD = new Uint8Array(0);
const NOTHING = new Uint8Array(0);

/** Both directions after the handshake. */
export class SealedFrames {
  private readonly sending: Aead;
  private readonly receiving: Aead;
  private sentCount = 0;
  private receivedCount = 0;

  constructor(sending: Aead, receiving: Aead) {
    this.sending = sending;
    this.receiving = receiving;
  }

  /** The key has sealed as much as it may: the connection must end. */
  get isUsedUp(): boolean {
    return this.sentCount >= SEALED_PACKETS_MAX || this.receivedCount >= SEALED_PACKETS_MAX;
  }

  /** Writes `frame.length + TAG_BYTES` bytes from `outAt`. To be sent next, since the other end counts too. */
  seal(frame: Uint8Array, out: Uint8Array, outAt: number): void {
    this.sentCount++;
    this.sending.seal(this.sentCount, NO_HEAD, frame, out, outAt);
  }

  /** Null: it is not the next frame of the other end. */
  open(sealed: Uint8Array): Uint8Array | null {
    if (sealed.length < TAG_BYTES) return null;
    this.receivedCount++;
    const frame = new Uint8Array(sealed.length - TAG_BYTES);
    return this.receiving.open(this.receivedCount, NO_HEAD, sealed, frame, 0) ? frame : null;
  }
}

export interface SecureAnswer {
  /** The secureAccept. */
  readonly frame: Uint8Array;
  readonly frames: SealedFrames;
}

/** The first byte of a connection that wants to be encrypted. */
export function isSecureHello(frame: Uint8Array): boolean {
  return frame[0] === SecureToGate.secureHello.id;
}

/** `kinds`: the client's, the best first. */
export function encodeSecureHello(kinds: readonly SealKind[], clientKey: Uint8Array): Uint8Array {
  return encoded(SecureToGate.secureHello, { version: SECURE_VERSION, kinds: [...kinds], clientKey });
}

/**
 * The gate's side. `ephemeral`: made for this connection alone. Throws BYTES_MALFORMED or BYTES_TRUNCATED for what is no secureHello, and
 * CLIENT_ENCRYPTION when its version, its kinds or its key are no good.
 */
export function answerSecureHello(
  primitives: SealPrimitives,
  frame: Uint8Array,
  ephemeral: KeyPair,
  fixed: KeyPair,
): SecureAnswer {
  const { version, kinds, clientKey } = decoded(SecureToGate.secureHello, frame);
  const kind = kinds.find(isUsable);
  if (version !== SECURE_VERSION || kind === undefined) throw new AeonError("CLIENT_ENCRYPTION", "nothing in common");
  const [gateKey, gateStaticKey] = [ephemeral.publicKey, fixed.publicKey];
  const transcript = transcriptOf({ kind, clientKey, gateKey, gateStaticKey }, kinds);
  const keys = gateSessionKeys(primitives, transcript, ephemeral, fixed);
  if (keys === null) throw new AeonError("CLIENT_ENCRYPTION", "the client's key is no good");
  const toClient = primitives.aead(kind, keys.toClient);
  const confirmation = new Uint8Array(TAG_BYTES);
  toClient.seal(0, NO_HEAD, NOTHING, confirmation, 0);
  return {
    frame: encoded(SecureToClient.secureAccept, { kind, gateKey, gateStaticKey, confirmation }),
    frames: new SealedFrames(toClient, primitives.aead(kind, keys.toGate)),
  };
}

export interface SecureOffer {
  readonly kinds: readonly SealKind[];
  readonly ephemeral: KeyPair;
  /** The gate's static key must be this one; null: any. */
  readonly pinnedKey: Uint8Array | null;
}

/** The client's side. Throws as `answerSecureHello` does, for what is no answer to this offer. */
export function readSecureAccept(primitives: SealPrimitives, frame: Uint8Array, offer: SecureOffer): SealedFrames {
  const { kind, gateKey, gateStaticKey, confirmation } = decoded(SecureToClient.secureAccept, frame);
  if (!isUsable(kind) || !offer.kinds.includes(kind)) throw new AeonError("CLIENT_ENCRYPTION", "nothing in common");
  if (offer.pinnedKey !== null && !isSameBytes(offer.pinnedKey, gateStaticKey)) {
    throw new AeonError("CLIENT_ENCRYPTION", "the gate's key is not the one that is expected");
  }
  const clientKey = offer.ephemeral.publicKey;
  const transcript = transcriptOf({ kind, clientKey, gateKey, gateStaticKey }, offer.kinds);
  const keys = clientSessionKeys(primitives, transcript, offer.ephemeral);
  const toClient = keys === null ? null : primitives.aead(kind, keys.toClient);
  if (keys === null || toClient?.open(0, NO_HEAD, confirmation, NOTHING, 0) !== true) {
    throw new AeonError("CLIENT_ENCRYPTION", "the gate does not hold its key, or somebody changed what was said");
  }
  return new SealedFrames(primitives.aead(kind, keys.toGate), toClient);
}

/** What was offered is part of it, so that nobody in between leaves kinds out. */
function transcriptOf(said: Omit<Transcript, "context" | "extra">, kinds: readonly number[]): Transcript {
  return { ...said, context: CONTEXT, extra: Uint8Array.from(kinds) };
}

function isUsable(kind: number): kind is SealKind {
  return kind !== SealKind.none && (Object.values(SealKind) as number[]).includes(kind);
}

function encoded<T>(kind: Message<T>, value: T): Uint8Array {
  const writer = new ByteWriter(2 * KEY_BYTES + 64);
  encodeMessage(writer, kind, value);
  return writer.copy();
}

/** Its blobs are copies. */
function decoded<T>({ id, body, bytesMax }: Message<T>, frame: Uint8Array): T {
  if (frame[0] !== id || frame.length - 1 > bytesMax) throw new AeonError("BYTES_MALFORMED", "no such handshake");
  const reader = new ByteReader(frame.slice(), 1);
  const value = body.read(reader);
  if (reader.remaining > 0) throw new AeonError("BYTES_MALFORMED", "a handshake is too long");
  return value;
}
