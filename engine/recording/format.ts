/**
 * A recording of one op stream, drawn. It describes itself: the first record holds the definitions that the ops refer to. All numbers
 * are little-endian; `uvar` and `text` as in engine/base/bytes.ts.
 *
 *   file       | "AEONREC" | u8 version | record … |
 *   record     | u32 length | u32 check of the length | u32 check of the payload | payload: `length` bytes |
 *   payload    | u8 kind | … |
 *     header   | JSON text: RecordingHeader |                        the first record, once
 *     ops      | f64 ms since the beginning | uvar count | op … |    consistent: script's callbacks stand in it whole
 *     end      | text ending |                                       the last record of a recording that ended in order
 *   op         | u8 op number 0–4, scope 5–7 | as in op-codec.ts |
 *
 * A file that ends amid a record was cut (kill -9, a full disk) and is good up to the record before. What is there and has another
 * check than it says was damaged, and is refused with RECORDING_INVALID.
 */
import type { ByteWriter } from "../base/bytes.js";

export const MAGIC = new TextEncoder().encode("AEONREC");
/** Raised when a reader of the version before could not read it. Op numbers, and those of the op log's cold ops, are not used again. */
export const FORMAT_VERSION = 2;
export const PREAMBLE_BYTES = MAGIC.length + 1;
export const RECORD_HEAD_BYTES = 12;

export const RECORD = { header: 1, ops: 2, end: 3 } as const;

/** Why there is no more: the game stopped; the file reached its bound; the disk was too slow. `cut`: it does not say. */
export type RecordingEnding = "closed" | "full" | "slow" | "cut";
export const WRITTEN_ENDINGS: readonly RecordingEnding[] = ["closed", "full", "slow"];

export interface RecordingHeader {
  /** The game's name, and which of its streams this is (0: it has no workers). */
  readonly game: string;
  readonly stream: number;
  /** When it began, in milliseconds since 1970. */
  readonly startedWallMs: number;
  /** Length of a tick. */
  readonly tickMs: number;
  /** DefinitionTable as JSON. */
  readonly definitions: string;
  /** Of a trace only: see trace-file.ts. */
  readonly trace?: unknown;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a over `bytes[start, end)`: any single changed byte changes it. */
export function checkOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = FNV_OFFSET;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), FNV_PRIME);
  return hash >>> 0;
}

/** Leaves room for a record's head; `endRecord` fills it in. Returns where the record begins. */
export function beginRecord(out: ByteWriter, kind: number): number {
  const at = out.reserve(RECORD_HEAD_BYTES);
  out.u8(kind);
  return at;
}

export function endRecord(out: ByteWriter, at: number): void {
  const payload = at + RECORD_HEAD_BYTES;
  out.patchU32(at, out.length - payload);
  out.patchU32(at + 4, checkOf(out.bytes, at, at + 4));
  out.patchU32(at + 8, checkOf(out.bytes, payload, out.length));
}
