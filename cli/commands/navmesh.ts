/**
 * `aeon navmesh build`: makes a navigation mesh out of a level, says how far it is, and writes it in one piece (a file that is there is
 * the old one or the new one, never half of one). With `--picture` it is drawn as well.
 */
import { createHash } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, resolve, sep } from "node:path";
import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { AeonError, errorText } from "../../engine/base/errors.js";
import type { Level } from "../../engine/nav/build/level.js";
import type { NavParameters } from "../../engine/nav/nav-file.js";
import { addJsonOption, integerBetween } from "../options.js";
import { printJson, printLine } from "../output.js";

interface NavmeshOptions extends NavParameters {
  readonly out?: string;
  readonly picture?: string;
  readonly area?: readonly string[];
  readonly obstacles: number;
  readonly json?: boolean;
}

const NAV_SUFFIX = ".nav";
/** How many lines of progress a build prints. */
const PROGRESS_LINES = 10;

export function addNavmeshCommand(program: Command): void {
  const command = program.command("navmesh").description("build a navigation mesh out of a level (.obj, .gltf, .glb)");
  command
    .addArgument(new Argument("<action>", "what to do").choices(["build"]))
    .argument("<level>", "the level")
    .option("--out <file>", "where the mesh is written (default: the level's name with .nav)")
    .option("--picture <file>", "draws the mesh as SVG")
    .option("--area <material...>", "materials that are a kind of ground of their own, for filters")
    .addOption(
      lengthOption("--cell-size <units>", "edge of a cell; half of it costs four times the build", 0.25, 0.01, 100),
    )
    .addOption(lengthOption("--cell-height <units>", "height of a cell", 0.2, 0.01, 100))
    .addOption(lengthOption("--agent-radius <units>", "radius of who walks on it", 0.5, 0, 100))
    .addOption(lengthOption("--agent-height <units>", "height of who walks on it", 2, 0.1, 100))
    .addOption(lengthOption("--agent-climb <units>", "the highest step", 0.5, 0, 100))
    .addOption(lengthOption("--slope-degrees <degrees>", "the steepest slope", 45, 0, 89))
    .addOption(new Option("--tile-cells <n>", "edge of a tile in cells").argParser(integerBetween(16, 200)).default(64))
    .addOption(
      new Option("--region-cells-min <n>", "islands of fewer cells are left out")
        .argParser(integerBetween(0, 1_000_000))
        .default(64),
    )
    .addOption(lengthOption("--outline-error <cells>", "how far an outline may be off", 1.3, 0, 10))
    .addOption(
      new Option("--obstacles <n>", "how many temporary obstacles it can hold; 0: none, and heights are exact")
        .argParser(integerBetween(0, 32_767))
        .default(0),
    );
  addJsonOption(command).action(runNavmesh);
}

async function runNavmesh(_action: string, file: string, options: NavmeshOptions): Promise<void> {
  const { loadRecast } = await import("../../engine/nav/recast.js");
  const [{ buildNavMesh }, { decodeNavFile }, { navPicture }] = await Promise.all([
    import("../../engine/nav/build/mesh-builder.js"),
    import("../../engine/nav/nav-file.js"),
    import("../../engine/nav/build/nav-picture.js"),
  ]);
  const say = (event: string, data: Record<string, unknown>, line: string) =>
    options.json === true ? printJson({ event, ...data }) : printLine(line);
  const path = resolve(file);
  const { level, inputHash } = await readLevel(path);
  const triangles = level.indices.length / 3;
  say("level", { file: path, triangles, materials: level.materials }, `${path}: ${triangles} triangles`);
  const missing = options.area?.find((name) => !level.materials.includes(name));
  if (missing !== undefined) throw new AeonError("NAV_LEVEL_INVALID", `it has no material ${missing}`);
  const built = buildNavMesh(
    await loadRecast(1, 1),
    { level, inputHash, parameters: parametersOf(options), areaNames: options.area ?? [] },
    progressPrinter((done, tiles) => say("progress", { done, tiles }, `tiles: ${done} of ${tiles}`)),
  );
  const out = resolve(options.out ?? join(dirname(path), basename(path, extname(path)) + NAV_SUFFIX));
  writeWhole(out, built);
  const mesh = decodeNavFile(built);
  const { polygonCount, kind } = mesh.header;
  const summary = { file: out, bytes: built.length, kind, polygons: polygonCount, tiles: mesh.header.tiles.length };
  say("mesh", summary, `${out}: ${polygonCount} polygons in ${summary.tiles} tiles, ${built.length} bytes (${kind})`);
  if (options.picture === undefined) return;
  const picture = resolve(options.picture);
  writeWhole(picture, navPicture(mesh, level));
  say("picture", { file: picture }, picture);
}

