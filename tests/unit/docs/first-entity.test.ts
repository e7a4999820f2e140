/** docs/guides/your-first-entity.md shows code that runs: each block is a region of tests/guides/, word for word. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../source-files.js";

const read = (...path: string[]) => readFileSync(join(packageRoot, ...path), "utf8").replaceAll("\r\n", "\n");

/** As an author writes it: a project of its own, with everything in src/world.ts. */
function asAuthor(code: string): string {
  return code
    .replaceAll("../../engine/index.js", "aeon-engine")
    .replaceAll("../../testing/index.js", "aeon-engine/testing")
    .replaceAll("./first-entity.js", "../src/world.js");
}

const source = read("tests", "guides", "first-entity.ts") + read("tests", "guides", "first-entity.test.ts");
const regions = new Map(
  [...source.matchAll(/^ *\/\/ #region (\w+)\n(.*?)^ *\/\/ #endregion/gms)].map(([, name, code]) => [
    name as string,
    asAuthor(code as string).replace(/^\n+|\s+$/g, ""),
  ]),
);
const guide = read("docs", "guides", "your-first-entity.md");
const blocks = [...guide.matchAll(/<!-- first-entity: (\w+) -->\n```ts\n(.*?)\n```/gs)];

test("first entity guide: every block of code is the region that it names, and every region is shown in its order", () => {
  assert.equal(guide.match(/```ts/g)?.length, blocks.length, "a block without a region");
  assert.deepEqual(
    blocks.map(([, name]) => name),
    [...regions.keys()],
  );
  for (const [, name, code] of blocks) assert.equal(code, regions.get(name as string), `region ${name}`);
});

test("first entity guide: nothing of the source is left out of it", () => {
  const outside = source.replace(/^ *\/\/ #region.*?\/\/ #endregion/gms, "");
  const code = outside.replace(/\/\*\*[\s\S]*?\*\//g, "").trim();
  assert.equal(code, "");
});

test("first entity guide: links lead somewhere", () => {
  const links = [...guide.matchAll(/\]\(([^)#]+)\)/g)].map(([, path]) => path as string);
  assert.ok(links.length >= 2);
  for (const link of links) assert.ok(read("docs", "guides", ...link.split("/")).length > 0, link);
});
