/**
 * Property sync and area of interest, from script's set to the bytes that a game hands to its gates: `aeon bench sync`.
 * bench/peers runs the same cases on others.
 */
import type { BenchRun } from "./harness.js";
import { runAoiCases } from "./sync/aoi-cases.js";
import { runJoinCase, runStateCase, runTickCases } from "./sync/cases.js";
import { inlineConsumer } from "./sync/consumer.js";
import { runSetCase } from "./sync/set-case.js";
import { FULL_SIZES, SMALL_SIZES } from "./sync/sizes.js";

export async function bench(run: BenchRun): Promise<void> {
  const sizes = run.isSmall ? SMALL_SIZES : FULL_SIZES;
  await runSetCase(run, sizes);
  await runTickCases(run, inlineConsumer, sizes);
  await runJoinCase(run, inlineConsumer, sizes);
  await runStateCase(run, sizes);
  await runAoiCases(run, sizes);
}
