/**
 * Records a stream into a file: stands beside the sync core as a second sink, on whatever thread reads the stream. The bytes are written
 * in the background; what waits for the disk is bounded by QUEUE_BYTES_MAX, past which the recording ends with `slow`. A file at
 * `game.recordBytesMax` ends with `full`; an error of the disk ends it where it stands. Each is one line in the log and harms nothing else.
 */
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { errorText } from "../engine/base/errors.js";
import type { Log } from "../engine/base/log.js";
import type { Counter, Metrics } from "../engine/base/metrics.js";
import type { Scheduler } from "../engine/base/scheduler.js";
import type { AeonConfig } from "../engine/config/config.js";
import type { OpSink } from "../engine/property/op-sink.js";
import type { RecordingHeader } from "../engine/recording/format.js";
import { RecordingWriter } from "../engine/recording/recording-writer.js";
import { teeSink } from "../engine/recording/tee-sink.js";

const QUEUE_BYTES_MAX = 64 * 1024 * 1024;
/** What players do and say stands in it: for its owner only. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

export interface RecorderOptions {
  readonly config: AeonConfig["game"];
  readonly game: string;
  /** 0: the game has no workers. */
  readonly stream: number;
  /** As JSON. */
  readonly definitions: string;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Null: `game.recordFolder` names none. */
export function openRecorder(options: RecorderOptions): Recorder | null {
  return options.config.recordFolder === "" ? null : new Recorder(options);
}

export class Recorder {
  readonly file: string;
  private readonly folder: string;
  private readonly log: Log;
  private readonly writer: RecordingWriter;
  private readonly waits: Counter;
  private queue: Uint8Array[] = [];
  private queueBytes = 0;
  private writing: Promise<void> | null = null;
  private handle: FileHandle | null = null;
  private hasFailed = false;
  private isEndLogged = false;
  private tee: { readonly of: OpSink; readonly sink: OpSink } | null = null;

  constructor({ config, game, stream, definitions, scheduler, log, metrics }: RecorderOptions) {
    const startedWallMs = scheduler.wallMs();
    const { recordFolder, recordBytesMax, tickMs } = config;
    this.folder = recordFolder;
    this.file = join(recordFolder, `${game}-stream${stream}-${Math.floor(startedWallMs)}.aeonrec`);
    this.log = log;
    this.waits = metrics.counter("recording_waits_total");
    metrics.gauge("recording_bytes_queued", () => this.queueBytes);
    metrics.gauge("recording_bytes", () => this.writer.bytes);
    const header: RecordingHeader = { game, stream, startedWallMs, tickMs, definitions };
    this.writer = new RecordingWriter({
      header,
      bytesMax: recordBytesMax,
      nowMs: () => scheduler.nowMs(),
      write: (bytes) => this.enqueue(bytes),
    });
    log.info("recording.began", { file: this.file });
  }

  /** What reads the stream for `core`: both while the recording goes on, `core` itself afterwards. */
  sinkFor<S extends OpSink>(core: S): S | OpSink {
    if (this.writer.ending !== null || this.hasFailed) return core;
    if (this.tee?.of !== core) this.tee = { of: core, sink: teeSink(this.writer.ops, core) };
    return this.tee.sink;
  }

  /** What was read up to here is consistent. */
  commit(): void {
    if (this.hasFailed) return;
    this.writer.commit();
    if (this.queueBytes > QUEUE_BYTES_MAX) this.writer.end("slow");
    if (this.writer.ending !== null) this.logEnd();
  }

  /** Resolves when everything is in the file, or when it never will be. */
  async close(): Promise<void> {
    if (!this.hasFailed) this.writer.end("closed");
    while (this.writing !== null) await this.writing;
    this.logEnd();
    await this.handle?.close().catch((error: unknown) => this.fail(error));
    this.handle = null;
  }

  private enqueue(bytes: Uint8Array): void {
    if (this.hasFailed) return;
    this.queue.push(bytes);
    this.queueBytes += bytes.length;
    if (this.writing === null) this.startWriting();
    else this.waits.add();
  }

  private startWriting(): void {
    this.writing = this.write().finally(() => {
      this.writing = null;
      if (this.queue.length > 0) this.startWriting();
    });
  }

  private async write(): Promise<void> {
    try {
      this.handle ??= await this.open();
      while (this.queue.length > 0) {
        const bytes = Buffer.concat(this.queue);
        this.queue = [];
        await this.handle.appendFile(bytes);
        this.queueBytes -= bytes.length;
      }
    } catch (error) {
      this.fail(error);
    }
  }

  private async open(): Promise<FileHandle> {
    await mkdir(this.folder, { recursive: true, mode: FOLDER_MODE });
    return open(this.file, "wx", FILE_MODE);
  }

  private fail(error: unknown): void {
    if (this.hasFailed) return;
    this.hasFailed = true;
    this.queue = [];
    this.queueBytes = 0;
    this.log.warn("recording.failed", { file: this.file, error: errorText(error) });
  }

  private logEnd(): void {
    if (this.isEndLogged || this.hasFailed) return;
    this.isEndLogged = true;
    const { ending, bytes } = this.writer;
    const level = ending === "closed" ? "info" : "warn";
    this.log[level]("recording.ended", { file: this.file, ending, bytes });
  }
}
