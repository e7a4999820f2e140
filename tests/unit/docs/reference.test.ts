/** The reference pages hold the tables that the code gives; `node scripts/reference.mjs` writes them anew. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { packageRoot } from "../source-files.js";

interface ReferenceScript {
  renderTables(compiled: string): Promise<Record<string, string>>;
  pageFile(name: string): string;
  tableIn(page: string): string | null;
}

const compiled = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
const script = (await import(pathToFileURL(join(packageRoot, "scripts", "reference.mjs")).href)) as ReferenceScript;
const tables = await script.renderTables(compiled);

for (const name of ["config", "errors", "protocol", "cli"]) {
  test(`reference: docs/reference/${name}.md is what the code says (else run scripts/reference.mjs)`, () => {
    const expected = tables[name] ?? "";
    assert.ok(expected.split("\n").length > 20, "the table is empty");
    assert.equal(script.tableIn(readFileSync(script.pageFile(name), "utf8")), expected.trim());
  });
}
