/**
 * Makes a recording out of ops: records of bytes, one for what was read between two commits. Pure: time comes in, bytes go out. Called
 * by the game's recorder on the thread that reads the stream; it never throws.
 *
 * Bound: `bytesMax`. A record that would make the file longer is not written; the recording ends there with `full`.
 */
import { ByteWriter } from "../base/bytes.js";
import type { OpSink } from "../property/op-sink.js";
import {
  beginRecord,
  endRecord,
  FORMAT_VERSION,
  MAGIC,
  RECORD,
  RECORD_HEAD_BYTES,
  type RecordingEnding,
  type RecordingHeader,
} from "./format.js";
import { OpEncoder } from "./op-codec.js";

/** A long read is cut into records of about this size, at a flush. */
const RECORD_BYTES = 256 * 1024;
/** Kept free for the record that ends the recording. */
const END_BYTES = RECORD_HEAD_BYTES + 16;
const OPS_HEAD_BYTES_MAX = RECORD_HEAD_BYTES + 1 + 8 + 8;

export interface RecordingWriterOptions {
  readonly header: RecordingHeader;
  /** Of the file. */
  readonly bytesMax: number;
  /** Monotonic. */
  nowMs(): number;
  /** Takes what stands next in the file; the receiver owns the bytes. */
  write(bytes: Uint8Array): void;
}

export class RecordingWriter {
  /** Where the stream's ops are brought. */
  readonly ops: OpSink;
  /** Null while it goes on. */
  ending: RecordingEnding | null = null;
  /** Of the file so far. */
  bytes = 0;
  private readonly options: RecordingWriterOptions;
  private readonly encoder = new OpEncoder();
  private readonly out = new ByteWriter(4096);
  private readonly beganMs: number;

  constructor(options: RecordingWriterOptions) {
    this.options = options;
    this.ops = this.encoder;
    this.beganMs = options.nowMs();
    this.encoder.onFlush = () => {
      if (this.encoder.out.length >= RECORD_BYTES) this.commit();
    };
    const { out } = this;
    out.raw(MAGIC);
    out.u8(FORMAT_VERSION);
    const at = beginRecord(out, RECORD.header);
    out.text(JSON.stringify(options.header));
    endRecord(out, at);
    this.send();
  }

  /** What came since the last commit happened now. Called where the stream is consistent: behind a flush. */
  commit(): void {
    const { encoder, out } = this;
    if (this.ending !== null || encoder.count === 0) return encoder.reset();
    const { bytesMax, nowMs } = this.options;
    if (this.bytes + encoder.out.length + OPS_HEAD_BYTES_MAX + END_BYTES > bytesMax) return this.end("full");
    const at = beginRecord(out, RECORD.ops);
    out.f64(nowMs() - this.beganMs);
    out.uvar(encoder.count);
    out.raw(encoder.out.written());
    endRecord(out, at);
    encoder.reset();
    this.send();
  }

  /** Nothing is written after this. */
  end(ending: Exclude<RecordingEnding, "cut">): void {
    if (this.ending !== null) return;
    this.ending = ending;
    const at = beginRecord(this.out, RECORD.end);
    this.out.text(ending);
    endRecord(this.out, at);
    this.send();
    this.encoder.reset();
  }

  private send(): void {
    this.bytes += this.out.length;
    this.options.write(this.out.copy());
    this.out.reset();
  }
}
