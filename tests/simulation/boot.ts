/** Scenarios: the cluster boots while processes die; in the end it is open, and every stub is there once. */
import assert from "node:assert/strict";
import { randomIndex } from "../../engine/base/random.js";
import { world } from "../../entities/world.js";
import { SimulatedCluster } from "../../testing/index.js";
import { drawMisfortune, unleash } from "./chaos.js";
import { eventually } from "./eventually.js";
import { openProblems, spaceProblems, stubProblems, watchStubs } from "./invariants.js";
import type { Scenario } from "./scenario.js";

const MISFORTUNES_MAX = 6;
const CHAOS_MS = 6_000;
const OPEN_LIMIT_MS = 60_000;
const LATER_MS = 5_000;
const STEP_COUNT = 9;
/** Nobody is there to see a tick. */
const config = { cluster: { games: 2, gates: 2 }, game: { tickMs: 500 } };

/** Processes die, sleep and lose each other at moments of the seed's choice. */
export const bootUnderFire: Scenario = async (seed, watch) => {
  const cluster = new SimulatedCluster(world, { seed, config });
  watch?.(cluster);
  const { random } = cluster;
  watchStubs(cluster);
  cluster.startAll();
  const count = randomIndex(random, MISFORTUNES_MAX + 1);
  const misfortunes = Array.from({ length: count }, () => drawMisfortune(cluster, CHAOS_MS));
  await cluster.run(unleash(cluster, misfortunes));
  await expectBooted(cluster);
};

/** Several processes at once die at one step, and again when it is reached next. */
export const bootStepsUnderFire: Scenario = async (seed, watch) => {
  const cluster = new SimulatedCluster(world, { seed, config });
  watch?.(cluster);
  const { random } = cluster;
  const step = 1 + randomIndex(random, STEP_COUNT);
  const victims = cluster.processNames.filter(() => random.next() < 0.4);
  killAtStep(cluster, step, victims, 1 + randomIndex(random, 3));
  watchStubs(cluster);
  cluster.startAll();
  await expectBooted(cluster);
};

/** Every process, killed in the very moment in which the gamemanager reports each step: one run for each pair. */
export async function bootSweep(): Promise<number> {
  const names = new SimulatedCluster(world, { config }).processNames;
  let runs = 0;
  for (let step = 1; step <= STEP_COUNT; step++) {
    for (const name of names) {
      const cluster = new SimulatedCluster(world, { seed: step, config });
      const struck = killAtStep(cluster, step, [name], 1);
      watchStubs(cluster);
      cluster.startAll();
      await expectBooted(cluster, `${name} killed at step ${step}`);
      assert.equal(struck.count, 1, `step ${step} was reached`);
      runs++;
    }
  }
  return runs;
}

/** Kills them after the gamemanager's turn in which it reports the step, the first `times` times that it does. */
function killAtStep(cluster: SimulatedCluster, step: number, victims: readonly string[], times: number) {
  const struck = { count: 0 };
  cluster.onEvent = ({ event, data }) => {
    if (event !== "boot.step" || data.step !== step || struck.count >= times) return;
    struck.count++;
    cluster.note(`simulation kill ${victims.join(", ")} at step ${step}`);
    cluster.scheduler.defer(() => {
      for (const victim of victims) cluster.kill(victim);
    });
  };
  return struck;
}

async function expectBooted(cluster: SimulatedCluster, what = "the cluster"): Promise<void> {
  const problems = () => [...openProblems(cluster), ...stubProblems(cluster), ...spaceProblems(cluster)];
  assert.deepEqual(await eventually(cluster, OPEN_LIMIT_MS, problems), [], `${what} opens`);
  await cluster.run(LATER_MS);
  assert.deepEqual(problems(), [], `${what}: some time after opening`);
  cluster.stop();
}
