/** `aeon navmesh build` as a user runs it. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeNavFile } from "../../../engine/nav/nav-file.js";
import { runAeon } from "../../cluster/cluster.js";
import { temporaryFolder } from "./temporary-folder.js";

/** A square of ground; the second half is of mud. */
const LEVEL = ["v 0 0 0", "v 12 0 0", "v 12 0 12", "v 0 0 12", "v 0 0 6", "v 12 0 6"]
  .concat(["f 1 5 6 2", "usemtl mud", "f 5 4 3 6", ""])
  .join("\n");

test("navmesh build: a mesh, a picture and progress; the same again over the old file (obj)", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "yard.obj"), LEVEL);
  const args = [
    "navmesh",
    "build",
    "yard.obj",
    "--area",
    "mud",
    "--cell-size",
    "0.5",
    "--picture",
    "yard.svg",
    "--json",
  ];
  const first = await runAeon(folder, ...args);
  assert.deepEqual([first.status, first.stderr], [0, ""]);
  const events = first.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { event: string; done?: number; tiles?: number; polygons?: number });
  assert.deepEqual([...new Set(events.map(({ event }) => event))], ["level", "progress", "mesh", "picture"]);
  const last = events.filter(({ event }) => event === "progress").at(-1);
  assert.equal(last?.done, last?.tiles);
  const bytes = readFileSync(join(folder, "yard.nav"));
  const { header } = decodeNavFile(bytes);
  assert.deepEqual(
    header.areas.map(({ name }) => name),
    ["ground", "mud"],
  );
  assert.equal(header.parameters.cellSize, 0.5);
  assert.match(readFileSync(join(folder, "yard.svg"), "utf8"), /<svg /);
  await runAeon(folder, ...args);
  assert.deepEqual(readFileSync(join(folder, "yard.nav")), bytes);
  assert.deepEqual(readdirSync(folder).sort(), ["yard.nav", "yard.obj", "yard.svg"]);
});

test("navmesh build: what is wrong is one line with a code, exit 1 or 2, and no file", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "yard.obj"), LEVEL);
  writeFileSync(join(folder, "broken.obj"), "v 0 0 0\nf 1 2 3\n");
  mkdirSync(join(folder, "taken.nav"));
  for (const [args, status, code] of [
    [["build", "nowhere.obj"], 1, "NAV_LEVEL_INVALID"],
    [["build", "broken.obj"], 1, "NAV_LEVEL_INVALID"],
    [["build", "yard.obj", "--area", "lava"], 1, "NAV_LEVEL_INVALID"],
    [["build", "yard.obj", "--out", "taken.nav"], 1, "NAV_BUILD_FAILED"],
    [["build", "yard.obj", "--cell-size", "-1"], 2, "cell-size"],
  ] as const) {
    const outcome = await runAeon(folder, "navmesh", ...args);
    assert.equal(outcome.status, status, args.join(" "));
    assert.ok(outcome.stderr.includes(code), outcome.stderr);
    assert.equal(outcome.stderr.trimEnd().split("\n").length, 1);
  }
  assert.equal(existsSync(join(folder, "yard.nav")), false);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith(".tmp")),
    [],
  );
});
