/**
 * What a set of a synced number costs script. V8 keeps an account of what each place in code sees: an author's loop over his players sees
 * one class, and that is the case; beside it a place that sees every class of the world, as code in a shared base class does. The accessor
 * itself has seen all classes in both, as in a game of many entity types. No place may be shared by the two, so there are two loops.
 */
import { allocatedBytes, type BenchRun, medians, ResultHash, type Rounds, repeatCount, timed } from "../harness.js";
import { benchWorld, drain } from "./bench-world.js";
import { PLAYER_CLASSES, type Player } from "./player.js";
import { CASE, type SyncSizes } from "./sizes.js";

/** A round's sets have room in it. */
const SET_LOG_BYTES = 8 * 1024 * 1024;
const ROUNDS: Rounds = { warmUp: 10, repeats: 20 };
const COUNTED_ROUNDS = 21;
const TARGET_NS = 8;

/** Sets `count` times, from the value `from` on. */
type SetLoop = (players: readonly Player[], from: number, count: number) => void;

// No division in the loops: it would cost as much as the set.
function setOfOneClass(players: readonly Player[], from: number, count: number): void {
  const { length } = players;
  for (let i = from, at = 0; i < from + count; i++, at = at + 1 === length ? 0 : at + 1) (players[at] as Player).hp = i;
}

function setOfAllClasses(players: readonly Player[], from: number, count: number): void {
  const { length } = players;
  for (let i = from, at = 0; i < from + count; i++, at = at + 1 === length ? 0 : at + 1) (players[at] as Player).hp = i;
}

export async function runSetCase(run: BenchRun, sizes: SyncSizes): Promise<void> {
  if (!run.wants(CASE.set)) return;
  await measureSets(run, sizes, true);
  await measureSets(run, sizes, false);
}

async function measureSets(run: BenchRun, sizes: SyncSizes, isOneClass: boolean): Promise<void> {
  const { setsPerRound, players: playerCount } = sizes;
  const { players, log, shadow } = benchWorld(playerCount, SET_LOG_BYTES);
  const loop: SetLoop = isOneClass ? setOfOneClass : setOfAllClasses;
  const own = isOneClass ? players.filter((_, slot) => slot % PLAYER_CLASSES === 0) : players;
  const name = isOneClass ? CASE.set : `${CASE.set} where code sees all classes`;
  for (const player of players) for (let i = 0; i < 100; i++) player.hp = i;
  drain(log, shadow);
  const round = (number: number) => {
    const ms = timed(() => loop(own, number * setsPerRound, setsPerRound));
    drain(log, shadow);
    return [(ms * 1e6) / setsPerRound];
  };
  const [ns = 0] = await medians(ROUNDS, round);
  const hash = new ResultHash();
  for (const slot of players.keys()) hash.add(shadow.value(slot, "hp") as number);
  run.report(name, "ns", ns, isOneClass ? TARGET_NS : null, hash.text);
  let number = repeatCount(ROUNDS);
  const allocated = allocatedBytes(COUNTED_ROUNDS, () => round(number++));
  if (Number.isFinite(allocated)) run.report(`${name}: allocated, drain included`, "bytes", allocated / setsPerRound);
}
