/**
 * Paths between random places of a stated mesh: the plain package on one thread, one worker and two beside it in the same run; what a path
 * costs the script thread; and whether queries that fail leave anything in the WASM memory. `aeon bench nav`.
 */
import { loadInlineRunner } from "../engine/nav/inline-runner.js";
import { openNavPool } from "../engine/nav/nav-pool.js";
import type { BenchRun } from "./harness.js";
import { median, ResultHash, ROUND_COUNT } from "./harness.js";
import { leftByEngine, leftByPackage } from "./nav/leak.js";
import { NavCrowd } from "./nav/nav-crowd.js";
import { PlainPaths } from "./nav/plain-paths.js";
import { buildBenchMesh, FULL_SIZES, Pairs, SMALL_SIZES } from "./nav/setting.js";

/** A value in the right direction: harness targets are upper bounds, so a share is held as what it falls short of 1 or 2. */
const ONE_WORKER_MIN = 0.95;
const TWO_WORKERS_MIN = 1.7;
const WARM_ROUNDS = 2;
const SCRIPT_US_MAX = 2;

export const CASE = {
  plain: "plain package, one thread: a path",
  one: "one worker: a path",
  two: "two workers: a path",
  oneShare: "one worker: time of the plain package's",
  twoShare: "two workers: time of the plain package's",
  script: "script thread: a path",
  leak: "failing queries: blocks left",
  packageLeak: "failing queries: blocks left by the package's computePath, each",
} as const;

export async function bench(run: BenchRun): Promise<void> {
  const sizes = run.isSmall ? SMALL_SIZES : FULL_SIZES;
  const inline = await loadInlineRunner();
  const file = await buildBenchMesh(sizes);
  if (run.wants("path") || run.wants("worker")) await runPathCases(run, file, sizes);
  if (!run.wants("failing")) return;
  const left = await leftByEngine(file, sizes.failures, inline);
  run.report(CASE.leak, "count", left, 0);
  // It is known to leak; shown, not held.
  run.report(CASE.packageLeak, "count", await leftByPackage(file, sizes.packageFailures));
}

/** Rounds in turns, so that what else the machine does meets all three alike; a round's share is of its own neighbour. */
async function runPathCases(run: BenchRun, file: Uint8Array, sizes: typeof FULL_SIZES): Promise<void> {
  const pairs = new Pairs(file, sizes);
  await pairs.find();
  const plain = await PlainPaths.open(file);
  const crowds = [await NavCrowd.open(file, 1, openNavPool), await NavCrowd.open(file, 2, openNavPool)] as const;
  const us: { plain: number[]; one: number[]; two: number[]; script: number[] } = {
    plain: [],
    one: [],
    two: [],
    script: [],
  };
  const hashes = new Set<string>();
  const lengths: number[] = [];
  for (let round = -WARM_ROUNDS; round < ROUND_COUNT; round++) {
    const [byPlain, byOne, byTwo] = [
      plain.run(pairs),
      await crowds[0].run(pairs, sizes.perTick),
      await crowds[1].run(pairs, sizes.perTick),
    ];
    if (round < 0) continue;
    us.plain.push(byPlain.us);
    us.one.push(byOne.us);
    us.two.push(byTwo.us);
    us.script.push(byOne.scriptUs);
    for (const { hash } of [byPlain, byOne, byTwo]) hashes.add(hash);
    lengths.push(byOne.points);
  }
  for (const crowd of crowds) await crowd.close();
  plain.close();
  const hash = hashes.size === 1 ? ([...hashes][0] as string) : new ResultHash().add("they differ").text;
  const share = (part: readonly number[]) => median(part.map((value, i) => value / (us.plain[i] as number)));
  run.report(CASE.plain, "us", median(us.plain), null, hash);
  run.report(CASE.one, "us", median(us.one), null, hash);
  run.report(CASE.two, "us", median(us.two), null, hash);
  for (const name of ["plain", "one", "two"] as const) {
    run.report(`${CASE[name]}: paths a second`, "hz", median(us[name].map((each) => 1e6 / each)));
  }
  run.report(CASE.oneShare, "percent", share(us.one) * 100, 100 / ONE_WORKER_MIN);
  run.report(CASE.twoShare, "percent", share(us.two) * 100, 100 / TWO_WORKERS_MIN);
  run.report(CASE.script, "us", median(us.script), SCRIPT_US_MAX);
  run.report("points of a path", "count", median(lengths));
}
