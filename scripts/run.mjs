/** What the scripts share: where the package is, how its tools are run (by Node and a path, so that Windows needs no shell), plain output. */
import { spawn, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const dist = join(root, "dist");

/** The path of a tool's program, or null when it is not installed. `bin` is its path inside its package. */
export function tool(packageName, bin) {
  const require = createRequire(join(root, "package.json"));
  try {
    return join(dirname(require.resolve(`${packageName}/package.json`)), bin);
  } catch {
    return null;
  }
}

/** Runs a Node program to its end with our terminal; returns its exit code. */
export function runNode(args, options = {}) {
  const { status, signal } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit", ...options });
  return signal === null ? (status ?? 1) : 1;
}

/** Runs a Node program with our terminal and hands it the signals we get; resolves with its exit code. */
export function runNodeForeground(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: process.cwd(), stdio: "inherit" });
    // A terminal's Ctrl-C reaches the child by itself: here it must only not end us first.
    const onInterrupt = () => undefined;
    const onTerminate = () => child.kill("SIGTERM");
    process.on("SIGINT", onInterrupt);
    process.on("SIGTERM", onTerminate);
    child.on("exit", (code, signal) => resolve(signal === null ? (code ?? 1) : 1));
  });
}
