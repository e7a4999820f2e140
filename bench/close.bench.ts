/**
 * Closing a space with a crowd in a real game, `aeon bench close`: how late the game's ticks are meanwhile, against the ticks before,
 * with the crowd standing. BENCH_CROWD (10000).
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BenchRun } from "./harness.js";
import { appeared } from "./load/files.js";
import { freePortBase, startAeon } from "./load/servers.js";
import type { ClosingResult } from "./world/closing-world.js";

const SMALL_CROWD = 300;
const TIMEOUT_MS = 60_000;
/** How much later the worst tick may be. */
const DELAY_MS_MAX = 5;

export async function bench(run: BenchRun): Promise<void> {
  const crowd = run.isSmall ? SMALL_CROWD : Number(process.env.BENCH_CROWD ?? 10_000);
  const { members, standingMs, closingMs, tookMs } = await close(crowd);
  run.report("space with a crowd: members", "count", members);
  run.report("worst tick, standing: late by", "ms", standingMs);
  run.report("worst tick, closing: late by", "ms", closingMs);
  run.report("closing delays the worst tick by", "ms", Math.max(0, closingMs - standingMs), DELAY_MS_MAX);
  run.report("closing takes", "ms", tookMs);
}

async function close(crowd: number): Promise<ClosingResult> {
  const folder = mkdtempSync(join(tmpdir(), "aeon-close-"));
  const file = join(folder, "result.json");
  const env = { AEON_BENCH_FILE: file, AEON_BENCH_CROWD: String(crowd) };
  const server = await startAeon(await freePortBase(), { world: "closing-world", env });
  try {
    await appeared(file, TIMEOUT_MS);
    return JSON.parse(readFileSync(file, "utf8")) as ClosingResult;
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
