/** Where the command line writes: results to standard output (with `--json` nothing else goes there), errors to standard error, one line each. */
import { AeonError, errorText } from "../engine/base/errors.js";

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  printLine(JSON.stringify(value));
}

export function printError(error: unknown): void {
  process.stderr.write(`aeon: ${errorText(error).replaceAll(/\s*\n\s*/g, " ")}\n`);
}

/** 2 for what the user wrote wrongly (options, configuration), 1 for what did not work. */
export function exitCodeOf(error: unknown): 1 | 2 {
  return error instanceof AeonError && error.code === "CONFIG_INVALID" ? 2 : 1;
}

const CODES = { dim: 2, bold: 1, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Style = keyof typeof CODES;

/** Colour only on a terminal that wants it. */
export function styled(style: Style, text: string): string {
  const isWanted = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
  return isWanted ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
}

export function alignTable(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
