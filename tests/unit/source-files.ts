/** The repository's sources as text, for tests that hold them to rules. Paths are relative to the package and use "/". */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const packageRoot = findRoot();

function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "tsconfig.json"))) folder = dirname(folder);
  return folder;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export function sourceFiles(folders: readonly string[]): SourceFile[] {
  const paths = folders
    .filter((folder) => existsSync(join(packageRoot, folder)))
    .flatMap((folder) =>
      readdirSync(join(packageRoot, folder), { recursive: true }).map((path) =>
        `${folder}/${String(path)}`.replaceAll("\\", "/"),
      ),
    );
  return paths
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts") && !path.includes("/template/"))
    .map((path) => ({ path, text: readFileSync(join(packageRoot, path), "utf8") }));
}

/** The text with comments blanked out, line by line as it was. Strings that hold comment marks are left alone where they stand in quotes. */
export function withoutComments(text: string): string {
  return text.replaceAll(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (all, quoted) => (typeof quoted === "string" ? quoted : all.replaceAll(/[^\n]/g, " ")),
  );
}
