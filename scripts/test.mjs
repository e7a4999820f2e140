/**
 * `npm test`: build, linter, types of the web page, then every *.test.js of dist/tests and dist/native. Arguments narrow the tests to paths that
 * contain one of them. The last line is `N passed, N failed` (and `, N skipped`); exit code 1 when anything failed.
 */
import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "node:test";
import { inspect } from "node:util";
import { build } from "./build.mjs";
import { dist, root, runNode, tool } from "./run.mjs";

/** Files at a time. Tests with real processes want a core for themselves and come last. */
const CONCURRENCY = 2;
const FILE_TIMEOUT_MS = 240_000;
const TEST_FOLDERS = ["tests", "native"];
const ALONE = [join("tests", "cluster"), join("tests", "browser")];
const SLOW_FILES_SHOWN = 5;

const counts = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const skips = [];
const fileMs = new Map();

function check(title, isGood) {
  if (isGood) counts.passed++;
  else {
    counts.failed++;
    failures.push({ title, text: "" });
  }
  process.stdout.write(`${isGood ? "ok    " : "FAILED"} ${title}\n`);
  return isGood;
}

function testFiles(filters) {
  const files = TEST_FOLDERS.map((folder) => join(dist, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((path) => join(folder, path)))
    .filter((path) => path.endsWith(".test.js"))
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)));
  const isAlone = (path) => ALONE.some((folder) => relative(dist, path).startsWith(folder));
  return { together: files.filter((path) => !isAlone(path)).sort(), alone: files.filter(isAlone).sort() };
}

function reasonOf(skip) {
  return typeof skip === "string" && skip !== "" ? skip : "no reason given";
}

function handleResult(kind, data) {
  const file = relative(dist, data.file ?? "");
  const isWholeFile = data.name === data.file;
  if (data.details?.type === "suite") return;
  if (data.nesting === 0) fileMs.set(file, (fileMs.get(file) ?? 0) + (data.details?.duration_ms ?? 0));
  if (data.skip !== undefined && data.skip !== false) {
    counts.skipped++;
    skips.push(`${data.name}: ${reasonOf(data.skip)}`);
  } else if (kind === "test:fail") {
    if (data.details?.error?.failureType === "subtestsFailed") return;
    counts.failed++;
    const cause = data.details?.error?.cause ?? data.details?.error;
    failures.push({
      title: `${isWholeFile ? "" : `${data.name} `}(${file})`,
      text: typeof cause === "string" ? cause : inspect(cause),
    });
    process.stdout.write(`FAILED ${data.name} (${file})\n`);
  } else if (!isWholeFile) {
    counts.passed++;
  }
}

async function runTests(files, concurrency) {
  if (files.length === 0) return;
  const stderrOf = new Map();
  const stream = run({ files, concurrency, timeout: FILE_TIMEOUT_MS });
  stream.on("test:stderr", ({ file, message }) => stderrOf.set(file, (stderrOf.get(file) ?? "") + message));
  stream.on("test:pass", (data) => handleResult("test:pass", data));
  stream.on("test:fail", (data) => {
    handleResult("test:fail", data);
    const last = failures.at(-1);
    if (data.name === data.file && last !== undefined) last.text += `\n${stderrOf.get(data.file) ?? ""}`;
  });
  stream.resume();
  await new Promise((resolve) => stream.on("end", resolve));
}

function report(startedMs) {
  for (const skip of skips) process.stdout.write(`skipped ${skip}\n`);
  const slow = [...fileMs].sort((a, b) => b[1] - a[1]).slice(0, SLOW_FILES_SHOWN);
  for (const [file, ms] of slow) process.stdout.write(`slowest ${(ms / 1000).toFixed(1)} s ${file}\n`);
  for (const { title, text } of failures) {
    if (text !== "") process.stdout.write(`\n--- ${title}\n${text}\n`);
  }
  process.stdout.write(`\n${((Date.now() - startedMs) / 1000).toFixed(1)} s\n`);
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
  process.exitCode = counts.failed === 0 ? 0 : 1;
}

async function main(filters) {
  const startedMs = Date.now();
  if (check("build (dist and the web page)", await build())) {
    if (filters.length === 0) {
      check("format and lint", runNode([tool("@biomejs/biome", "bin/biome"), "check", "."]) === 0);
      const webProject = join(root, "client", "web", "tsconfig.json");
      if (existsSync(webProject)) {
        check("types of the web page", runNode([tool("typescript", "bin/tsc"), "-p", webProject, "--noEmit"]) === 0);
      }
    }
    const { together, alone } = testFiles(filters);
    await runTests(together, CONCURRENCY);
    await runTests(alone, 1);
  }
  report(startedMs);
}

await main(process.argv.slice(2));
