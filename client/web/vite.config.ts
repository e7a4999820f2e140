/** Builds the web demo into dist/client/web, from where gates serve it. Relative addresses, so that it works under any path. */
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const outDir = here("../../dist/client/web");

export default defineConfig({
  root: here("."),
  base: "./",
  plugins: [
    {
      // Not the whole folder: the compiler puts the modules there that unit tests import.
      name: "clear-assets",
      buildStart: () => rmSync(`${outDir}/assets`, { recursive: true, force: true }),
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
