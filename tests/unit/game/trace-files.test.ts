/** Traces become files in the background: bounded, for their owner only, and a disk that fails harms nothing. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { callbackLog } from "../../../engine/base/log.js";
import { Metrics } from "../../../engine/base/metrics.js";
import type { Scheduler } from "../../../engine/base/scheduler.js";
import { parseConfig } from "../../../engine/config/config.js";
import { MoveJudge } from "../../../engine/movement/move-judge.js";
import { limitsOf } from "../../../engine/movement/rules.js";
import { MoveTracer, type TraceStretch, verdictNumber } from "../../../engine/movement/tracer.js";
import { ASKED_FILE, askFor, readTrace } from "../../../engine/recording/trace-file.js";
import { openTraceFiles, type TraceFiles } from "../../../game/trace-files.js";
import { temporaryFolder } from "../cli/temporary-folder.js";

const RULES = { foot: { speedMax: 5 } };

function stretch(): TraceStretch {
  const taken: TraceStretch[] = [];
  const judge = new MoveJudge(parseConfig({}).movement, limitsOf(RULES), 0);
  const tracer = new MoveTracer(judge, RULES, { isAsked: true, take: (one) => taken.push(one) });
  tracer.name("AAAAAAAAAAAAAAAA", "Runner");
  for (let i = 1; i <= 20; i++) {
    const grade = judge.move(i * 100, i, 0, i * 0.5, 0, 0);
    tracer.noteMove(i * 100, i, 0, i * 0.5, 0, 0, verdictNumber(judge.bits, grade));
  }
  tracer.finish();
  return taken[0] as TraceStretch;
}

class Disk {
  readonly log: string[] = [];
  readonly metrics = new Metrics();
  readonly files: TraceFiles;
  private looks: (() => void)[] = [];

  constructor(folder: string, traceFilesMax = 10) {
    const scheduler = {
      wallMs: () => 5_000,
      setTimer: (_: number, run: () => void) => this.looks.push(run),
    } as unknown as Scheduler;
    const config = parseConfig({ movement: { traceFolder: folder, traceFilesMax } }).movement;
    const log = callbackLog((_, event) => this.log.push(event));
    this.files = openTraceFiles({
      config,
      game: "game1",
      tickMs: 50,
      scheduler,
      log,
      metrics: this.metrics,
    }) as TraceFiles;
  }

  /** Until so many files are written or have failed. */
  async settled(count: number): Promise<void> {
    while ((this.metrics.snapshot().trace_files_total ?? 0) + this.log.length < count)
      await new Promise((done) => setImmediate(done));
  }

  async look(): Promise<void> {
    await this.files.looked;
    for (const run of this.looks.splice(0)) run();
    await this.files.looked;
  }
}

test("trace files: without a folder there are none", () => {
  const { movement } = parseConfig({});
  const none = { config: movement, game: "g", tickMs: 50 } as Parameters<typeof openTraceFiles>[0];
  assert.equal(openTraceFiles(none), null);
});

test("trace files: a stretch becomes a file that reads as it was, for its owner only", async (t) => {
  const folder = join(temporaryFolder(t), "traces");
  const disk = new Disk(folder);
  const one = stretch();
  disk.files.take(one);
  await disk.settled(1);
  const [name = ""] = readdirSync(folder);
  assert.match(name, /^game1-5000-1-accept\.trace$/);
  const trace = readTrace(readFileSync(join(folder, name)));
  assert.deepEqual([trace.rows, trace.header.entity, trace.header.rules], [one.rows, one.entity, RULES]);
  assert.equal(statSync(join(folder, name)).mode & 0o077, 0);
});

test("trace files: past `traceFilesMax` they are dropped and counted", async (t) => {
  const folder = temporaryFolder(t);
  const disk = new Disk(folder, 2);
  for (let i = 0; i < 5; i++) disk.files.take(stretch());
  await disk.settled(2);
  assert.deepEqual([readdirSync(folder).length, disk.metrics.snapshot().trace_files_dropped_total], [2, 3]);
});

test("trace files: a folder that cannot be made is a line in the log", async (t) => {
  const file = join(temporaryFolder(t), "file");
  writeFileSync(file, "");
  const disk = new Disk(join(file, "traces"));
  disk.files.take(stretch());
  await disk.settled(1);
  assert.deepEqual(disk.log, ["trace.failed"]);
});

test("trace files: every client's moves are wanted while somebody asks, and no longer", async (t) => {
  const folder = temporaryFolder(t);
  const disk = new Disk(folder);
  const asked = join(folder, ASKED_FILE);
  for (const [text, isAsked] of [
    [askFor(5_001), true],
    [askFor(5_000), false],
    ["{", false],
  ] as const) {
    writeFileSync(asked, text);
    await disk.look();
    assert.equal(disk.files.isAsked, isAsked, text);
  }
  disk.files.stop();
  assert.ok(existsSync(asked));
});
