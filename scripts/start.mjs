/** `npm start`: builds what is stale, then `aeon up` with a few bots for company. Arguments go to `aeon up`. */
import { join } from "node:path";
import { build } from "./build.mjs";
import { root, runNodeForeground } from "./run.mjs";

const COMPANY = ["--bots", "30"];

if (await build()) {
  const given = process.argv.slice(2);
  const company = given.some((argument) => argument.startsWith("--bots")) ? [] : COMPANY;
  process.exitCode = await runNodeForeground([join(root, "cli", "bin.mjs"), "up", ...company, ...given]);
} else {
  process.exitCode = 1;
}
