/** Who may import whom, who may read the clock, and other rules that hold for every source file. */
import assert from "node:assert/strict";
import { posix } from "node:path";
import { test } from "node:test";
import { packageRoot, type SourceFile, sourceFiles, withoutComments } from "./source-files.js";

const SOURCE_FOLDERS = ["engine", "gate", "game", "gamemanager", "dbmanager", "entities", "client", "cli", "native"];
const files = sourceFiles(SOURCE_FOLDERS);

/** A folder imports only from layers further up, or from itself. Within a layer the order says who may import whom. */
const LAYERS: readonly (readonly string[])[] = [
  ["engine/base"],
  ["engine/config", "engine/protocol"],
  ["engine/property", "engine/net", "engine/store", "engine/worker", "engine/aoi", "engine/nav", "engine/movement"],
  ["engine/entity", "engine/cluster", "engine/room", "engine/replica", "engine/recording"],
  ["gate", "game", "gamemanager", "dbmanager"],
];
const PROCESSES = ["gate", "game", "gamemanager", "dbmanager"];
/** What a browser can run; the client SDK stands on nothing else. */
const BROWSER_SAFE = [
  "engine/base",
  "engine/protocol",
  "engine/property",
  "engine/movement",
  "engine/recording",
  "client",
];
/** Sources in those folders that only Node runs. */
const NODE_ONLY = ["engine/base/pino-log.ts"];

interface Import {
  readonly from: string;
  /** A path in the repository, or a package's name. */
  readonly to: string;
  readonly isTypeOnly: boolean;
}

const IMPORT = /^\s*(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"|\bimport\("([^"]+)"\)/gm;

function importsOf(file: SourceFile): Import[] {
  return [...withoutComments(file.text).matchAll(IMPORT)].map(([, type, name, dynamic]) => {
    const target = name ?? dynamic ?? "";
    const isRelative = target.startsWith(".");
    const to = isRelative ? posix.join(posix.dirname(file.path), target).replace(/\.js$/, ".ts") : target;
    return { from: file.path, to, isTypeOnly: type !== undefined };
  });
}

const imports = files.flatMap(importsOf);

function layerOf(path: string): { layer: number; folder: string } | null {
  for (const [layer, folders] of LAYERS.entries()) {
    const folder = folders.find((candidate) => path.startsWith(`${candidate}/`));
    if (folder !== undefined) return { layer, folder };
  }
  return null;
}

function violations(isWrong: (one: Import) => boolean): string[] {
  return imports.filter(isWrong).map(({ from, to }) => `${from} → ${to}`);
}

test("layers: the sources are found (the rules below are not empty)", () => {
  assert.ok(files.length > 50, packageRoot);
  assert.ok(imports.length > 200);
});

test("layers: a folder imports only from its left (base ← config, protocol ← … ← processes)", () => {
  const wrong = violations(({ from, to }) => {
    const [source, target] = [layerOf(from), layerOf(to)];
    return source !== null && target !== null && target.layer > source.layer;
  });
  assert.deepEqual(wrong, []);
});

test("layers: a process never imports another process", () => {
  const processOf = (path: string) => PROCESSES.find((name) => path.startsWith(`${name}/`));
  const wrong = violations(({ from, to }) => {
    const [source, target] = [processOf(from), processOf(to)];
    return source !== undefined && target !== undefined && source !== target;
  });
  assert.deepEqual(wrong, []);
});

test("layers: engine and processes know neither client, command line nor example world", () => {
  const outer = ["client/", "cli/", "entities/", "tests/", "bench/"];
  const wrong = violations(
    ({ from, to }) =>
      layerOf(from) !== null && outer.some((folder) => to.startsWith(folder)) && !isExampleDoor(from, to),
  );
  assert.deepEqual(wrong, []);
});

test("layers: packages under native/ stand alone, and only engine/net and the client in Node stand on them", () => {
  const isNative = (path: string) => path.startsWith("native/");
  const packageOf = (path: string) => path.split("/").slice(0, 2).join("/");
  const leaving = violations(
    ({ from, to }) => isNative(from) && !to.startsWith("node:") && packageOf(to) !== packageOf(from),
  );
  const mayUse = (path: string) => isNative(path) || path.startsWith("engine/net/") || path.startsWith("client/node/");
  const entering = violations(({ from, to }) => isNative(to) && !mayUse(from));
  assert.deepEqual([...leaving, ...entering], []);
});

/** A game's main.ts falls back to the example world. */
function isExampleDoor(from: string, to: string): boolean {
  return from === "game/main.ts" && to.startsWith("entities/");
}

test("layers: entities import only engine/index.ts", () => {
  const wrong = violations(
    ({ from, to }) => from.startsWith("entities/") && !to.startsWith("entities/") && to !== "engine/index.ts",
  );
  assert.deepEqual(wrong, []);
});

test("layers: the client SDK imports only what a browser can run", () => {
  const isBrowserCode = (path: string) =>
    path.startsWith("client/") && !path.startsWith("client/node/") && !path.startsWith("client/web/");
  const reachable = closureOf(files.map(({ path }) => path).filter(isBrowserCode));
  const wrong = imports.filter(
    ({ from, to, isTypeOnly }) =>
      reachable.has(from) &&
      !isTypeOnly &&
      (to.startsWith("node:") || to.startsWith("client/node/") || NODE_ONLY.includes(to) || isOutsideBrowser(to)),
  );
  assert.deepEqual(
    wrong.map(({ from, to }) => `${from} → ${to}`),
    [],
  );
});

/** One stream class is shared with the links; it has no Node in it. */
function isOutsideBrowser(to: string): boolean {
  if (!SOURCE_FOLDERS.some((folder) => to.startsWith(`${folder}/`))) return false;
  return !BROWSER_SAFE.some((folder) => to.startsWith(`${folder}/`)) && !to.startsWith("engine/net/");
}

function closureOf(start: readonly string[]): Set<string> {
  const targets = new Map<string, string[]>();
  for (const { from, to, isTypeOnly } of imports) {
    if (!isTypeOnly) targets.set(from, [...(targets.get(from) ?? []), to]);
  }
  const seen = new Set<string>();
  const open = [...start];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    open.push(...(targets.get(path) ?? []));
  }
  return seen;
}

test("layers: there is no import cycle (type imports aside)", () => {
  const graph = new Map<string, string[]>();
  const known = new Set(files.map(({ path }) => path));
  for (const { from, to, isTypeOnly } of imports) {
    if (!isTypeOnly && known.has(to)) graph.set(from, [...(graph.get(from) ?? []), to]);
  }
  const state = new Map<string, "open" | "done">();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
      return;
    }
    state.set(path, "open");
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    state.set(path, "done");
  };
  for (const path of graph.keys()) visit(path, []);
  assert.deepEqual(cycles, []);
});

