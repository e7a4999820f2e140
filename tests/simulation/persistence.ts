/**
 * Scenarios: what is durable stays. Everything is killed at once and started again; the disk fails or is stuck for a while; an orderly
 * stop under load. An epoch on the disk never goes back, and a document never loses a receipt that was answered.
 */
import assert from "node:assert/strict";
import { randomIndex } from "../../engine/base/random.js";
import type { DocumentPut } from "../../engine/store/store.js";
import { SimulatedCluster } from "../../testing/index.js";
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
import { ledgerProblems, storedBook } from "./ledger-check.js";
import { makePlayers, type Player } from "./player.js";
import type { Scenario } from "./scenario.js";
import { type Ledger, newLedger } from "./worlds/ledger.js";
import { world } from "./worlds/ledger-world.js";

const PLAYER_COUNT = 10;
const OPEN_LIMIT_MS = 30_000;
const BACK_LIMIT_MS = 60_000;
const PLAY_MS = 3_000;
/** Longer than any call waits. */
const REST_MS = 7_000;
/** What waits in mailboxes behind a slow disk is done by then. */
const QUIET_LIMIT_MS = 120_000;
const SHUTDOWN_LIMIT_MS = 40_000;
const DISK_TROUBLE_MAX_MS = 15_000;
/** Saves often, so that a crash hits many of them. */
const config = { cluster: { games: 2, gates: 2 }, game: { tickMs: 100, saveIntervalMs: 1_000 } };

/** A power cut, once or several times, at moments of the seed's choice. */
export const powerCuts: Scenario = async (seed, watch) => {
  const { cluster, ledger, players } = await play(seed, watch);
  const cuts = 1 + randomIndex(cluster.random, 3);
  for (let i = 0; i < cuts; i++) {
    await cluster.run(cluster.random.next() * PLAY_MS);
    cluster.note("simulation kills everything");
    cluster.killAll();
  }
  await expectWhole(cluster, players, ledger);
  cluster.stop();
};

/** The disk answers with errors, or not at all, for a while. */
export const diskTrouble: Scenario = async (seed, watch) => {
  const { cluster, ledger, players } = await play(seed, watch);
  const { disk, random } = cluster;
  for (const health of ["failing", "stuck"] as const) {
    disk.health = health;
    await cluster.run(random.next() * DISK_TROUBLE_MAX_MS);
    disk.health = "good";
    await cluster.run(random.next() * PLAY_MS);
  }
  if (random.next() < 0.3) cluster.kill("dbmanager");
  await expectWhole(cluster, players, ledger);
  cluster.stop();
};

/** Stopped in order while everybody plays: also what was not saved yet is on the disk afterwards. */
export const shutdownUnderLoad: Scenario = async (seed, watch) => {
  const { cluster, ledger, players } = await play(seed, watch);
  if (cluster.random.next() < 0.5)
    cluster.network.flap({ meanIntervalMs: 200, untilMs: cluster.scheduler.nowMs() + PLAY_MS });
  const hasEnded = await cluster.shutDown(SHUTDOWN_LIMIT_MS);
  assert.ok(hasEnded, `still running: ${cluster.runningNames.join(", ")}`);
  assert.deepEqual(
    cluster.exits.filter(({ code }) => code !== 0),
    [],
    "everything ends by itself and well",
  );
  assert.deepEqual(ledgerProblems(cluster, players, ledger), []);
  for (const { name } of players) {
    const ran = [...ledger.runs.keys()].filter((token) => token.startsWith(`${name}/`)).length;
    const book = storedBook(cluster, name);
    const kept = Object.keys(book?.receipts ?? {}).length + (book?.picked ?? 0);
    assert.equal(kept, ran, `${name} did ${ran} things and ${kept} are on the disk`);
  }
  cluster.stop();
};

async function play(seed: number, watch: Parameters<Scenario>[1]) {
  const cluster = new SimulatedCluster(world, { seed, config });
  watch?.(cluster);
  const ledger = newLedger();
  watchEpochs(cluster);
  watchStubs(cluster);
  cluster.startAll();
  assert.ok(await cluster.runUntil(() => cluster.isOpen, OPEN_LIMIT_MS), "the cluster opens");
  const players = makePlayers(cluster, PLAYER_COUNT, { acts: ["spend", "pick"] });
  assert.ok(await cluster.runUntil(() => players.every(({ isIn }) => isIn), OPEN_LIMIT_MS), "everybody logs in");
  await cluster.run(PLAY_MS * cluster.random.next());
  return { cluster, ledger, players };
}

async function expectWhole(cluster: SimulatedCluster, players: readonly Player[], ledger: Ledger): Promise<void> {
  const problems = () => [
    ...openProblems(cluster),
    ...stubProblems(cluster),
    ...spaceProblems(cluster),
    ...presenceProblems(cluster, players),
  ];
  assert.deepEqual(await eventually(cluster, BACK_LIMIT_MS, problems), []);
  for (const player of players) player.rest();
  await cluster.run(REST_MS);
  assert.deepEqual(problems(), [], "some time later");
  assert.deepEqual(await eventually(cluster, QUIET_LIMIT_MS, () => mailboxProblems(cluster)), []);
  const purchases = await cluster.settle(Promise.all(players.map((player) => player.spend())), REST_MS);
  assert.ok(purchases.every(Boolean), `purchases fail still: ${players.map(({ lastCode }) => lastCode).join(", ")}`);
  assert.deepEqual(await eventually(cluster, QUIET_LIMIT_MS, () => mirrorProblems(cluster, players)), []);
  assert.deepEqual(leftoverProblems(cluster, players), []);
  assert.deepEqual(ledgerProblems(cluster, players, ledger), []);
}

/** Each write that reaches the disk has an epoch at least as high as the one before it. */
function watchEpochs({ disk }: SimulatedCluster): void {
  const apply = disk.apply.bind(disk);
  disk.apply = (put: DocumentPut) => {
    const before = disk.read(put.collection, put.key)?.epoch ?? 0;
    const result = apply(put);
    const after = disk.read(put.collection, put.key)?.epoch ?? 0;
    if (after < before) throw new Error(`${put.collection}/${put.key} went from epoch ${before} to ${after}`);
    return result;
  };
}
