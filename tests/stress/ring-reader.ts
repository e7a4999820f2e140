/** The reading thread of the ring stress test: applies ops to a Shadow, and at each flush checks every entity that changed. */
import { isDeepStrictEqual } from "node:util";
import { realScheduler } from "../../engine/base/real-scheduler.js";
import { OpLogReader } from "../../engine/property/op-log-reader.js";
import type { RingBuffer } from "../../engine/property/op-log-ring.js";
import type { OpSink } from "../../engine/property/op-sink.js";
import { Shadow } from "../../engine/property/shadow.js";
import { threadSelf } from "../../engine/worker/thread.js";
import { type WakeBuffer, WakeFlag } from "../../engine/worker/wake-flag.js";
import { patternOf, stressDefinitions } from "./ring-pattern.js";

export interface ReaderStart {
  readonly ring: RingBuffer;
  readonly wake: WakeBuffer;
}
export type ToReader = "wake" | "end";
export interface ReaderReport {
  readonly wrong: readonly string[];
  readonly flushes: number;
  readonly checks: number;
  /** By slot. */
  readonly counts: readonly number[];
}

const WRONG_MAX = 20;
const PAUSE_EVERY = 400;
const PAUSE_MS = 3;

const self = threadSelf<ToReader, ReaderReport>();
const { ring, wake: wakeBuffer } = self.data as ReaderStart;
const shadow = new Shadow(stressDefinitions());
const reader = new OpLogReader(ring, () => self.fetch() as RingBuffer | undefined);
const wake = new WakeFlag(wakeBuffer);
const wrong: string[] = [];
const counts: number[] = [];
let flushes = 0;
let checks = 0;

function report(what: string): void {
  if (wrong.length < WRONG_MAX) wrong.push(what);
}

function check(slot: number): void {
  checks++;
  const seen = shadow.plain(slot, 7);
  const count = seen.count as number;
  const { room, ...fields } = patternOf(slot, count);
  const expected = { ...fields, last: [...fields.last], rooms: { only: room } };
  if (!isDeepStrictEqual({ ...seen, rooms: { ...(seen.rooms as object) } }, expected))
    report(`slot ${slot} at ${count}`);
  if (count !== (counts[slot] ?? 0) + 1) report(`slot ${slot}: ${count} after ${counts[slot] ?? 0}`);
  counts[slot] = count;
}

function onFlush(sequence: number): void {
  flushes++;
  if (sequence !== flushes) report(`flush ${sequence} is number ${flushes}`);
  for (const slot of [...shadow.takeChanged()]) {
    check(slot);
    shadow.clearChanges(slot);
  }
}

/** The shadow, with an eye on flushes. */
const sink = new Proxy(shadow as unknown as OpSink, {
  get(target, name) {
    if (name === "flush") return onFlush;
    const method = (target as unknown as Record<string | symbol, unknown>)[name];
    return typeof method === "function" ? method.bind(target) : method;
  },
});

function read(): void {
  reader.drain(sink);
  if (flushes % PAUSE_EVERY === 0) lag();
  wake.sleep();
  if (reader.hasMore && wake.rise()) realScheduler.defer(read);
}

/** Falls behind now and then, so that rings fill up. */
function lag(): void {
  const endMs = realScheduler.nowMs() + PAUSE_MS;
  while (realScheduler.nowMs() < endMs);
}

self.onMessage((message) => {
  read();
  if (message !== "end") return;
  while (reader.hasMore) read();
  self.post({ wrong, flushes, checks, counts });
  self.close();
});