/** Thin shells around the machine (sockets, threads): the only other places that may read its clock, roll its dice or set its timers. */
const SHELLS =
  /^engine\/base\/|\/main\.ts$|^client\/web\/|^engine\/net\/(tcp-transport|websocket-server)\.ts$|^cli\/dev-cluster\.ts$/;
const AMBIENT = /\b(?:Date\.now|new Date\(\)|performance\.now|Math\.random|setTimeout|setInterval|setImmediate)\b/g;

test("layers: only engine/base and the main.ts files read the clock, roll dice or set timers", () => {
  const wrong = files
    .filter(({ path }) => !SHELLS.test(path))
    .flatMap(({ path, text }) => [...withoutComments(text).matchAll(AMBIENT)].map(([found]) => `${path}: ${found}`));
  assert.deepEqual(wrong, []);
});

test("layers: no source says any, and no import leaves out its .js", () => {
  const anyType = /(?::|<|\bas|\|)\s*any\b/;
  const wrong = files.filter(({ text }) => anyType.test(withoutComments(text))).map(({ path }) => `${path}: any`);
  const bare = imports.filter(
    ({ from, to }) => to.includes("/") && files.some((file) => file.path === from) && isBare(to),
  );
  assert.deepEqual([...wrong, ...bare.map(({ from, to }) => `${from} → ${to}`)], []);
});

function isBare(to: string): boolean {
  return SOURCE_FOLDERS.some((folder) => to.startsWith(`${folder}/`)) && !/\.(ts|mjs|json|css)$/.test(to);
}

test("layers: every source begins with a comment that says what it owns", () => {
  const wrong = files.filter(({ text }) => !/^(?:#!.*\n)?\/\*\*/.test(text)).map(({ path }) => path);
  assert.deepEqual(wrong, []);
});

test("layers: runtime packages are declared as dependencies", async () => {
  const { createRequire } = await import("node:module");
  const description = createRequire(`${packageRoot}/package.json`)("./package.json") as {
    dependencies: Record<string, string>;
  };
  const known = new Set([...Object.keys(description.dependencies), "aeon-engine"]);
  const wrong = imports.filter(
    ({ from, to, isTypeOnly }) =>
      !isTypeOnly &&
      !from.startsWith("client/web/") &&
      !to.startsWith("node:") &&
      !SOURCE_FOLDERS.some((folder) => to.startsWith(`${folder}/`)) &&
      !known.has(to.startsWith("@") ? to.split("/").slice(0, 2).join("/") : (to.split("/")[0] ?? "")),
  );
  assert.deepEqual(
    wrong.map(({ from, to }) => `${from} → ${to}`),
    [],
  );
});
