#!/usr/bin/env node
/** The `aeon` command: in a clone it builds what is stale, then hands over to the compiled program. */
import { existsSync } from "node:fs";

const program = new URL("../dist/cli/main.js", import.meta.url);
const buildScript = new URL("../scripts/build.mjs", import.meta.url);
const isBuilt = existsSync(buildScript) ? await (await import(buildScript.href)).build() : true;
if (isBuilt && existsSync(program)) {
  await import(program.href);
} else {
  if (isBuilt)
    process.stderr.write("aeon: the engine is not built and its compiler is not installed; run `npm install`\n");
  process.exitCode = 1;
}
