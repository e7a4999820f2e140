/** The life-cycle page has a row for each hook of the entity classes, and for nothing else; what it says of errors is what the code does. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isErrorCode } from "../../../engine/base/errors.js";
import { configSchema } from "../../../engine/config/schema.js";
import { AreaEntity, AvatarAreaEntity, AvatarEntity, ServerEntity, Space, StubEntity } from "../../../engine/index.js";
import { packageRoot, sourceFiles } from "../source-files.js";

const page = readFileSync(join(packageRoot, "docs", "reference", "life-cycle.md"), "utf8");
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| ---"))
  .slice(1)
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const inTable = rows.flatMap(([hook]) => /^`(on[A-Z]\w*)\(/.exec(hook ?? "")?.[1] ?? []);

const CLASS_FILES = /^engine\/entity\/(server|area|avatar|stub)-entity\.ts$|^engine\/entity\/space\.ts$/;

/** What an author may override: methods on the prototypes, and those that only types which want them define. */
function hooksOfCode(): Set<string> {
  const hooks = new Set<string>();
  for (const { prototype } of [ServerEntity, AreaEntity, AvatarEntity, AvatarAreaEntity, StubEntity, Space]) {
    for (let at: object = prototype; at !== Object.prototype; at = Object.getPrototypeOf(at) as object)
      for (const name of Object.getOwnPropertyNames(at)) if (/^on[A-Z]/.test(name)) hooks.add(name);
  }
  for (const { path, text } of sourceFiles(["engine/entity"])) {
    if (!CLASS_FILES.test(path)) continue;
    for (const [, name] of text.matchAll(/^ {2}(on[A-Z]\w*)\?\(/gm)) hooks.add(name as string);
  }
  return hooks;
}

test("life cycle: the table has one row for each hook of the entity classes", () => {
  const hooks = hooksOfCode();
  assert.ok(hooks.has("onCreate") && hooks.has("onTick") && hooks.has("onMove") && hooks.has("onEntityLeave"));
  assert.deepEqual([...inTable].sort(), [...hooks].sort());
});

test("life cycle: every row says of whom, when, what is allowed and what a throw causes", () => {
  for (const row of rows) {
    assert.equal(row.length, 5, row[0]);
    for (const cell of row) assert.ok(cell.length > 3, `${row[0]}: ${cell}`);
  }
});

test("life cycle: the parameters in the table are those of the code", () => {
  const text = sourceFiles(["engine/entity"])
    .filter(({ path }) => CLASS_FILES.test(path))
    .map((file) => file.text)
    .join("\n");
  for (const [hook] of rows) {
    const [, name, parameters] = /^`(on[A-Z]\w*)\((.*)\)`/.exec(hook ?? "") ?? [];
    if (name === undefined) continue;
    const inCode = new RegExp(`^ +(?:async )?${name}\\??\\(([^)]*)\\)`, "m").exec(text)?.[1] ?? "";
    const names = inCode.split(",").map((each) => each.replace(/:.*/, "").trim().replace(/^_/, ""));
    assert.equal(names.join(", "), parameters, name);
  }
});

test("life cycle: the codes and options that the page names exist", () => {
  const codes = [...page.matchAll(/`([A-Z]+(?:_[A-Z]+)*)`/g)].map(([, code]) => code as string);
  assert.ok(codes.length > 10);
  assert.deepEqual(
    codes.filter((code) => !isErrorCode(code)),
    [],
  );
  const options = [...page.matchAll(/`(game|gate)\.(\w+)`/g)].map(([, part, name]) => [part, name] as const);
  assert.ok(options.length > 5);
  const shape = configSchema.parse({}) as Record<string, Record<string, unknown>>;
  for (const [part, name] of options)
    assert.ok(shape[part as string]?.[name as string] !== undefined, `${part}.${name}`);
});

test("life cycle: the codes that count as throws are those of the code", () => {
  const runner = sourceFiles(["engine/entity"]).find(({ path }) => path.endsWith("/script-runner.ts"))?.text ?? "";
  const listed = /const MISUSE[^[]*\[([^\]]*)\]/.exec(runner)?.[1] ?? "";
  const inCode = [...listed.matchAll(/"(\w+)"/g)].map(([, code]) => code);
  const paragraph = /wrong does:([\s\S]*?)\n\n/.exec(page)?.[1] ?? "";
  const onPage = [...paragraph.matchAll(/`(\w+)`/g)].map(([, code]) => code);
  assert.ok(inCode.length > 5);
  assert.deepEqual([...onPage].sort(), [...inCode].sort());
});
