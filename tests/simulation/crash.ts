/**
 * Scenario: players are in the world while processes die, sleep and lose each other. At every moment no stub acts twice; in the end
 * everybody is back once, mirrors are right, no call ran twice, and nothing that was answered is lost.
 */
import assert from "node:assert/strict";
import { SimulatedCluster } from "../../testing/index.js";
import { drawMisfortune, killOf, LONG_SLEEP_MS, type Misfortune, SHORT_SLEEP_MS, sleepOf, unleash } from "./chaos.js";
import { eventually } from "./eventually.js";
import {
  leftoverProblems,
  mailboxProblems,
  mirrorProblems,
  openProblems,
  presenceProblems,
  spaceProblems,
  stubProblems,
  watchStubs,
} from "./invariants.js";
import { ledgerProblems } from "./ledger-check.js";
import { makePlayers, type Player } from "./player.js";
import type { Scenario } from "./scenario.js";
import { newLedger } from "./worlds/ledger.js";
import { world } from "./worlds/ledger-world.js";

const OPEN_LIMIT_MS = 30_000;
const ALL_IN_LIMIT_MS = 30_000;
const BACK_LIMIT_MS = 90_000;
const WARM_UP_MS = 1_500;
const STRIKE_WITHIN_MS = 8_000;
const CALM_MS = 2_000;
/** Longer than any call waits. */
const REST_MS = 7_000;
/** What waits in mailboxes behind a slow disk is done by then. */
const QUIET_LIMIT_MS = 60_000;
const PLAYER_COUNT = 12;
const MISFORTUNES_MAX = 4;
const config = { cluster: { games: 2, gates: 2 }, game: { tickMs: 100 } };

/** Misfortunes of the seed's choice. */
export const crashUnderPlayers: Scenario = (seed, watch) => meetMisfortunes(seed, config, watch);

/** The same where games serve their clients by two streams each. */
export const crashWithStreams: Scenario = (seed, watch) =>
  meetMisfortunes(seed, { ...config, game: { ...config.game, workers: 2 } }, watch);

const meetMisfortunes = async (seed: number, withConfig: Record<string, unknown>, watch: Parameters<Scenario>[1]) => {
  const cluster = new SimulatedCluster(world, { seed, config: withConfig });
  watch?.(cluster);
  const count = 1 + Math.floor(cluster.random.next() * MISFORTUNES_MAX);
  await endure(cluster, () => Array.from({ length: count }, () => drawMisfortune(cluster, STRIKE_WITHIN_MS)));
};

/**
 * One misfortune, each process in turn: killed, stopped for 8 s, stopped for 20 s. Without the gamemanager everything goes on: no other
 * process ends, and no player notices.
 */
export const crashOfOne: Scenario = async (seed, watch) => {
  const cluster = new SimulatedCluster(world, { seed, config });
  watch?.(cluster);
  const name = cluster.processNames[(seed - 1) % cluster.processNames.length] as string;
  const atMs = cluster.random.next() * STRIKE_WITHIN_MS;
  const kinds = [
    killOf(cluster, name, atMs),
    sleepOf(cluster, name, atMs, SHORT_SLEEP_MS),
    sleepOf(cluster, name, atMs, LONG_SLEEP_MS),
  ];
  const kind = Math.floor((seed - 1) / cluster.processNames.length) % kinds.length;
  const players = await endure(cluster, () => [kinds[kind] as Misfortune]);
  if (name !== "gamemanager") return;
  assert.deepEqual(
    cluster.exits.filter((exit) => exit.name !== name),
    [],
    "nobody else ends",
  );
  assert.deepEqual(
    players.filter(({ sessions }) => sessions > 1).map((player) => player.name),
    [],
    "no session is lost",
  );
};

/** Brings players into the world, lets the misfortunes strike, and checks everything when they are over. */
export async function endure(cluster: SimulatedCluster, draw: () => Misfortune[]): Promise<Player[]> {
  const ledger = newLedger();
  cluster.startAll();
  watchStubs(cluster);
  assert.ok(await cluster.runUntil(() => cluster.isOpen, OPEN_LIMIT_MS), "the cluster opens");
  const players = makePlayers(cluster, PLAYER_COUNT, { acts: ["spend", "pick"] });
  assert.ok(await cluster.runUntil(() => players.every(({ isIn }) => isIn), ALL_IN_LIMIT_MS), "everybody logs in");
  await cluster.run(WARM_UP_MS);
  await cluster.run(unleash(cluster, draw()) + CALM_MS);
  assert.deepEqual(await eventually(cluster, BACK_LIMIT_MS, () => worldProblems(cluster, players)), []);
  for (const player of players) player.rest();
  await cluster.run(REST_MS);
  assert.deepEqual(worldProblems(cluster, players), [], "some time later");
  assert.deepEqual(await eventually(cluster, QUIET_LIMIT_MS, () => mailboxProblems(cluster)), []);
  const purchases = await cluster.settle(Promise.all(players.map((player) => player.spend())), REST_MS);
  assert.ok(purchases.every(Boolean), `purchases fail still: ${players.map(({ lastCode }) => lastCode).join(", ")}`);
  assert.deepEqual(await eventually(cluster, QUIET_LIMIT_MS, () => mirrorProblems(cluster, players)), []);
  assert.deepEqual(leftoverProblems(cluster, players), []);
  assert.deepEqual(ledgerProblems(cluster, players, ledger), []);
  cluster.stop();
  return players;
}

function worldProblems(cluster: SimulatedCluster, players: readonly Player[]): string[] {
  return [
    ...openProblems(cluster),
    ...stubProblems(cluster),
    ...spaceProblems(cluster),
    ...presenceProblems(cluster, players),
  ];
}
