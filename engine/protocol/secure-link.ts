/**
 * How a client and a gate agree on keys over a WebSocket that is not `wss`, before anything else is said (engine/net/seal.ts has the
 * schedule). A client that does not ask for it begins with clientHello of client-link.ts, which the first byte tells.
 *
 *   client ──► gate    u8 64 | body      secureHello, in the clear
 *   client ◄── gate    u8 64 | body      secureAccept, in the clear
 *   then both ways     ciphertext | 16 tag
 *
 * Each sealed frame is one frame of client-link.ts. Its packet number, from 1 in each direction, is not sent: a WebSocket keeps order, so
 * both ends count, and a frame that was dropped, repeated, moved or changed on the way does not open. Number 0 is the confirmation's.
 * Ids are never used again; retired ids: none.
 */
import { blob, list, message, u8 } from "./message.js";

export const SECURE_VERSION = 1;
const KEY_BYTES = 32;
const TAG_BYTES = 16;
const KINDS_MAX = 8;

export const SecureToGate = {
  secureHello: message(64, "First frame of a connection that is to be encrypted.", 128, {
    version: u8,
    /** Seal kinds that the client has, the one it likes best first. */
    kinds: list(u8, KINDS_MAX),
    /** Ephemeral X25519 key. */
    clientKey: blob(KEY_BYTES),
  }),
} as const;

export const SecureToClient = {
  secureAccept: message(64, "Answers secureHello; what follows is sealed.", 128, {
    /** The one of the client's kinds that is used. */
    kind: u8,
    /** Ephemeral. */
    gateKey: blob(KEY_BYTES),
    /** The key that the cluster's gates are known by. */
    gateStaticKey: blob(KEY_BYTES),
    /** Nothing, sealed under packet number 0: who made it holds both keys. */
    confirmation: blob(TAG_BYTES),
  }),
} as const;
