/**
 * Scenario: games call each other by mailbox while the links of gates and games flap. A message arrives at most once and in the order in
 * which it was sent; and while no link was given up, each arrives.
 */
import assert from "node:assert/strict";
import { randomIndex } from "../../engine/base/random.js";
import { SimulatedCluster } from "../../testing/index.js";
import type { Scenario } from "./scenario.js";
import { newRelayNotes, type RelayNotes, type Starter, world } from "./worlds/relay-world.js";

const OPEN_LIMIT_MS = 30_000;
const CHAOS_MS = 6_000;
/** Longer than any call waits, and than a cut at one end goes unnoticed. */
const REST_MS = 12_000;
const config = { cluster: { games: 3, gates: 2 }, game: { tickMs: 1_000 } };

export const relayUnderFlaps: Scenario = async (seed, watch) => {
  const cluster = new SimulatedCluster(world, { seed, config });
  watch?.(cluster);
  const notes = newRelayNotes();
  cluster.startAll();
  assert.ok(await cluster.runUntil(() => cluster.isOpen, OPEN_LIMIT_MS), "the cluster opens");
  const starter = starterOf(cluster);
  await cluster.settle(starter.start(), OPEN_LIMIT_MS);
  const untilMs = cluster.scheduler.nowMs() + CHAOS_MS;
  const meanIntervalMs = 20 + randomIndex(cluster.random, 200);
  cluster.network.flap({ meanIntervalMs, untilMs, among: (dialler) => dialler.startsWith("gate") });
  await cluster.run(CHAOS_MS);
  starter.rest();
  await cluster.run(REST_MS);
  const downs = cluster.runningNames.reduce((sum, name) => sum + (cluster.metrics(name).link_downs_total ?? 0), 0);
  assert.deepEqual(relayProblems(notes, downs === 0), []);
  cluster.stop();
};

function starterOf(cluster: SimulatedCluster): Starter {
  for (const game of cluster.games()) {
    for (const entity of game.entities.all()) if (entity.typeName === "Starter") return entity as Starter;
  }
  throw new Error("there is no starter");
}

function relayProblems(notes: RelayNotes, isComplete: boolean): string[] {
  const problems: string[] = [];
  for (const [way, sent] of notes.sent) {
    const arrived = notes.arrived.get(way) ?? [];
    const at = arrived.findIndex((number, i) => i > 0 && number <= (arrived[i - 1] as number));
    if (at > 0) problems.push(`${way}: ${arrived[at]} after ${arrived[at - 1]}`);
    if (isComplete && arrived.length !== sent) problems.push(`${way}: ${arrived.length} of ${sent} arrived`);
  }
  if (notes.answered + notes.failed !== notes.begun)
    problems.push(`${notes.begun} calls: ${notes.answered} answered, ${notes.failed} failed`);
  if (isComplete && notes.failed > 0) problems.push(`${notes.failed} calls failed`);
  return problems;
}
