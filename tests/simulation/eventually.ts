import type { SimulatedCluster } from "../../testing/index.js";

const POLL_MS = 200;

/** Runs until nothing is wrong any more, and returns what still is after `limitMs`. Asks now and then: asking is dear. */
export async function eventually(
  cluster: SimulatedCluster,
  limitMs: number,
  problems: () => string[],
): Promise<string[]> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += POLL_MS) {
    if (problems().length === 0) return [];
    await cluster.run(POLL_MS);
  }
  return problems();
}
