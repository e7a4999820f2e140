/** Builds the web demo into dist/client/web, from where gates serve it. Relative addresses, so that it works under any path. */
import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const outDir = here("../../dist/client/web");
/** Of the folder that is written to, which `--outDir` may name. */
let assets = "";

export default defineConfig({
  root: here("."),
  base: "./",
  plugins: [
    {
      // Not the whole folder: the compiler puts the modules there that unit tests import.
      name: "clear-assets",
      configResolved: ({ root, build }) => {
        assets = resolve(root, build.outDir, "assets");
      },
      buildStart: () => rmSync(assets, { recursive: true, force: true }),
    },
  ],
  build: {
    outDir,
    emptyOutDir: false,
    target: "es2022",
    // Pixi is most of it: some 450 KB, 140 KB compressed.
    chunkSizeWarningLimit: 700,
  },
});
