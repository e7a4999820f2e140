/** What goes wrong in a scenario: processes that are killed or stopped, links that are cut. A seed draws what, whom and when. */
import assert from "node:assert/strict";
import { type Random, randomIndex } from "../../engine/base/random.js";
import type { SimulatedCluster } from "../../testing/index.js";

/** Longer than `link.peerTimeoutMs`: whoever sleeps so long has been replaced. Shorter: it goes on. */
export const LONG_SLEEP_MS = 20_000;
export const SHORT_SLEEP_MS = 8_000;
/** About `link.closedGraceMs`: some are made good, some are given up. */
export const SHORT_PARTITIONS_MS = [300, 2_400];
export const LONG_PARTITIONS_MS = [3_500, 6_000, 20_000];
/** Pairs that talk to each other. */
const PEERS: readonly (readonly [RegExp, RegExp])[] = [
  [/^gate/, /^game\d/],
  [/^game\d/, /^gamemanager$/],
  [/^gate/, /^gamemanager$/],
  [/^game\d/, /^dbmanager$/],
  [/^dbmanager$/, /^gamemanager$/],
];

/** One misfortune; `describe` is what a failing seed prints. */
export interface Misfortune {
  readonly atMs: number;
  readonly describe: string;
  /** How long until its cause is over. */
  readonly lastsMs: number;
  strike(): void;
}

export function drawMisfortune(cluster: SimulatedCluster, withinMs: number): Misfortune {
  const { random } = cluster;
  const atMs = random.next() * withinMs;
  const roll = random.next();
  if (roll < 0.45) return killOf(cluster, pick(random, cluster.processNames), atMs);
  if (roll < 0.7) {
    return sleepOf(cluster, pick(random, cluster.processNames), atMs, pick(random, [SHORT_SLEEP_MS, LONG_SLEEP_MS]));
  }
  const [a, b] = drawPeers(random, cluster.processNames);
  if (roll < 0.85)
    return partitionOf(cluster, a, b, atMs, pick(random, [...SHORT_PARTITIONS_MS, ...LONG_PARTITIONS_MS]));
  return halfOpenOf(cluster, a, b, atMs);
}

/** A cut of two peers: for one of these times, or noticed at one end only. */
export function drawCut(cluster: SimulatedCluster, withinMs: number, partitionsMs: readonly number[]): Misfortune {
  const { random } = cluster;
  const atMs = random.next() * withinMs;
  const [a, b] = drawPeers(random, cluster.processNames);
  if (random.next() < 0.5) return halfOpenOf(cluster, a, b, atMs);
  return partitionOf(cluster, a, b, atMs, pick(random, partitionsMs));
}

export function killOf(cluster: SimulatedCluster, name: string, atMs: number): Misfortune {
  return { atMs, describe: `kill ${name}`, lastsMs: 0, strike: () => cluster.kill(name) };
}

export function sleepOf(cluster: SimulatedCluster, name: string, atMs: number, sleepMs: number): Misfortune {
  const strike = () => {
    cluster.pause(name);
    cluster.scheduler.setTimer(sleepMs, () => wake(cluster, name, sleepMs));
  };
  return { atMs, describe: `stop ${name} for ${sleepMs} ms`, lastsMs: sleepMs, strike };
}

/** Who slept for so long that it was replaced must end before it does anything; what it does nevertheless ends the run. */
function wake(cluster: SimulatedCluster, name: string, sleptMs: number): void {
  const isReplaced = sleptMs > cluster.config.link.peerTimeoutMs && cluster.isPaused(name);
  if (isReplaced && /^game\d/.test(name)) forbidScripts(cluster, name);
  cluster.resume(name);
}

function forbidScripts(cluster: SimulatedCluster, name: string): void {
  const game = cluster.game(name);
  for (const way of ["tick", "run", "runHook"] as const) {
    game.entities[way] = () => {
      const isOver = !cluster.isRunning(name) || cluster.game(name) !== game;
      if (!isOver) cluster.scheduler.setTimer(0, () => assert.fail(`${name} slept too long and runs scripts again`));
    };
  }
}

export function partitionOf(cluster: SimulatedCluster, a: string, b: string, atMs: number, forMs: number): Misfortune {
  const strike = () => {
    cluster.network.partition(a, b);
    cluster.scheduler.setTimer(forMs, () => cluster.network.heal(a, b));
  };
  return { atMs, describe: `partition ${a} and ${b} for ${forMs} ms`, lastsMs: forMs, strike };
}

export function halfOpenOf(cluster: SimulatedCluster, a: string, b: string, atMs: number): Misfortune {
  const strike = () => void cluster.network.cut(a, b, { halfOpen: true });
  return { atMs, describe: `cut ${a} from ${b}, noticed at one end`, lastsMs: 0, strike };
}

/** Lets them strike from now on, and returns when the last of them is over, in ms from now. */
export function unleash(cluster: SimulatedCluster, misfortunes: readonly Misfortune[]): number {
  for (const { atMs, strike, describe } of misfortunes) {
    cluster.scheduler.setTimer(atMs, () => {
      cluster.note(`simulation ${describe}`);
      strike();
    });
  }
  return Math.max(0, ...misfortunes.map(({ atMs, lastsMs }) => atMs + lastsMs));
}

function drawPeers(random: Random, names: readonly string[]): [string, string] {
  const [left, right] = pick(random, PEERS);
  const ofLeft = names.filter((name) => left.test(name));
  const ofRight = names.filter((name) => right.test(name));
  return [pick(random, ofLeft), pick(random, ofRight)];
}

function pick<T>(random: Random, items: readonly T[]): T {
  return items[randomIndex(random, items.length)] as T;
}
