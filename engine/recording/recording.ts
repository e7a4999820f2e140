/**
 * A recording as it is read: which records there are and when, and a playback that brings its ops to a sink. Whole in memory (a file is
 * at most `game.recordBytesMax`); one look through the file when it is opened, which checks every byte. Runs in browsers and in Node.
 */
import { ByteReader } from "../base/bytes.js";
import { AeonError, errorText } from "../base/errors.js";
import { DefinitionTable } from "../property/definition.js";
import type { OpSink } from "../property/op-sink.js";
import {
  checkOf,
  FORMAT_VERSION,
  MAGIC,
  PREAMBLE_BYTES,
  RECORD,
  RECORD_HEAD_BYTES,
  type RecordingEnding,
  type RecordingHeader,
  WRITTEN_ENDINGS,
} from "./format.js";
import { applyOps } from "./op-codec.js";

/** Ops that became visible together; they stand in `bytes[start, end)`. */
export interface OpsRecord {
  /** Since the beginning. */
  readonly atMs: number;
  readonly count: number;
  readonly start: number;
  readonly end: number;
}

export class Recording {
  readonly bytes: Uint8Array;
  readonly header: RecordingHeader;
  readonly definitions: DefinitionTable;
  /** In order of time. */
  readonly records: readonly OpsRecord[];
  readonly ending: RecordingEnding;

  private constructor(bytes: Uint8Array, header: RecordingHeader, records: OpsRecord[], ending: RecordingEnding) {
    this.bytes = bytes;
    this.header = header;
    this.definitions = DefinitionTable.fromJson(header.definitions);
    this.records = records;
    this.ending = ending;
  }

  /**
   * The bytes are not copied and must not change. Throws RECORDING_INVALID: it is no recording, or damaged (not: cut short);
   * RECORDING_VERSION: it was written by a later engine.
   */
  static open(bytes: Uint8Array): Recording {
    try {
      return Recording.read(bytes);
    } catch (error) {
      throw invalid(error);
    }
  }

  get durationMs(): number {
    return this.records.at(-1)?.atMs ?? 0;
  }

  get opCount(): number {
    return this.records.reduce((sum, { count }) => sum + count, 0);
  }

  private static read(bytes: Uint8Array): Recording {
    const reader = new ByteReader(bytes);
    readPreamble(reader);
    if (!nextRecord(reader)) throw new AeonError("RECORDING_INVALID", "it ends before its first record does");
    if (reader.u8() !== RECORD.header) throw new AeonError("RECORDING_INVALID", "its first record is no header");
    const header = headerFrom(reader.text());
    const records: OpsRecord[] = [];
    let ending: RecordingEnding = "cut";
    while (ending === "cut" && nextRecord(reader)) {
      const kind = reader.u8();
      if (kind === RECORD.ops) records.push(readOpsHead(reader, records.at(-1)?.atMs ?? 0));
      else if (kind === RECORD.end) ending = endingFrom(reader.text());
      else throw new AeonError("RECORDING_INVALID", `it holds a record of kind ${kind}`);
    }
    return new Recording(bytes, header, records, ending);
  }
}

/** Brings a recording's ops to a sink, from its beginning on. Going back is a new playback into a new sink. */
export class Playback {
  /** The moment that the sink stands at. */
  atMs = 0;
  private readonly recording: Recording;
  private readonly into: OpSink;
  private readonly onRecord: ((atMs: number) => void) | null;
  private readonly reader: ByteReader;
  private next = 0;

  /** `onRecord` hears the time of each record before its ops. */
  constructor(recording: Recording, into: OpSink, onRecord: ((atMs: number) => void) | null = null) {
    this.recording = recording;
    this.into = into;
    this.onRecord = onRecord;
    this.reader = new ByteReader(recording.bytes);
  }

  get isAtEnd(): boolean {
    return this.next === this.recording.records.length;
  }

  /** Brings everything up to this moment, itself included; the number of ops. Throws RECORDING_INVALID. */
  advanceTo(ms: number): number {
    const { records } = this.recording;
    let count = 0;
    for (let record = records[this.next]; record !== undefined && record.atMs <= ms; record = records[this.next]) {
      this.next++;
      this.onRecord?.(record.atMs);
      count += this.apply(record);
    }
    this.atMs = Math.max(this.atMs, ms);
    return count;
  }

  private apply({ start, end, count, atMs }: OpsRecord): number {
    try {
      const applied = applyOps(this.reader.window(start, end), this.into);
      if (applied !== count) throw new AeonError("BYTES_MALFORMED", `${applied} ops where ${count} are said to be`);
      return applied;
    } catch (error) {
      throw invalid(error, `at ${Math.round(atMs)} ms: `);
    }
  }
}

function readPreamble(reader: ByteReader): void {
  const isMagic = reader.remaining >= PREAMBLE_BYTES && MAGIC.every((byte) => reader.u8() === byte);
  if (!isMagic) throw new AeonError("RECORDING_INVALID", "it does not begin as one");
  const version = reader.u8();
  if (version !== FORMAT_VERSION) throw new AeonError("RECORDING_VERSION", `version ${version}, not ${FORMAT_VERSION}`);
}

/** Narrows the reader to the payload of the record behind its window; false: the file ends before the record does. */
function nextRecord(reader: ByteReader): boolean {
  const { bytes } = reader;
  const at = reader.at === PREAMBLE_BYTES ? PREAMBLE_BYTES : reader.end;
  const payload = at + RECORD_HEAD_BYTES;
  if (payload > bytes.length) return false;
  reader.window(at, payload);
  const [length, lengthCheck, check] = [reader.u32(), reader.u32(), reader.u32()];
  if (checkOf(bytes, at, at + 4) !== lengthCheck)
    throw new AeonError("RECORDING_INVALID", `a record's length was changed (at byte ${at})`);
  if (payload + length > bytes.length) return false;
  if (checkOf(bytes, payload, payload + length) !== check)
    throw new AeonError("RECORDING_INVALID", `a record was changed (at byte ${at})`);
  reader.window(payload, payload + length);
  return true;
}

function readOpsHead(reader: ByteReader, notBeforeMs: number): OpsRecord {
  const atMs = reader.f64();
  if (!(atMs >= notBeforeMs && atMs < Number.MAX_SAFE_INTEGER))
    throw new AeonError("RECORDING_INVALID", "a record's time is before that of the one before");
  return { atMs, count: reader.uvar(), start: reader.at, end: reader.end };
}

function endingFrom(text: string): RecordingEnding {
  const ending = WRITTEN_ENDINGS.find((known) => known === text);
  if (ending === undefined) throw new AeonError("RECORDING_INVALID", "it says of its end what is not known");
  return ending;
}

function headerFrom(json: string): RecordingHeader {
  const header = JSON.parse(json) as Partial<Record<keyof RecordingHeader, unknown>> | null;
  const { game, stream, startedWallMs, tickMs, definitions, trace } = header ?? {};
  const isWhole =
    typeof game === "string" &&
    typeof stream === "number" &&
    typeof startedWallMs === "number" &&
    typeof tickMs === "number" &&
    typeof definitions === "string";
  if (!isWhole) throw new AeonError("RECORDING_INVALID", "its header lacks something");
  return { game, stream, startedWallMs, tickMs, definitions, ...(trace === undefined ? {} : { trace }) };
}

function invalid(error: unknown, where = ""): AeonError {
  if (error instanceof AeonError && error.code.startsWith("RECORDING_")) return error;
  return new AeonError("RECORDING_INVALID", `${where}${errorText(error)}`, { cause: error });
}
