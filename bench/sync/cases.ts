/**
 * The cases of property sync and area of interest, from script's set to the bytes that a game hands to its gates. Each runs before any
 * consumer (`ConsumerMaker`), and reports script's thread and the consumer's, and the two together.
 */
import { ByteReader, ByteWriter } from "../../engine/base/bytes.js";
import { OWN_SCOPES, VIEW_SCOPES } from "../../engine/property/op-sink.js";
import { Shadow } from "../../engine/property/shadow.js";
import { allocatedBytes, type BenchRun, medians, ResultHash, type Rounds, repeatCount, timed } from "../harness.js";
import { benchWorld, drain } from "./bench-world.js";
import type { ConsumerMaker, SyncConsumer } from "./consumer.js";
import { Crowd, type CrowdPlan, type Movement } from "./crowd.js";
import { entityIdOf, fillBag, PLAYER_CLASSES, type Player } from "./player.js";
import { CASE, type SyncSizes } from "./sizes.js";

const STATE_LOG_BYTES = 8 * 1024 * 1024;
/** Ticks in which allocations are counted. */
const COUNTED_TICKS = 21;

interface TickTargets {
  readonly script?: number;
  readonly total?: number;
  readonly bytes?: number;
}

interface TickCase {
  readonly name: string;
  readonly plan: CrowdPlan;
  readonly rounds: Rounds;
  readonly targets: TickTargets;
  /** Moves everybody; what that takes of script's thread, in ms. */
  readonly move: (crowd: Crowd, tick: number) => number;
}

/** Script moves everybody, the consumer makes the bytes: per tick. */
async function runTickCase(run: BenchRun, makeConsumer: ConsumerMaker, one: TickCase): Promise<void> {
  if (!run.wants(one.name)) return;
  const { name, rounds, targets } = one;
  const crowd = await Crowd.make(one.plan, makeConsumer);
  const { consumer } = crowd;
  let tick = 0;
  const move = () => one.move(crowd, tick++);
  const hash = await crowd.verify(move);
  const bytesBefore = consumer.frameBytes;
  const [script = 0, sync = 0] = await medians(rounds, () => withSettled(move(), consumer));
  const bytes = (consumer.frameBytes - bytesBefore) / repeatCount(rounds);
  const allocated = allocatedBytes(COUNTED_TICKS, () => {
    move();
    void consumer.settle();
  });
  await consumer.close();
  run.report(`${name}: script`, "ms", script, targets.script);
  run.report(`${name}: sync`, "ms", sync);
  run.report(name, "ms", script + sync, targets.total, hash);
  run.report(`${name}: bytes`, "bytes", crowd.clientBytesPerTick, targets.bytes);
  run.report(`${name}: bytes to the gate`, "bytes", bytes);
  if (Number.isFinite(allocated)) run.report(`${name}: allocated`, "bytes", allocated);
}

/** Not a promise where the consumer is on this thread: see `medians`. */
function withSettled(scriptMs: number, consumer: SyncConsumer): number[] | Promise<number[]> {
  const settled = consumer.settle();
  return typeof settled === "number" ? [scriptMs, settled] : settled.then((syncMs) => [scriptMs, syncMs]);
}

const transformsBy = (movementOf: (crowd: Crowd) => Movement) => (crowd: Crowd, tick: number) =>
  crowd.moveTransforms(movementOf(crowd), tick);
const together = (crowd: Crowd): Movement => crowd.together;
const against = (crowd: Crowd): Movement => crowd.against;

