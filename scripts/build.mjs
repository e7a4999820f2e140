/**
 * Compiles the sources to dist/, the example's levels to dist/entities/levels and the web page to dist/client/web, each only when something changed since the last time.
 * Runs as npm's `prepare` and `build`, and before each command in a clone. Without sources or compiler (an installed package) it does nothing.
 */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { buildLevels } from "./levels.mjs";
import { dist, root, runNode, tool } from "./run.mjs";

const SOURCE_FOLDERS = JSON.parse(readText("tsconfig.json") || "{}").include ?? [];
const WEB_FOLDERS = [
  "client",
  "engine/base",
  "engine/protocol",
  "engine/property",
  "engine/nav",
  "engine/movement",
  "engine/net",
  "engine/recording",
  "entities",
];
const LEVEL_FOLDERS = ["entities", "engine/nav"];
const LOCK_POLL_MS = 100;
/** Younger than this, a lock may not hold its pid yet. */
const LOCK_YOUNG_MS = 1_000;

function readText(path) {
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

function* filesUnder(folder) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === "node_modules" || entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(path);
    else yield path;
  }
}

/** A hash over path, size and time of change: cheap enough to take before each command. */
function stampOf(folders, extraFiles) {
  const hash = createHash("sha1");
  for (const folder of folders) {
    for (const path of filesUnder(join(root, folder))) add(path);
  }
  for (const file of extraFiles) if (existsSync(join(root, file))) add(join(root, file));
  return hash.digest("hex");

  function add(path) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${relative(root, path)}\0${size}\0${mtimeMs}\n`);
  }
}

const stampFile = (part) => join(dist, `.${part}-stamp`);
const isFresh = (part, stamp) => existsSync(stampFile(part)) && readFileSync(stampFile(part), "utf8") === stamp;
const keepStamp = (part, stamp) => writeFileSync(stampFile(part), stamp);

const parts = {
  code: {
    name: "dist",
    stamp: () => stampOf(SOURCE_FOLDERS, ["tsconfig.json", "package-lock.json"]),
    build: buildCode,
  },
  levels: { name: "the levels", stamp: () => stampOf(LEVEL_FOLDERS, ["package-lock.json"]), build: buildLevels },
  web: { name: "the web page", stamp: () => stampOf(WEB_FOLDERS, ["package-lock.json"]), build: buildWeb },
};

function buildCode() {
  removeOrphans();
  const code = runNode([tool("typescript", "bin/tsc"), "-b", "tsconfig.json"]);
  if (code === 0) copyTemplate();
  return code === 0;
}

const BUILT_OTHERWISE = [join("client", "web"), join("cli", "template"), join("entities", "levels")];

/** What dist/ holds of sources that are gone; a deleted test must not go on running. */
function removeOrphans() {
  for (const folder of SOURCE_FOLDERS) {
    for (const path of filesUnder(join(dist, folder))) {
      const inTree = relative(dist, path);
      if (BUILT_OTHERWISE.some((folder) => inTree.startsWith(folder + sep))) continue;
      const source = join(root, inTree.replace(/(\.d\.ts|\.js)(\.map)?$/, ".ts"));
      if (!existsSync(source)) rmSync(path);
    }
  }
}

function copyTemplate() {
  rmSync(join(dist, "cli", "template"), { recursive: true, force: true });
  cpSync(join(root, "cli", "template"), join(dist, "cli", "template"), { recursive: true });
}

function buildWeb() {
  const page = join(root, "client", "web");
  if (!existsSync(join(page, "index.html"))) return true;
  return (
    runNode([tool("vite", "bin/vite.js"), "build", "--logLevel", "warn", "--config", join(page, "vite.config.ts")], {
      cwd: page,
    }) === 0
  );
}

/** One build at a time: a second one waits and then finds everything fresh. */
async function withLock(run) {
  const lock = join(dist, ".build-lock");
  mkdirSync(dist, { recursive: true });
  while (!tryLock(lock)) await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  try {
    return await run();
  } finally {
    rmSync(lock, { force: true });
  }
}

function tryLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  if (ageMs(lock) > LOCK_YOUNG_MS && !isAlive(holderOf(lock))) rmSync(lock, { force: true });
  return false;
}

const ageMs = (file) => Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());

function holderOf(lock) {
  try {
    return Number(readFileSync(lock, "utf8"));
  } catch {
    return process.pid; // Given back at this moment: try again.
  }
}

function isAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** True in an installed package, and where development packages were left out: what is built is used as it is. */
const cannotBuild = () => !existsSync(join(root, "engine", "index.ts")) || tool("typescript", "bin/tsc") === null;

/** True when everything is built. `only` names the parts to look at. */
export async function build({ only = ["code", "levels", "web"], quiet = false } = {}) {
  if (cannotBuild()) return true;
  const stale = () => only.filter((part) => !isFresh(part, parts[part].stamp()));
  if (stale().length === 0) return true;
  return withLock(async () => {
    for (const part of stale()) {
      const stamp = parts[part].stamp();
      if (!quiet) process.stderr.write(`building ${parts[part].name} …\n`);
      if (!(await parts[part].build())) return false;
      keepStamp(part, stamp);
    }
    return true;
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  process.exitCode = (await build()) ? 0 : 1;
}
