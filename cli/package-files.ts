/** Where the program's own files are, in a clone and in an installed package alike. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { AeonError } from "../engine/base/errors.js";
import type { ProcessKind } from "../engine/net/link.js";

/** The folder with the compiled sources (dist/). */
export const compiledFolder = dirname(dirname(fileURLToPath(import.meta.url)));
/** This program, for commands that start it again. */
export const mainProgram = join(compiledFolder, "cli", "main.js");

export function processProgram(kind: Exclude<ProcessKind, "cli">): string {
  return join(compiledFolder, kind, "main.js");
}

/** The engine's package: the nearest folder above that holds its package.json. */
export function packageFolder(): string {
  let folder = compiledFolder;
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new AeonError("INTERNAL", `no package.json above ${compiledFolder}`);
    folder = parent;
  }
  return folder;
}