export async function runTickCases(run: BenchRun, makeConsumer: ConsumerMaker, sizes: SyncSizes): Promise<void> {
  const { players, visible, large, ticks, slowTicks } = sizes;
  const all = { players, clientStride: 0, visible: 0 };
  const few = { players, clientStride: 1, visible };
  const properties = (crowd: Crowd, tick: number) => crowd.moveProperties(crowd.together, tick);
  const cases: TickCase[] = [
    {
      name: CASE.allProperties,
      plan: all,
      rounds: ticks,
      targets: { total: 0.08, bytes: 11_500 },
      move: properties,
    },
    {
      name: CASE.allTransforms,
      plan: all,
      rounds: ticks,
      targets: { total: 0.05, bytes: 9_000 },
      move: transformsBy(together),
    },
    { name: CASE.few, plan: few, rounds: ticks, targets: { total: 1.5, script: 0.2 }, move: transformsBy(together) },
    { name: CASE.fewProperties, plan: few, rounds: ticks, targets: {}, move: properties },
    { name: CASE.fewChanging, plan: few, rounds: ticks, targets: { total: 3 }, move: transformsBy(against) },
    {
      name: CASE.large,
      plan: { players: large.players, clientStride: large.stride, visible: large.visible },
      rounds: slowTicks,
      targets: { total: 5 },
      move: transformsBy(together),
    },
  ];
  for (const one of cases) await runTickCase(run, makeConsumer, one);
}

/** A player enters a crowd, sees a few and is seen by them. */
export async function runJoinCase(run: BenchRun, makeConsumer: ConsumerMaker, sizes: SyncSizes): Promise<void> {
  if (!run.wants(CASE.join)) return;
  const plan = { players: sizes.players, clientStride: 1, visible: sizes.visible };
  const crowd = await Crowd.make(plan, makeConsumer);
  const { consumer } = crowd;
  let player = crowd.players[0] as Player;
  const leave = async () => {
    crowd.leave(0, player);
    await consumer.settle();
  };
  await leave();
  player = crowd.join(0, 0, "");
  await consumer.settle();
  const hash = crowd.watchers.hash();
  const seen = crowd.watchers.seenBy(0).length;
  if (seen !== sizes.visible) throw new Error(`the joiner sees ${seen}, not ${sizes.visible}`);
  consumer.tap = null;
  let bytes = 0;
  const [script = 0, sync = 0] = await medians(sizes.joins, async () => {
    await leave();
    const bytesBefore = consumer.frameBytes;
    const start = performance.now();
    player = crowd.join(0, 0);
    const scriptMs = performance.now() - start;
    const parts = await withSettled(scriptMs, consumer);
    bytes = consumer.frameBytes - bytesBefore;
    return parts;
  });
  await consumer.close();
  run.report(`${CASE.join}: script`, "ms", script);
  run.report(`${CASE.join}: sync`, "ms", sync);
  run.report(CASE.join, "ms", script + sync, 0.1, hash);
  run.report(`${CASE.join}: bytes to the gate`, "bytes", bytes);
}

/** The whole of every player, as a follower or a late joiner gets it, and read again. */
export async function runStateCase(run: BenchRun, sizes: SyncSizes): Promise<void> {
  if (!run.wants(CASE.state)) return;
  const { players, definitions, log, shadow } = benchWorld(sizes.players, STATE_LOG_BYTES);
  for (const player of players) {
    player.x = 0.5;
    player.y = -0.25;
    fillBag(player);
  }
  drain(log, shadow);
  const out = new ByteWriter(1 << 16);
  const ends: number[] = [];
  const encode = () => {
    out.reset();
    ends.length = 0;
    for (let slot = 0; slot < players.length; slot++) {
      shadow.writeState(slot, VIEW_SCOPES, out);
      ends.push(out.length);
    }
  };
  encode();
  const bytes = out.copy();
  let mirror = new Shadow(definitions);
  const decode = () => {
    mirror = new Shadow(definitions);
    for (let slot = 0; slot < players.length; slot++) {
      const reader = new ByteReader(bytes, ends[slot - 1] ?? 0, ends[slot]);
      mirror.applyState(slot, (slot % PLAYER_CLASSES) + 1, entityIdOf(slot), reader);
    }
  };
  const [encodeMs = 0, decodeMs = 0] = await medians(sizes.slowTicks, () => [timed(encode), timed(decode)]);
  const hash = new ResultHash();
  for (const slot of players.keys()) hash.add(mirror.hash(slot, OWN_SCOPES));
  run.report(`${CASE.state}: encode`, "ms", encodeMs, 1.5);
  run.report(`${CASE.state}: decode`, "ms", decodeMs, 8, hash.text);
  run.report(`${CASE.state}: bytes`, "bytes", bytes.length, 200_000);
}
