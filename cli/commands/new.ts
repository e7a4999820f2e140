/** `aeon new`: a small project that runs on this engine: one entity type, a world, a test, a configuration. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { printLine } from "../output.js";
import { compiledFolder, packageFolder } from "../package-files.js";

interface NewOptions {
  readonly install: boolean;
  readonly engine?: string;
}

export function addNewCommand(program: Command): void {
  program
    .command("new")
    .description("make a project in a new folder")
    .argument("<dir>", "the folder; it must not exist, or be empty", newFolder)
    .option("--engine <spec>", "the dependency on the engine: a path or a packed tarball (default: this very engine)")
    .option("--no-install", "do not run `npm install`")
    .action(runNew);
}

function newFolder(text: string): string {
  const folder = resolve(text);
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new InvalidArgumentError(`${folder} is not empty.`);
  return folder;
}

async function runNew(folder: string, options: NewOptions): Promise<void> {
  const inClone = join(packageFolder(), "cli", "template");
  const source = existsSync(inClone) ? inClone : join(compiledFolder, "cli", "template");
  mkdirSync(folder, { recursive: true });
  cpSync(source, folder, { recursive: true });
  // npm leaves files of these names out of packages, so the template holds them under others.
  renameSync(join(folder, "gitignore"), join(folder, ".gitignore"));
  fillIn(join(folder, "package.json.template"), join(folder, "package.json"), {
    NAME: packageNameOf(folder),
    ENGINE: engineSpec(folder, options.engine),
  });
  fillIn(join(folder, "README.md"), join(folder, "README.md"), { NAME: packageNameOf(folder) });
  printLine(`${folder} is there`);
  if (options.install && !npmInstall(folder)) throw new Error(`npm install failed in ${folder}`);
  const steps = [`cd ${relative(process.cwd(), folder) || "."}`, ...(options.install ? [] : ["npm install"])];
  printLine(`next: ${[...steps, "npm test", "npm start"].join(" && ")}`);
}

function fillIn(from: string, to: string, values: Readonly<Record<string, string>>): void {
  let text = readFileSync(from, "utf8");
  for (const [name, value] of Object.entries(values)) text = text.replaceAll(`{{${name}}}`, value);
  writeFileSync(from, text);
  if (from !== to) renameSync(from, to);
}

/** A name npm takes. */
function packageNameOf(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return name === "" ? "world" : name;
}

function engineSpec(folder: string, given: string | undefined): string {
  if (given === undefined) return `file:${slashed(relative(folder, packageFolder()))}`;
  return existsSync(resolve(given)) ? `file:${slashed(relative(folder, resolve(given)))}` : given;
}

function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}

function npmInstall(folder: string): boolean {
  const { status } = spawnSync("npm", ["install", "--no-audit", "--no-fund"], {
    cwd: folder,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  return status === 0;
}
