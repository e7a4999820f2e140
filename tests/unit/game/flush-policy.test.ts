import assert from "node:assert/strict";
import { test } from "node:test";
import { AvatarEntity, defineEntity, defineWorld, int32 } from "../../../engine/index.js";
import { SimulatedCluster } from "../../../testing/index.js";

const OPEN_LIMIT_MS = 30_000;
const TICK_MS = 400;
const SOON_MS = 40;

class Counter extends defineEntity(AvatarEntity, "Counter", {
  properties: { count: int32({ scope: "OWN_CLIENT" }) },
  exposed: { countTo: [int32()] },
}) {
  countTo(end: number): void {
    while (this.count < end) this.count += 1;
  }
}

const world = defineWorld({ entities: [Counter], account: "Counter" });

/** Has the server count to 5; the values that the client saw soon after, and after the next tick. */
async function count(flush: string, workers: number): Promise<{ soon: unknown[]; later: unknown[] }> {
  const config = { cluster: { games: 1, gates: 1 }, game: { tickMs: TICK_MS, flush, workers } };
  const cluster = new SimulatedCluster(world, { seed: 5, config });
  cluster.startAll();
  assert.ok(await cluster.runUntil(() => cluster.isOpen, OPEN_LIMIT_MS));
  const client = cluster.client("client");
  await cluster.settle(client.connect(), OPEN_LIMIT_MS);
  const seen: unknown[] = [];
  client.own?.onChange("count", (value) => seen.push(value));
  // Away from the tick, whenever it is.
  const ticks = client.stats.framesIn;
  await cluster.runUntil(() => client.stats.framesIn > ticks, 5 * TICK_MS);
  await cluster.run(SOON_MS);
  client.own?.send.countTo?.(5);
  await cluster.run(SOON_MS);
  const soon = [...seen];
  await cluster.run(2 * TICK_MS);
  cluster.stop();
  return { soon, later: seen };
}

for (const workers of [0, 2]) {
  test(`flush policy: one change per callback, soon (callback, ${workers} workers)`, async () => {
    assert.deepEqual(await count("callback", workers), { soon: [5], later: [5] });
  });
  test(`flush policy: one change per tick, at its end (frame, ${workers} workers)`, async () => {
    assert.deepEqual(await count("frame", workers), { soon: [], later: [5] });
  });
  test(`flush policy: every change by itself, soon (change, ${workers} workers)`, async () => {
    assert.deepEqual(await count("change", workers), { soon: [1, 2, 3, 4, 5], later: [1, 2, 3, 4, 5] });
  });
}
