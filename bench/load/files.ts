/** Waiting for a file that another process writes. */
import { existsSync } from "node:fs";

const POLL_MS = 50;

/** Resolves when it is there; rejects after `timeoutMs`. */
export async function appeared(file: string, timeoutMs: number): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!existsSync(file)) {
    if (performance.now() > endMs) throw new Error(`${file} was not written in time`);
    await pause(POLL_MS);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
