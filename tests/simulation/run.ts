/**
 * `npm run simulate -- [--seeds N] [--seed S] [--scenario NAME] [--log]`: more seeds than the tests run, or one of them again. `--log`
 * prints what the processes of a failing seed logged. Exit code 1 when a seed failed. `npm run simulate -- movement [--players N] [--seed S]`:
 * players against the movement checks, from that seed on.
 */
import { parseArgs } from "node:util";
import type { SimulatedCluster } from "../../testing/index.js";
import { runMovement } from "./movement/run.js";
import type { Scenario } from "./scenario.js";
import { SCENARIOS } from "./scenarios.js";

const SEEDS_DEFAULT = 100;
const LOG_LINES_MAX = 400;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    players: { type: "string" },
    seeds: { type: "string" },
    seed: { type: "string" },
    scenario: { type: "string" },
    log: { type: "boolean", default: false },
  },
});
if (positionals[0] === "movement") {
  const numberOf = (value: string | undefined) => (value === undefined ? undefined : Number(value));
  process.exit(runMovement(numberOf(values.players), numberOf(values.seed)));
}
const names = values.scenario === undefined ? Object.keys(SCENARIOS) : [values.scenario];
const first = Number(values.seed ?? 1);
const count = Number(values.seeds ?? (values.seed === undefined ? SEEDS_DEFAULT : 1));
let failed = 0;

for (const name of names) failed += await runScenario(name);
process.exit(failed === 0 ? 0 : 1);

/** Returns how many seeds failed. */
async function runScenario(name: string): Promise<number> {
  const beganMs = performance.now();
  let failures = 0;
  for (let seed = first; seed < first + count; seed++) if (!(await holds(name, seed))) failures++;
  const msPerSeed = (performance.now() - beganMs) / count;
  console.log(`${name}: ${count - failures} of ${count} seeds held, ${msPerSeed.toFixed(1)} ms a seed`);
  return failures;
}

async function holds(name: string, seed: number): Promise<boolean> {
  const scenario = (SCENARIOS as Readonly<Record<string, Scenario>>)[name];
  if (scenario === undefined) {
    console.error(`there is no scenario ${name}; there are ${Object.keys(SCENARIOS).join(", ")}`);
    process.exit(2);
  }
  const clusters: SimulatedCluster[] = [];
  try {
    await scenario(seed, (cluster) => clusters.push(cluster));
    return true;
  } catch (error) {
    console.log(`${name}, seed ${seed} failed: ${error instanceof Error ? error.message : String(error)}`);
    if (values.log) for (const { log } of clusters) console.log(log.slice(-LOG_LINES_MAX).join("\n"));
    return false;
  }
}
