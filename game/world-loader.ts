/** Finds an author's world and its rpc-index.json on disk. Used by the game's shell and by the command line; never by a core. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { AeonError, errorText } from "../engine/base/errors.js";
import { EntityRegistry } from "../engine/entity/registry.js";
import type { RpcIndex } from "../engine/entity/rpc-index.js";
import type { World } from "../engine/entity/world.js";

export const RPC_INDEX_FILE = "rpc-index.json";

export interface LoadedWorld {
  readonly world: World;
  /** Where the index is or, when there is none yet, would be. */
  readonly indexPath: string;
  readonly index: RpcIndex | null;
}

/** `modulePath` absolute; "": the example world. Throws CONFIG_INVALID when there is no world in it. */
export async function loadWorld(modulePath: string): Promise<LoadedWorld> {
  const path = modulePath === "" ? fileURLToPath(new URL("../entities/world.js", import.meta.url)) : modulePath;
  const module = await importModule(path);
  const world = module.world as World | undefined;
  if (world === undefined) throw new AeonError("CONFIG_INVALID", `world.module: ${path} exports no \`world\``);
  const indexPath = join(packageFolder(path), RPC_INDEX_FILE);
  const index = existsSync(indexPath) ? (JSON.parse(readFileSync(indexPath, "utf8")) as RpcIndex) : null;
  return { world, indexPath, index };
}

/** The world with its numbers, as a game needs it. Throws RPC_INDEX_STALE when the index does not fit the world. */
export async function loadRegistry(modulePath: string): Promise<EntityRegistry> {
  const { world, index } = await loadWorld(modulePath);
  return new EntityRegistry(world, index);
}

async function importModule(path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (cause) {
    if (cause instanceof AeonError) throw cause;
    throw new AeonError("CONFIG_INVALID", `world.module: ${path} cannot be loaded: ${errorText(cause)}`, { cause });
  }
}

/** The nearest folder above with a package.json, which is where a project keeps its index. */
function packageFolder(path: string): string {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) return dirname(path);
  }
}