/** The hash is over everything that the level was read from. */
async function readLevel(path: string): Promise<{ level: Level; inputHash: string }> {
  const [{ readObj }, { readGltf }] = await Promise.all([
    import("../../engine/nav/build/obj-reader.js"),
    import("../../engine/nav/build/gltf-reader.js"),
  ]);
  const hash = createHash("sha256");
  const take = (file: string) => {
    const bytes = readInput(file);
    hash.update(bytes);
    return bytes;
  };
  const bytes = take(path);
  const suffix = extname(path).toLowerCase();
  const readers: Readonly<Record<string, () => Level>> = {
    ".obj": () => readObj(bytes.toString("utf8")),
    ".gltf": () => readGltf(bytes, (beside) => take(inside(dirname(path), beside))),
    ".glb": () => readGltf(bytes, (beside) => take(inside(dirname(path), beside))),
  };
  const read = readers[suffix];
  if (read === undefined) throw new AeonError("NAV_LEVEL_INVALID", `${path}: neither .obj nor .gltf nor .glb`);
  try {
    return { level: read(), inputHash: hash.digest("hex") };
  } catch (cause) {
    if (!(cause instanceof AeonError) || cause.code !== "NAV_LEVEL_INVALID") throw cause;
    throw new AeonError(
      "NAV_LEVEL_INVALID",
      `${path}: ${cause.message.replace(/^NAV_LEVEL_INVALID: [^:]*(: )?/, "")}`,
      {
        cause,
      },
    );
  }
}

/** A level names no file outside of its folder. */
function inside(folder: string, relative: string): string {
  const path = resolve(folder, relative);
  if (!path.startsWith(folder + sep))
    throw new AeonError("NAV_LEVEL_INVALID", `it names a file elsewhere: ${relative}`);
  return path;
}

function readInput(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new AeonError("NAV_LEVEL_INVALID", `${path} cannot be read: ${errorText(cause)}`, { cause });
  }
}

/** Beside its place, then moved there. */
function writeWhole(path: string, content: string | Uint8Array): void {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(unfinished, content);
    renameSync(unfinished, path);
  } catch (cause) {
    rmSync(unfinished, { force: true });
    throw new AeonError("NAV_BUILD_FAILED", `${path} cannot be written: ${errorText(cause)}`, { cause });
  }
}

function progressPrinter(print: (done: number, tiles: number) => void): (done: number, tiles: number) => void {
  let printed = -1;
  return (done, tiles) => {
    const step = Math.floor((done / tiles) * PROGRESS_LINES);
    if (step === printed) return;
    printed = step;
    print(done, tiles);
  };
}

function parametersOf(options: NavmeshOptions): NavParameters {
  const { cellSize, cellHeight, agentRadius, agentHeight, agentClimb, slopeDegrees } = options;
  const { tileCells, regionCellsMin, outlineError, obstacles: obstaclesMax } = options;
  return {
    ...{ cellSize, cellHeight, agentRadius, agentHeight, agentClimb, slopeDegrees },
    ...{ tileCells, regionCellsMin, outlineError, obstaclesMax },
  };
}

function lengthOption(flags: string, about: string, fallback: number, min: number, max: number): Option {
  return new Option(flags, about)
    .argParser((text) => {
      const value = Number(text);
      if (text.trim() === "" || !(value >= min && value <= max)) {
        throw new InvalidArgumentError(`expected a number from ${min} to ${max}.`);
      }
      return value;
    })
    .default(fallback);
}
