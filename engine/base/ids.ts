/**
 * Ids of entities (12 bytes, 16 characters) and clients (16 bytes, 22 characters), as base64url text in memory and raw bytes
 * on the wire. An entity's id begins with its birth second, so that ids made close together lie close together in a store.
 */
import { type ByteReader, ByteWriter } from "./bytes.js";
import { AeonError } from "./errors.js";
import type { Random } from "./random.js";

/** 16 characters of base64url; unique in the cluster and for all time. */
export type EntityId = string;
/** 22 characters of base64url; made by the client before it connects. */
export type ClientId = string;
/** A process start, numbered by the gamemanager; 0 is none. A safe integer. */
export type Incarnation = number;

export const ENTITY_ID_BYTES = 12;
export const ENTITY_ID_CHARS = 16;
export const CLIENT_ID_BYTES = 16;
export const CLIENT_ID_CHARS = 22;

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUE_OF = new Int8Array(128).fill(-1);
for (let i = 0; i < ALPHABET.length; i++) VALUE_OF[ALPHABET.charCodeAt(i)] = i;

export function bytesToBase64Url(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text += ALPHABET[(held >> bits) & 0x3f];
    }
    held &= (1 << bits) - 1;
  }
  if (bits > 0) text += ALPHABET[(held << (6 - bits)) & 0x3f];
  return text;
}

/** Throws BYTES_MALFORMED for a character outside the alphabet. */
export function base64UrlToBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((text.length * 6) / 8));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const value = VALUE_OF[text.charCodeAt(i)] ?? -1;
    if (value < 0) throw new AeonError("BYTES_MALFORMED", `"${text}" is not base64url`);
    held = (held << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >> bits) & 0xff;
      held &= (1 << bits) - 1;
    }
  }
  return bytes;
}

export function makeEntityId(wallMs: number, random: Random): EntityId {
  const writer = new ByteWriter(ENTITY_ID_BYTES);
  const second = Math.floor(wallMs / 1000) >>> 0;
  for (const shift of [24, 16, 8, 0]) writer.u8((second >>> shift) & 0xff);
  writer.raw(random.bytes(ENTITY_ID_BYTES - 4));
  return bytesToBase64Url(writer.written());
}

export function makeClientId(random: Random): ClientId {
  return bytesToBase64Url(random.bytes(CLIENT_ID_BYTES));
}

export function isEntityId(text: string): boolean {
  if (text.length !== ENTITY_ID_CHARS) return false;
  for (let i = 0; i < text.length; i++) if ((VALUE_OF[text.charCodeAt(i)] ?? -1) < 0) return false;
  return true;
}

export function writeEntityId(writer: ByteWriter, id: EntityId): void {
  const bytes = base64UrlToBytes(id);
  if (bytes.length !== ENTITY_ID_BYTES) throw new AeonError("BYTES_MALFORMED", `"${id}" is not an entity id`);
  writer.raw(bytes);
}

export function readEntityId(reader: ByteReader): EntityId {
  return bytesToBase64Url(reader.raw(ENTITY_ID_BYTES));
}
