import assert from "node:assert/strict";
import { test } from "node:test";
import { AvatarEntity, defineEntity, defineWorld, int32, rpc, StubEntity } from "../../../engine/index.js";
import { SimulatedCluster } from "../../../testing/index.js";

const OPEN_LIMIT_MS = 30_000;
/** A tick that is far away: what arrives sooner was published by the callback that wrote it. */
const TICK_MS = 1_000;
const SOON_MS = 40;

class Helper extends defineEntity(StubEntity, "Helper", {
  server: { answer: rpc([int32()], { returns: int32() }), neverAnswer: rpc([], { returns: int32() }) },
}) {
  answer(value: number): number {
    return value;
  }
  neverAnswer(): Promise<number> {
    return new Promise(() => undefined);
  }
}

class Worker extends defineEntity(AvatarEntity, "Worker", {
  properties: { stage: int32({ scope: "OWN_CLIENT" }) },
  exposed: { work: [], waitInVain: [] },
}) {
  private get helper() {
    return this.stub<Helper>("Helper");
  }

  /** Its last wait outlasts the test. */
  async work(): Promise<void> {
    this.stage = await this.helper.call.answer(1);
    await this.twoSteps();
    await this.helper.within(20_000).call.neverAnswer();
  }

  async waitInVain(): Promise<void> {
    await this.helper
      .within(50)
      .call.neverAnswer()
      .catch(() => undefined);
    this.stage = 50;
    await this.helper.within(20_000).call.neverAnswer();
  }

  private async twoSteps(): Promise<void> {
    this.stage += await this.helper.call.answer(10);
    await Promise.resolve();
    this.stage += 100;
  }
}

const world = defineWorld({ entities: [Worker, Helper], account: "Worker" });

for (const workers of [0, 1]) {
  test(`resumption: what a handler writes after an await is sent at the end of that turn (${workers} workers)`, async () => {
    const config = { cluster: { games: 1, gates: 1 }, game: { tickMs: TICK_MS, workers } };
    const cluster = new SimulatedCluster(world, { seed: 3, config });
    cluster.startAll();
    assert.ok(await cluster.runUntil(() => cluster.isOpen, OPEN_LIMIT_MS));
    const client = cluster.client("client");
    await cluster.settle(client.connect(), OPEN_LIMIT_MS);
    await cluster.run(TICK_MS);
    client.own?.send.work?.();
    await cluster.run(SOON_MS);
    assert.equal(client.own?.get("stage"), 111);
    cluster.stop();
  });

  test(`resumption: so is what it writes after a wait that failed by its time-out (${workers} workers)`, async () => {
    const config = { cluster: { games: 1, gates: 1 }, game: { tickMs: TICK_MS, workers } };
    const cluster = new SimulatedCluster(world, { seed: 4, config });
    cluster.startAll();
    assert.ok(await cluster.runUntil(() => cluster.isOpen, OPEN_LIMIT_MS));
    const client = cluster.client("client");
    await cluster.settle(client.connect(), OPEN_LIMIT_MS);
    await cluster.run(TICK_MS);
    client.own?.send.waitInVain?.();
    await cluster.run(50 + SOON_MS);
    assert.equal(client.own?.get("stage"), 50);
    cluster.stop();
  });
}
