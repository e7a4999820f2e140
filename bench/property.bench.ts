/**
 * Properties: what a set costs on the script thread, and what it costs to bring changes and whole states to clients.
 *
 *   node dist/bench/property.bench.js [--small]
 *
 * Prints a line of JSON per measurement: nanoseconds or milliseconds (the median of several rounds), bytes, or a hash of the result.
 */
import { pathToFileURL } from "node:url";
import { ByteReader, ByteWriter } from "../engine/base/bytes.js";
import { OpLog } from "../engine/property/op-log.js";
import { type OpSink, OWN_SCOPES, VIEW_SCOPES } from "../engine/property/op-sink.js";
import { Shadow } from "../engine/property/shadow.js";
import { type BenchRun, median } from "./harness.js";
import { benchDefinitions, entityIdOf, fillBag, PLAYER_CLASSES, type Player, PlayerFactory } from "./sync/player.js";

export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: "ns" | "ms" | "bytes" | "hash";
}

interface Sizes {
  readonly players: number;
  readonly rounds: number;
  readonly sets: number;
}

const FULL: Sizes = { players: 1_000, rounds: 100, sets: 2_000_000 };
const SMALL: Sizes = { players: 50, rounds: 5, sets: 20_000 };
const SET_ROUNDS = 40;

/** Takes the ops of this bench, which are all of properties. */
class Consumer extends Shadow {
  flush(): void {}
}

class World {
  readonly table = benchDefinitions();
  readonly log = new OpLog({ bytes: 8 * 1024 * 1024 });
  readonly shadow = new Consumer(this.table);
  readonly players: Player[] = [];

  constructor(players: number) {
    const factory = new PlayerFactory(this.table);
    for (let slot = 0; slot < players; slot++) {
      const player = factory.make(slot, slot % PLAYER_CLASSES);
      player.properties.attach(this.log, slot, entityIdOf(slot));
      fillBag(player);
      this.players.push(player);
    }
    this.drain();
    for (const slot of this.shadow.takeChanged()) this.shadow.clearChanges(slot);
  }

  drain(): void {
    this.log.flush();
    this.log.drain(this.shadow as unknown as OpSink);
  }
}

function medianMs(rounds: number, run: (round: number) => void): number {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    run(round);
    times.push(performance.now() - start);
  }
  return median(times);
}

function measureSets(sizes: Sizes): Measurement[] {
  const world = new World(sizes.players);
  const { players, log } = world;
  const perRound = Math.floor(sizes.sets / SET_ROUNDS / sizes.players) * sizes.players;
  log.onFull = () => {
    throw new Error("the log is too small for a round");
  };
  // A script's own code mostly sees one class at a place; the accessors behind it have seen all of them.
  for (const player of players) warm(player);
  world.drain();
  const own = players.filter((_, slot) => slot % PLAYER_CLASSES === 0);
  // No division in the loops: it would cost as much as a set. Rounds end where the players do.
  const each = (run: (player: Player, i: number) => void) => (from: number) => {
    for (let i = from; i < from + perRound; ) for (const player of own) run(player, i++);
  };
  const loops: Record<string, (from: number) => void> = {
    "set int32": (from) => {
      for (let i = from; i < from + perRound; ) for (const player of own) player.hp = i++;
    },
    "set float32": (from) => {
      for (let i = from; i < from + perRound; ) for (const player of own) player.x = i++ / 3;
    },
    "set unchanged": (from) => {
      for (let i = from; i < from + perRound; i += own.length) for (const player of own) player.y = 0;
    },
    "set text": each((player, i) => {
      player.name = ((i / own.length) & 1) === 0 ? "Anna" : "Berta";
    }),
    "set a field of a struct in a map": each((player, i) => {
      const item = player.bag.get("item 3");
      if (item !== undefined) item.count = i;
    }),
  };
  return Object.entries(loops).map(([name, loop]) => {
    const times: number[] = [];
    for (let round = 0; round < SET_ROUNDS; round++) {
      const start = performance.now();
      loop(round * perRound);
      times.push(performance.now() - start);
      world.drain();
    }
    return { name, unit: "ns", value: (median(times) * 1e6) / perRound };
  });
}

function warm(player: Player): void {
  for (let i = 1; i < 100; i++) {
    player.hp = i;
    player.x = i / 3;
    player.y = i / 5;
  }
  player.y = 0;
}

function measureChanges(sizes: Sizes): Measurement[] {
  const world = new World(sizes.players);
  const { players, shadow } = world;
  const out = new ByteWriter(1 << 16);
  const parts: Record<string, number[]> = { mutate: [], drain: [], write: [], all: [] };
  for (let round = 0; round < sizes.rounds; round++) {
    const start = performance.now();
    for (let i = 0; i < players.length; i++) {
      const player = players[i] as Player;
      player.x = round + i / 7 + 0.25;
      player.y = round - i / 7 - 0.5;
    }
    const mutated = performance.now();
    world.drain();
    const drained = performance.now();
    out.reset();
    for (const slot of shadow.takeChanged()) {
      shadow.writeChanges(slot, VIEW_SCOPES, out);
      shadow.clearChanges(slot);
    }
    const written = performance.now();
    parts.mutate?.push(mutated - start);
    parts.drain?.push(drained - mutated);
    parts.write?.push(written - drained);
    parts.all?.push(written - start);
  }
  const times = Object.entries(parts).map(([part, ms]) => ({
    name: `2 floats of each player: ${part}`,
    unit: "ms" as const,
    value: median(ms),
  }));
  return [...times, { name: "2 floats of each player", unit: "bytes", value: out.length }];
}

function measureStates(sizes: Sizes): Measurement[] {
  const { table, shadow, players } = new World(sizes.players);
  const states = players.map(() => new ByteWriter(1024));
  const stateOf = (slot: number) => states[slot] as ByteWriter;
  const write = medianMs(sizes.rounds, () => {
    for (let slot = 0; slot < players.length; slot++) shadow.writeState(slot, OWN_SCOPES, stateOf(slot).reset());
  });
  let mirror = new Shadow(table);
  const apply = medianMs(sizes.rounds, () => {
    mirror = new Shadow(table);
    for (let slot = 0; slot < players.length; slot++)
      mirror.applyState(slot, (slot % PLAYER_CLASSES) + 1, "AAAAAAAAAAAAAAAA", new ByteReader(stateOf(slot).written()));
  });
  const hash = players.reduce((sum, _, slot) => (sum + mirror.hash(slot, OWN_SCOPES)) % 2 ** 52, 0);
  return [
    { name: "state of each player: write", unit: "ms", value: write },
    { name: "state of each player: apply", unit: "ms", value: apply },
    { name: "state of each player", unit: "bytes", value: states.reduce((sum, state) => sum + state.length, 0) },
    { name: "mirror of all players", unit: "hash", value: hash },
  ];
}

export function propertyBench(isSmall: boolean): Measurement[] {
  const sizes = isSmall ? SMALL : FULL;
  return [...measureSets(sizes), ...measureChanges(sizes), ...measureStates(sizes)];
}

/** As `aeon bench property`. */
export function bench(run: BenchRun): void {
  for (const { name, value, unit } of propertyBench(run.isSmall)) {
    if (!run.wants(name)) continue;
    if (unit === "hash") run.report(name, "count", 1, null, String(value));
    else run.report(name, unit, value);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const { name, value, unit } of propertyBench(process.argv.includes("--small")))
    console.log(JSON.stringify({ name, value: Number(value.toFixed(3)), unit }));
}
