/** Finds the navigation meshes of an author's world on disk, and opens who answers about them. Used by the game's shell, never by a core. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { AeonError, errorText } from "../engine/base/errors.js";
import type { OpenNavRunner } from "../engine/nav/nav-runner.js";
import { loadWorld } from "./world-loader.js";

export interface LoadedNav {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly open: OpenNavRunner;
}

/** Null when the world has no mesh: nothing is loaded then. Throws NAV_FILE_INVALID for a file that cannot be read. */
export async function loadNav(modulePath: string, workers: number): Promise<LoadedNav | null> {
  const { world, indexPath } = await loadWorld(modulePath);
  const files = readMeshes(dirname(indexPath), world.navmeshes ?? {});
  if (files.size === 0) return null;
  if (workers > 0) return { files, open: (await import("../engine/nav/nav-pool.js")).openNavPool };
  return { files, open: await (await import("../engine/nav/inline-runner.js")).loadInlineRunner() };
}

function readMeshes(folder: string, navmeshes: Readonly<Record<string, string>>): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const [name, path] of Object.entries(navmeshes)) {
    try {
      files.set(name, readFileSync(join(folder, path)));
    } catch (cause) {
      throw new AeonError("NAV_FILE_INVALID", `navmesh ${name}: ${errorText(cause)}`, { cause });
    }
  }
  return files;
}
