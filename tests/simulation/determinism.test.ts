import assert from "node:assert/strict";
import { test } from "node:test";
import type { SimulatedCluster } from "../../testing/index.js";
import { SCENARIOS, type ScenarioName } from "./scenarios.js";

/** What a run was: every line that its processes logged, and how many events there were. */
async function trace(name: ScenarioName, seed: number) {
  let cluster: SimulatedCluster | undefined;
  await SCENARIOS[name](seed, (made) => {
    cluster = made;
  });
  assert.ok(cluster !== undefined);
  return { events: cluster.scheduler.eventCount, log: [...cluster.log] };
}

for (const name of ["boot", "crash", "power-cut"] as const) {
  test(`simulation: a seed runs the same way twice (${name})`, async () => {
    const first = await trace(name, 7);
    const second = await trace(name, 7);
    const other = await trace(name, 8);
    assert.deepEqual(second.log, first.log);
    assert.equal(second.events, first.events);
    assert.notDeepEqual(other.log, first.log);
  });
}
