/**
 * Mutated datagrams, payloads and frames against a live gate. AEON_FUZZ=1000000 runs as many with one seed more:
 *   AEON_FUZZ=1000000 node --test dist/tests/unit/gate/udp-fuzz.test.js
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { FuzzWorld } from "./udp-fuzz.js";

const COUNT = Number(process.env.AEON_FUZZ ?? 15_000);
const HEAP_GROWTH_MB_MAX = 60;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heapMb(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
}

test(`udp fuzz: no throw, bounded memory, honest clients undisturbed (${COUNT} mutations)`, async (context) => {
  const before = heapMb();
  const world = new FuzzWorld(COUNT);
  const result = await world.run(COUNT);
  const growth = heapMb() - before;
  const { counters, ...counts } = result;
  context.diagnostic(JSON.stringify({ ...counts, heapGrowthMb: Math.round(growth), seed: COUNT }));
  if (process.env.AEON_FUZZ !== undefined) context.diagnostic(JSON.stringify(counters));
  assert.ok(growth < HEAP_GROWTH_MB_MAX, `${growth.toFixed(1)} MB`);
  for (const part of Object.values(counts)) assert.ok(part > COUNT / 20, JSON.stringify(counts));
});
