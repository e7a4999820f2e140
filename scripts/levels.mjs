/** Writes the example's levels and builds their navigation meshes, into dist/entities/levels: part of the build. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { dist, runNode } from "./run.mjs";

/** True when all of them are there. */
export async function buildLevels() {
  const folder = join(dist, "entities", "levels");
  const load = (path) => import(pathToFileURL(join(dist, path)).href);
  const [{ levelObj }, { CAVE, MEADOW }] = await Promise.all([
    load("entities/level.js"),
    load("entities/world-map.js"),
  ]);
  mkdirSync(folder, { recursive: true });
  return [MEADOW, CAVE].every((map) => {
    const file = join(folder, `${map.name.toLowerCase()}.obj`);
    writeFileSync(file, levelObj(map));
    return (
      runNode([join(dist, "cli", "main.js"), "navmesh", "build", file], { stdio: ["ignore", "ignore", "inherit"] }) ===
      0
    );
  });
}
