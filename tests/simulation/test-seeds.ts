/** One test for each scenario: every seed of its list holds. */
import { test } from "node:test";
import { SCENARIOS, type ScenarioName } from "./scenarios.js";
import { SEEDS, seedsOf } from "./seeds.js";

export function testScenarios(...names: readonly ScenarioName[]): void {
  for (const name of names) {
    const seeds = seedsOf(SEEDS[name]);
    test(`simulation: ${name} holds (${seeds.length} seeds)`, async () => {
      for (const seed of seeds) {
        try {
          await SCENARIOS[name](seed);
        } catch (cause) {
          throw new Error(`${name}, seed ${seed}: npm run simulate -- --scenario ${name} --seed ${seed} --log`, {
            cause,
          });
        }
      }
    });
  }
}
