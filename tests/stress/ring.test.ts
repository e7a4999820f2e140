/** The op log between real threads: what the reader holds at each flush is what the writer meant, whole, of that entity and of that count. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { realScheduler } from "../../engine/base/real-scheduler.js";
import { OpLog } from "../../engine/property/op-log.js";
import { CustomList, CustomMap, PropertyTree } from "../../engine/property/properties.js";
import { Thread } from "../../engine/worker/thread.js";
import { WakeFlag } from "../../engine/worker/wake-flag.js";
import { patternOf, SLOT_COUNT, stressDefinitions } from "./ring-pattern.js";
import type { ReaderReport, ReaderStart, ToReader } from "./ring-reader.js";

const RUN_MS = 1_500;
const RING_BYTES = 16_384;
const FLUSHES_PER_TURN = 50;

class Writer {
  readonly log = new OpLog({ bytes: RING_BYTES, bytesMax: 256 * 1_048_576, shared: true });
  readonly wake = WakeFlag.make();
  readonly counts: number[] = new Array<number>(SLOT_COUNT).fill(0);
  wakes = 0;
  readonly thread: Thread<ToReader, ReaderReport>;
  private readonly trees: PropertyTree[] = [];
  private error: Error | null = null;
  private onError: ((error: Error) => void) | null = null;

  constructor() {
    const start: ReaderStart = { ring: this.log.buffer, wake: this.wake.buffer };
    this.thread = new Thread(new URL("./ring-reader.js", import.meta.url), start);
    this.thread.onEnd = (error) => {
      this.error = error;
      if (error !== null) this.onError?.(error);
    };
    this.log.onRing = (ring) => this.thread.give(ring);
    const definition = stressDefinitions().byId(1);
    assert.ok(definition !== undefined);
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      const tree = new PropertyTree(definition);
      this.trees.push(tree);
      tree.attach(this.log, slot, `entity${slot}`.padEnd(16, "-"));
      this.step(slot);
    }
    this.log.flush();
  }

  /** The entity's next count, in ops of every kind. */
  step(slot: number): void {
    const tree = this.trees[slot] as PropertyTree;
    const count = ++(this.counts[slot] as number);
    const { room, last, ...fields } = patternOf(slot, count);
    for (const [name, value] of Object.entries(fields)) tree.set(name, value);
    this.writeRoom(tree, count, room);
    this.writeList(tree, count, last);
  }

  writeTurn(): void {
    for (let i = 0; i < FLUSHES_PER_TURN; i++) {
      this.step((this.log.sequence * 7) % SLOT_COUNT);
      this.log.flush();
    }
    if (!this.wake.mustWake()) return;
    this.wakes++;
    this.thread.post("wake");
  }

  end(): Promise<ReaderReport> {
    return new Promise((resolve, reject) => {
      if (this.error !== null) return reject(this.error);
      this.thread.onMessage = resolve;
      this.onError = reject;
      this.thread.expectEnd();
      this.thread.post("end");
    });
  }

  /** Now the whole struct, now its fields. */
  private writeRoom(tree: PropertyTree, count: number, room: object): void {
    const rooms = tree.get("rooms") as CustomMap<Record<string, unknown>>;
    assert.ok(rooms instanceof CustomMap);
    const held = rooms.get("only");
    if (held === undefined || count % 5 === 0) rooms.set("only", { ...room } as never);
    else Object.assign(held, room);
  }

  /** Inserted in front and cut behind; sometimes replaced. */
  private writeList(tree: PropertyTree, count: number, last: readonly number[]): void {
    const list = tree.get("last") as CustomList<number>;
    assert.ok(list instanceof CustomList);
    if (list.length === 0 || count % 11 === 0) {
      tree.set("last", [...last]);
      return;
    }
    list.insert(0, count);
    list.pop();
  }
}

test("ring between threads: no torn, foreign, stale or lost value while it wraps and grows", async () => {
  const writer = new Writer();
  const endMs = realScheduler.nowMs() + RUN_MS;
  await new Promise<void>((resolve) => {
    const turn = () => {
      writer.writeTurn();
      if (realScheduler.nowMs() < endMs) realScheduler.defer(turn);
      else resolve();
    };
    turn();
  });
  const report = await writer.end();
  assert.deepEqual(report.wrong, []);
  assert.equal(report.flushes, writer.log.sequence);
  assert.deepEqual(report.counts, writer.counts);
  assert.ok(report.checks > 2_000, `${report.checks} checks`);
  assert.ok(writer.log.growths > 0, "the ring grew");
  assert.ok(writer.wakes < writer.log.sequence / FLUSHES_PER_TURN + 1, `${writer.wakes} wakes`);
});
