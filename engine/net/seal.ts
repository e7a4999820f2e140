/**
 * Keys and sealing of a client's connection, without a line of cryptography of its own: the primitives are passed in (Node:
 * node-seal.ts; a browser: any library). Pure; both ends and every transport use this one schedule.
 *
 *   client                                               gate
 *     ephemeral key C ───────────────────────────────────►
 *     ◄─────────────────────── ephemeral key G, static key S, sealed confirmation
 *
 *   salt = SHA-256(transcript)      secrets = X25519(C, G) ‖ X25519(C, S)      keys = HKDF-SHA256(secrets, salt), one per direction
 *
 * The transcript is everything that was said and what was agreed on, so that nobody in between can change a byte of it. The gate proves
 * that it holds S by the confirmation, which is sealed with the gate's key under packet number 0; a client that pins S talks to nobody
 * else. The client proves nothing but that it holds C: who it is, the session's token says. Packet numbers are the nonces: each is used
 * once, and SEALED_PACKETS_MAX of them at most.
 */
import { ByteWriter } from "../base/bytes.js";

/** Wire numbers of what may seal a connection. `none`: it goes in the clear. Retired: none. */
export const SealKind = { none: 0, aes256Gcm: 1, chacha20Poly1305: 2 } as const;
export type SealKind = (typeof SealKind)[keyof typeof SealKind];

/** X25519: both halves of a pair, and what two ends agree on. */
export const KEY_BYTES = 32;
/** Of every AEAD here. */
export const TAG_BYTES = 16;
/** 96 bits: four zeros, then the packet number, u64 little-endian. */
export const NONCE_BYTES = 12;
/** Packets under one key; then the connection closes, and its session resumes on another. Far below what the AEADs bear. */
export const SEALED_PACKETS_MAX = 2 ** 32;

export interface KeyPair {
  /** KEY_BYTES. */
  readonly publicKey: Uint8Array;
  /** As the library wants it; never leaves the process. */
  readonly privateKey: unknown;
}

/** One direction's key, ready for use. */
export interface Aead {
  /** Writes the ciphertext and then its tag: `plain.length + TAG_BYTES` bytes from `outAt`. `out` must not overlap `plain`. */
  seal(packetNumber: number, head: Uint8Array, plain: Uint8Array, out: Uint8Array, outAt: number): void;
  /** The opposite, into `out` from `outAt`: `sealed.length - TAG_BYTES` bytes. False: it was not sealed with this key, number and head. */
  open(packetNumber: number, head: Uint8Array, sealed: Uint8Array, out: Uint8Array, outAt: number): boolean;
}

/** What a library of cryptography gives. */
export interface SealPrimitives {
  sha256(data: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** The X25519 pair of a secret: KEY_BYTES of cryptographic randomness. */
  keyPair(secret: Uint8Array): KeyPair;
  /** X25519; null when the other end's key is no good (of low order, or the wrong length). */
  agree(own: KeyPair, theirPublicKey: Uint8Array): Uint8Array | null;
  /** `kind`: not none. */
  aead(kind: SealKind, key: Uint8Array): Aead;
}

export interface Transcript {
  /** Which handshake this is: its name and version, so that no message of one is good in another. */
  readonly context: string;
  readonly kind: SealKind;
  readonly clientKey: Uint8Array;
  readonly gateKey: Uint8Array;
  readonly gateStaticKey: Uint8Array;
  /** Whatever else both ends have seen, such as a session id. */
  readonly extra: Uint8Array;
}

export interface SessionKeys {
  readonly toGate: Uint8Array;
  readonly toClient: Uint8Array;
}

const encoder = new TextEncoder();
const NO_SALT = new Uint8Array(KEY_BYTES);

/** RFC 5869 with SHA-256, for outputs of one block (32 bytes). */
function expand(primitives: SealPrimitives, key: Uint8Array, info: string): Uint8Array {
  const text = encoder.encode(info);
  const block = new Uint8Array(text.length + 1);
  block.set(text);
  block[text.length] = 1;
  return primitives.hmacSha256(key, block);
}

/** A key for one purpose from a secret that serves several. */
export function derivedKey(primitives: SealPrimitives, secret: string, purpose: string): Uint8Array {
  return expand(primitives, primitives.hmacSha256(NO_SALT, encoder.encode(secret)), purpose);
}

/**
 * The pair that a cluster's gates are known by: the same for all of them and after every start, since it follows from the cluster's
 * secret. Clients may pin its public half.
 */
export function gateKeyPair(primitives: SealPrimitives, clusterSecret: string): KeyPair {
  return primitives.keyPair(derivedKey(primitives, clusterSecret, "aeon gate static key 1"));
}

/** `secrets`: X25519 of client and gate ephemeral, then of client ephemeral and gate static. */
export function sessionKeys(
  primitives: SealPrimitives,
  transcript: Transcript,
  secrets: readonly [Uint8Array, Uint8Array],
): SessionKeys {
  const salt = primitives.sha256(transcriptBytes(transcript));
  const material = new Uint8Array(2 * KEY_BYTES);
  material.set(secrets[0], 0);
  material.set(secrets[1], KEY_BYTES);
  const key = primitives.hmacSha256(salt, material);
  return {
    toGate: expand(primitives, key, "aeon client to gate"),
    toClient: expand(primitives, key, "aeon gate to client"),
  };
}

/** The gate's side: null when the client's key is no good. */
export function gateSessionKeys(
  primitives: SealPrimitives,
  transcript: Transcript,
  ephemeral: KeyPair,
  fixed: KeyPair,
): SessionKeys | null {
  const [first, second] = [
    primitives.agree(ephemeral, transcript.clientKey),
    primitives.agree(fixed, transcript.clientKey),
  ];
  return first === null || second === null ? null : sessionKeys(primitives, transcript, [first, second]);
}

/** The client's side: null when one of the gate's keys is no good. */
export function clientSessionKeys(
  primitives: SealPrimitives,
  transcript: Transcript,
  ephemeral: KeyPair,
): SessionKeys | null {
  const [first, second] = [
    primitives.agree(ephemeral, transcript.gateKey),
    primitives.agree(ephemeral, transcript.gateStaticKey),
  ];
  return first === null || second === null ? null : sessionKeys(primitives, transcript, [first, second]);
}

function transcriptBytes({ context, kind, clientKey, gateKey, gateStaticKey, extra }: Transcript): Uint8Array {
  const writer = new ByteWriter(256);
  writer.text(context);
  writer.u8(kind);
  for (const part of [clientKey, gateKey, gateStaticKey, extra]) writer.blob(part);
  return writer.copy();
}

/** The nonce of a packet number, into NONCE_BYTES that are zero but for it. */
export function writeNonce(nonce: Uint8Array, packetNumber: number): void {
  let rest = packetNumber;
  for (let at = 4; at < NONCE_BYTES; at++) {
    nonce[at] = rest & 0xff;
    rest = Math.floor(rest / 256);
  }
}

/** In a time that does not depend on where they differ. */
export function isSameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let i = 0; i < one.length; i++) difference |= (one[i] as number) ^ (other[i] as number);
  return difference === 0;
}
