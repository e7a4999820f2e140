/**
 * Writes traces of suspicious moves into `movement.traceFolder`, a file each, in the background, at most `movement.traceFilesMax` until the
 * game is started again. While a file `asked.json` stands there with a time that is not over, every client's moves are wanted: that is how
 * `aeon trace record` asks. What goes wrong with the disk is a line in the log and harms nothing else.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errorText } from "../engine/base/errors.js";
import type { Log } from "../engine/base/log.js";
import type { Metrics } from "../engine/base/metrics.js";
import type { Scheduler } from "../engine/base/scheduler.js";
import type { MovementThresholds } from "../engine/movement/thresholds.js";
import type { TracePort, TraceStretch } from "../engine/movement/tracer.js";
import { ASKED_FILE, askedUntilMs, TRACE_SUFFIX, writeTrace } from "../engine/recording/trace-file.js";
import { recordedVerdict } from "../engine/recording/trace-replay.js";

/** What players do stands in it: for its owner only. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const LOOK_INTERVAL_MS = 1_000;
/** Being written at the same time; more are dropped. */
const WRITES_MAX = 32;

export interface TraceFilesOptions {
  readonly config: MovementThresholds;
  readonly game: string;
  readonly tickMs: number;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Null: `movement.traceFolder` names none. */
export function openTraceFiles(options: TraceFilesOptions): TraceFiles | null {
  return options.config.traceFolder === "" ? null : new TraceFiles(options);
}

export class TraceFiles implements TracePort {
  isAsked = false;
  /** Settles when it is known whether somebody asks. */
  looked: Promise<void> = Promise.resolve();
  private readonly options: TraceFilesOptions;
  private count = 0;
  private writing = 0;
  private isStopped = false;

  constructor(options: TraceFilesOptions) {
    this.options = options;
    this.look();
  }

  take(stretch: TraceStretch): void {
    const { config, game, tickMs, scheduler, metrics } = this.options;
    if (this.count >= config.traceFilesMax || this.writing >= WRITES_MAX) {
      metrics.counter("trace_files_dropped_total").add();
      return;
    }
    this.count++;
    const wallMs = scheduler.wallMs();
    const expected = recordedVerdict(stretch.rows, stretch.count);
    const bytes = writeTrace(stretch, { game, wallMs, tickMs }, expected);
    const file = join(
      config.traceFolder,
      `${game}-${Math.floor(wallMs)}-${this.count}-${expected.grade}${TRACE_SUFFIX}`,
    );
    void this.write(file, bytes);
  }

  stop(): void {
    this.isStopped = true;
  }

  private async write(file: string, bytes: Uint8Array): Promise<void> {
    this.writing++;
    try {
      await mkdir(this.options.config.traceFolder, { recursive: true, mode: FOLDER_MODE });
      await writeFile(file, bytes, { mode: FILE_MODE, flag: "wx" });
      this.options.metrics.counter("trace_files_total").add();
    } catch (error) {
      this.options.log.warn("trace.failed", { file, error: errorText(error) });
    } finally {
      this.writing--;
    }
  }

  /** Now and then, whether somebody asks. */
  private look(): void {
    const { config, scheduler } = this.options;
    this.looked = readFile(join(config.traceFolder, ASKED_FILE), "utf8").then(
      (text) => {
        this.isAsked = askedUntilMs(text) > scheduler.wallMs();
      },
      () => {
        this.isAsked = false;
      },
    );
    scheduler.setTimer(LOOK_INTERVAL_MS, () => {
      if (!this.isStopped) this.look();
    });
  }
}
