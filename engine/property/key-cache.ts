/**
 * Short text keys that were read before: the keys of many entities' maps are the same few, so that most are found here and no string is
 * made of their bytes. A fixed table; a key that falls where another stands replaces it.
 */
import type { ByteReader } from "../base/bytes.js";

const SLOTS = 1_024;
const BYTES_MAX = 32;
const HASH_SEED = 0x811c9dc5;
const HASH_PRIME = 0x01000193;

export class KeyCache {
  private readonly keys: (string | null)[] = Array.from({ length: SLOTS }, () => null);

  /** As reader.text(bytesMax). */
  read(reader: ByteReader, bytesMax: number): string {
    const { at, bytes } = reader;
    const length = bytes[at];
    if (length === undefined || length > BYTES_MAX || length >= reader.remaining) return reader.text(bytesMax);
    const start = at + 1;
    const slot = hashOf(bytes, start, length) % SLOTS;
    const key = this.keys[slot] as string | null;
    if (key !== null && isSame(key, bytes, start, length)) {
      reader.at = start + length;
      return key;
    }
    const read = reader.text(bytesMax);
    this.keys[slot] = read;
    return read;
  }
}

function hashOf(bytes: Uint8Array, start: number, length: number): number {
  let hash = HASH_SEED;
  for (let i = start; i < start + length; i++) hash = Math.imul(hash ^ (bytes[i] as number), HASH_PRIME);
  return hash >>> 0;
}

/** False for what is not ASCII. */
function isSame(key: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (key.length !== length) return false;
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i] as number;
    if (byte > 0x7f || key.charCodeAt(i) !== byte) return false;
  }
  return true;
}
