/**
 * What a client's move costs: the four checks alone, on decoded numbers; the whole way from the link's bytes through handler, checks and
 * hook to the new transform; and a tick of 10,000 movers that move ten times a second. `aeon bench movement`.
 */
import { defaultConfig } from "../engine/config/config.js";
import { checkMove, type Mover, newMover } from "../engine/movement/checks.js";
import { limitsOf, type MoveLimits } from "../engine/movement/rules.js";
import { type BenchRun, medians, ResultHash, timed } from "./harness.js";
import { MovingGame } from "./movement/moving-game.js";

interface Sizes {
  readonly movers: number;
  readonly warmUp: number;
  readonly repeats: number;
}

const FULL: Sizes = { movers: 10_000, warmUp: 40, repeats: 10 };
const SMALL: Sizes = { movers: 200, warmUp: 2, repeats: 1 };
/** Each mover moves at every second tick. */
const TICKS_PER_MOVE = 2;
const TICK_MS = 50;
const STEP_UNITS = 0.55;
const CHECK_ROUNDS = 10;
const US_PER_MS = 1_000;

const CHECK_US_MAX = 1;
const WAY_US_MAX = 3;

export async function bench(run: BenchRun): Promise<void> {
  const sizes = run.isSmall ? SMALL : FULL;
  if (run.wants("checks")) await measureChecks(run, sizes);
  if (run.wants("link to transform") || run.wants("tick")) await measureWay(run, sizes);
}

async function measureChecks(run: BenchRun, { movers, warmUp, repeats }: Sizes): Promise<void> {
  const [limits] = limitsOf({ foot: { speedMax: 6 } }) as [MoveLimits];
  const thresholds = defaultConfig().movement;
  const all: Mover[] = Array.from({ length: movers }, (_, i) => newMover(i, 0, 0, 0));
  let atMs = 0;
  let refused = 0;
  const round = () => {
    atMs += 100;
    for (let i = 0; i < movers; i++) {
      const mover = all[i] as Mover;
      // Every hundredth is too fast, so that refusals are in the figure.
      const step = i % 100 === 7 ? STEP_UNITS * 2 : STEP_UNITS;
      if (checkMove(mover, limits, thresholds, atMs + (i & 31), mover.x + step, 0, mover.z) !== 0) refused++;
    }
  };
  const [ms = 0] = await medians({ warmUp, repeats }, () => {
    const before = performance.now();
    for (let i = 0; i < CHECK_ROUNDS; i++) round();
    return [performance.now() - before];
  });
  const hash = new ResultHash().add(refused).add(Math.round(all.reduce((sum, mover) => sum + mover.x, 0)));
  run.report("checks alone, a move", "us", (ms * US_PER_MS) / movers / CHECK_ROUNDS, CHECK_US_MAX, hash.text);
}

async function measureWay(run: BenchRun, { movers, warmUp, repeats }: Sizes): Promise<void> {
  const game = new MovingGame(movers);
  let atMs = 1_000;
  let from = 0;
  const perTick = Math.ceil(movers / TICKS_PER_MOVE);
  const parts = await medians({ warmUp, repeats }, () => {
    atMs += TICK_MS;
    const until = Math.min(movers, from + perTick);
    game.prepare(from, until, atMs, STEP_UNITS);
    from = until === movers ? 0 : until;
    return [timed(() => game.receive()), timed(() => game.tick())];
  });
  const [receiveMs = 0, tickMs = 0] = parts;
  const hash = new ResultHash().add(game.corrections).add(Math.round(game.way));
  run.report("link to transform, a move", "us", (receiveMs * US_PER_MS) / perTick, WAY_US_MAX, hash.text);
  run.report(`${movers} movers at 10 Hz, a tick of ${TICK_MS} ms`, "ms", receiveMs + tickMs);
}
