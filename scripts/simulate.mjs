/** `npm run simulate -- --seeds N [--seed S]`: runs the whole cluster under virtual time, once for each seed. */
import { join } from "node:path";
import { build } from "./build.mjs";
import { dist, runNodeForeground } from "./run.mjs";

process.exitCode = (await build({ only: ["code", "levels"] }))
  ? await runNodeForeground([join(dist, "tests", "simulation", "run.js"), ...process.argv.slice(2)])
  : 1;
