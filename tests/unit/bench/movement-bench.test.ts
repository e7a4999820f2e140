/** The movement bench with small sizes: it runs, what it computes is always the same, and honest movers are not refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BenchRun, type Measurement } from "../../../bench/harness.js";
import { MovingGame } from "../../../bench/movement/moving-game.js";
import { bench } from "../../../bench/movement.bench.js";

async function smallRun(): Promise<Measurement[]> {
  const lines: Measurement[] = [];
  await bench(new BenchRun({ small: true }, (line) => lines.push(line)));
  return lines;
}

test("movement bench: every case reports, and two runs have the same results (small sizes)", async () => {
  const [first, second] = [await smallRun(), await smallRun()];
  assert.equal(first.length, 3);
  for (const { case: name, value } of first) assert.ok(Number.isFinite(value) && value > 0, name);
  assert.deepEqual(
    first.map(({ hash }) => hash),
    second.map(({ hash }) => hash),
  );
});

test("movement bench: what a gate sends moves the movers, and a jump is refused", () => {
  const game = new MovingGame(10);
  const before = game.way;
  game.prepare(0, 10, 1_000, 0.5);
  game.receive();
  assert.equal(game.way - before, 5);
  assert.equal(game.corrections, 0);
  game.prepare(0, 10, 1_100, 50);
  game.receive();
  assert.deepEqual([game.way - before, game.corrections], [5, 10]);
});
