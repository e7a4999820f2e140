/**
 * Loaded into every process of a cluster (`node --import`), it takes a CPU profile of a game's script thread: from when the file
 * AEON_PROFILE_FILE.go appears, until AEON_PROFILE_FILE.stop does; then AEON_PROFILE_FILE holds it. In other processes and threads it
 * does nothing.
 */
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { sep } from "node:path";
import { isMainThread } from "node:worker_threads";

const POLL_MS = 50;
const SAMPLING_INTERVAL_US = 500;
const { AEON_PROFILE_FILE: file } = process.env;

async function appears(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, POLL_MS).unref());
}

async function profile(path: string): Promise<void> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: SAMPLING_INTERVAL_US });
  await appears(`${path}.go`);
  await session.post("Profiler.start");
  await appears(`${path}.stop`);
  const { profile } = await session.post("Profiler.stop");
  writeFileSync(`${path}.part`, JSON.stringify(profile));
  renameSync(`${path}.part`, path);
}

if (isMainThread && file !== undefined && process.argv[1]?.endsWith(["game", "main.js"].join(sep))) void profile(file);
