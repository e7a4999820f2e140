import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { callbackLog } from "../../../engine/base/log.js";
import { Metrics } from "../../../engine/base/metrics.js";
import { realScheduler } from "../../../engine/base/real-scheduler.js";
import { parseConfig } from "../../../engine/config/config.js";
import { ALL_SCOPES } from "../../../engine/property/scopes.js";
import { RecordedWorld } from "../../../engine/recording/recorded-world.js";
import { Playback, Recording } from "../../../engine/recording/recording.js";
import { openRecorder, type Recorder } from "../../../game/recorder.js";
import { type RecordedCall, recordingSink } from "../property/property-sink.js";
import { testTable } from "../property/world.js";

const TYPE = 7;
const ID = "AAAAAAAAAAAAAAAB";

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "aeon-recorder-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function openAt(recordFolder: string, recordBytesMax = 1_000_000) {
  const events: string[] = [];
  const metrics = new Metrics();
  const recorder = openRecorder({
    config: parseConfig({ game: { recordFolder, recordBytesMax } }).game,
    game: "game1",
    stream: 1,
    definitions: testTable().toJson(ALL_SCOPES),
    scheduler: realScheduler,
    log: callbackLog((level, event) => events.push(`${level} ${event}`), {}),
    metrics,
  });
  return { recorder: recorder as Recorder, events, metrics };
}

test("recorder: without a folder there is none", () => {
  assert.equal(openAt("").recorder, null);
});

test("recorder: what the core is given stands in the file, which only its owner reads", async (t) => {
  const folder = join(await temporaryFolder(t), "recordings");
  const { recorder, events } = openAt(folder);
  const core: RecordedCall[] = [];
  const coreSink = recordingSink(core);
  const sink = recorder.sinkFor(coreSink);
  assert.equal(recorder.sinkFor(coreSink), sink);
  for (let i = 0; i < 300; i++) {
    sink.entityCreate(i, TYPE, ID);
    sink.flush(i + 1);
    recorder.commit();
  }
  await recorder.close();
  assert.equal(core.length, 600);
  assert.deepEqual(await readdir(folder), [recorder.file.slice(folder.length + 1)]);
  if (process.platform !== "win32") assert.equal((await stat(recorder.file)).mode & 0o777, 0o600);
  const recording = Recording.open(await readFile(recorder.file));
  const world = new RecordedWorld(recording.definitions);
  assert.equal(new Playback(recording, world).advanceTo(recording.durationMs), 600);
  assert.equal(world.entityTotal, 300);
  assert.deepEqual([recording.ending, recording.header.game], ["closed", "game1"]);
  assert.deepEqual(events, ["info recording.began", "info recording.ended"]);
});

test("recorder: a folder that cannot be written ends it with one line, and the core goes on", async (t) => {
  const file = join(await temporaryFolder(t), "a-file");
  await writeFile(file, "");
  const { recorder, events, metrics } = openAt(join(file, "recordings"));
  const core: RecordedCall[] = [];
  const coreSink = recordingSink(core);
  await recorder.close();
  for (let i = 0; i < 3; i++) {
    recorder.sinkFor(coreSink).flush(i);
    recorder.commit();
  }
  assert.equal(recorder.sinkFor(coreSink), coreSink);
  assert.equal(core.length, 3);
  assert.deepEqual(events, ["info recording.began", "warn recording.failed"]);
  assert.equal(metrics.snapshot().recording_bytes_queued, 0);
});

test("recorder: at its bound the file ends, with one line, and the core goes on", async (t) => {
  const { recorder, events } = openAt(await temporaryFolder(t), 65_536);
  const core: RecordedCall[] = [];
  const coreSink = recordingSink(core);
  for (let i = 0; i < 200; i++) {
    recorder.sinkFor(coreSink).clientCall(1, "all", 1, new Uint8Array(1000));
    recorder.commit();
  }
  await recorder.close();
  assert.equal(core.length, 200);
  assert.ok((await stat(recorder.file)).size <= 65_536);
  assert.equal(Recording.open(await readFile(recorder.file)).ending, "full");
  assert.deepEqual(events, ["info recording.began", "warn recording.ended"]);
});
