/** docs/guides/testing.md shows code that runs: each block is a region of tests/simulation/guide.test.ts. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../source-files.js";

const read = (...path: string[]) => readFileSync(join(packageRoot, ...path), "utf8").replaceAll("\r\n", "\n");

/** As an author would import it. */
function asAuthor(code: string): string {
  return code
    .trim()
    .replaceAll("../../testing/index.js", "aeon-engine/testing")
    .replaceAll("../../entities/", "../src/");
}

test("testing guide: every block of code is a region of the test that it names", () => {
  const source = read("tests", "simulation", "guide.test.ts");
  const regions = new Map(
    [...source.matchAll(/\/\/ #region (\w+)\n(.*?)\/\/ #endregion/gs)].map(([, name, code]) => [
      name,
      asAuthor(code ?? ""),
    ]),
  );
  const guide = read("docs", "guides", "testing.md");
  const blocks = [...guide.matchAll(/<!-- guide\.test\.ts: (\w+) -->\n```ts\n(.*?)\n```/gs)];
  assert.equal(guide.match(/```ts/g)?.length, blocks.length, "no block without a region");
  assert.deepEqual(blocks.map(([, name]) => name).sort(), [...regions.keys()].sort());
  for (const [, name, code] of blocks) assert.equal(code, regions.get(name), `region ${name}`);
});
