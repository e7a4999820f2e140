/** Where a world's sources are: the project that `aeon dev` watches and builds. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { AeonConfig } from "../engine/config/config.js";
import { packageFolder } from "./package-files.js";

/** The nearest folder above the world's module that holds a package.json; the engine's own for the example world. */
export function worldFolder(config: AeonConfig): string {
  if (config.world.module === "") return packageFolder();
  const start = dirname(config.world.module);
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) return start;
  }
}
