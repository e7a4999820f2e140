import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../../engine/base/random.js";
import { realScheduler } from "../../../engine/base/real-scheduler.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";
import { MemoryDisk, MemoryStore } from "../../../engine/store/memory-store.js";
import type { DocumentPut } from "../../../engine/store/store.js";
import { storeConformance } from "./conformance.js";

let disk = new MemoryDisk();

function openStore(): MemoryStore {
  const random = new SeededRandom(1);
  return new MemoryStore({ disk, scheduler: realScheduler, random, latencyMinMs: 0, latencyMaxMs: 2 });
}

storeConformance("memory store", {
  open: async () => {
    disk = new MemoryDisk();
    return openStore();
  },
  reopen: async (store) => {
    await store.close();
    return openStore();
  },
});

function puts(count: number): DocumentPut[] {
  return Array.from({ length: count }, (_, n) => ({
    collection: "Avatar",
    key: `avatar${n}`,
    expectedEpoch: 0,
    epoch: 1,
    schemaVersion: 1,
    value: new Uint8Array([n]),
  }));
}

test("memory store: what was answered is on the disk, the rest may be in part (killed at a random moment, 200 seeds)", async () => {
  let partial = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const scheduler = new VirtualScheduler();
    const process = scheduler.process("dbmanager");
    const random = new SeededRandom(seed);
    const victim = new MemoryDisk();
    const store = new MemoryStore({ disk: victim, scheduler: process, random, latencyMinMs: 1, latencyMaxMs: 5 });
    let isAnswered = false;
    void store.putMany(puts(10)).then(() => {
      isAnswered = true;
    });
    scheduler.setTimer(random.next() * 6, () => process.kill());
    await scheduler.run(100);
    if (isAnswered) assert.equal(victim.documentCount, 10, `seed ${seed}`);
    else if (victim.documentCount > 0) partial++;
  }
  assert.ok(partial > 20, "some kills fall into a batch");
});

test("memory store: a failing disk answers with an error, a stuck one not until it is over", async () => {
  const scheduler = new VirtualScheduler();
  const sick = new MemoryDisk();
  const random = new SeededRandom(1);
  const store = new MemoryStore({ disk: sick, scheduler, random, latencyMinMs: 1, latencyMaxMs: 5 });
  sick.health = "failing";
  const results = store.putMany(puts(2));
  const loaded = store.load("Avatar", "avatar0").catch((error: Error) => error.message);
  await scheduler.run(50);
  assert.deepEqual(await results, ["STORE_FAILED", "STORE_FAILED"]);
  assert.match(String(await loaded), /^STORE_FAILED/);
  sick.health = "stuck";
  let isAnswered = false;
  void store.load("Avatar", "avatar0").finally(() => {
    isAnswered = true;
  });
  await scheduler.run(1_000_000);
  assert.equal(isAnswered, false);
  sick.health = "good";
  await scheduler.run(1_000_050);
  assert.equal(isAnswered, true, "as soon as it moves again");
});
