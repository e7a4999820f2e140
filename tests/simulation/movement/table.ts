/** Plays honest players and cheats against the checks, and says what came of it: rows to print, and what must hold of them. */
import { CHEATS, cheating, honest, honestStalled, type LineName } from "./cells.js";
import type { PlayResult } from "./play.js";

export interface Sizes {
  /** Honest players, and those whose page stands still. */
  readonly honest: number;
  readonly stalled: number;
  /** Of each cheat on each sort of line. */
  readonly cheats: number;
  /** 1 unless said. */
  readonly firstSeed?: number;
}

export interface HonestRow {
  readonly name: string;
  /** Whether these must not be corrected. */
  readonly isGood: boolean;
  readonly players: number;
  /** Players that were corrected at all. */
  readonly corrected: number;
  readonly correctionsPerMinute: number;
  /** Players that were flagged, and those kicked. */
  readonly flagged: number;
  readonly kicked: number;
  /** "seed: why" of the first few. */
  readonly examples: readonly string[];
}

/** Of players on lines with little jitter only. Whoever was caught is measured by the time until then. */
export interface CheatRow {
  readonly name: string;
  readonly line: LineName;
  /** Those at the limit of their mode 80 % of the first three seconds of the cheat, and who of them was flagged by then. */
  readonly early: number;
  readonly earlyCaught: number;
  /** Those at the limit 80 % of all the time, and who of them was flagged within 30 s. */
  readonly players: number;
  readonly caught: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** p99 − p50 of the delivery delay up to which nobody may be bothered. */
export const GOOD_JITTER_MS = 150;
const BANDS: readonly (readonly [string, number, number])[] = [
  [`jitter ≤ ${GOOD_JITTER_MS} ms`, Number.NEGATIVE_INFINITY, GOOD_JITTER_MS],
  ["jitter 150 to 400 ms", GOOD_JITTER_MS, 400],
  ["jitter > 400 ms", 400, Number.POSITIVE_INFINITY],
];
const EXAMPLES_MAX = 5;
const LIMIT_SHARE = 0.8;
const EARLY_MS = 3_000;
const LATE_MS = 30_000;
/** Cheats that gain 20 % and more all the time, and those that gain 5 to 10 %. */
const LARGE = /^(?:speed x(?:1\.[2-9]|[23])|clock x1\.3|fly|climb)/;
const SMALL = /^(?:speed x1\.(?:05|1)$|clock x1\.1)/;
/** The promises, over all lines; and what each row of one cheat on one sort of line must reach, whose share is of few players. */
const LARGE_SHARE = 0.99;
const SMALL_SHARE = 0.95;
const ROW_SHARE = 0.97;
const HURRIED_LINES: readonly LineName[] = ["good", "fair"];

export function honestRows({ honest: count, stalled, firstSeed = 1 }: Sizes): HonestRow[] {
  const players = Array.from({ length: count }, (_, i) => ({ seed: firstSeed + i, result: honest(firstSeed + i) }));
  const rows = BANDS.map(([name, over, upTo]) => {
    const band = players.filter(({ result }) => result.jitterMs > over && result.jitterMs <= upTo);
    return honestRow(name, upTo === GOOD_JITTER_MS, band);
  });
  const still = Array.from({ length: stalled }, (_, i) => ({
    seed: firstSeed + i,
    result: honestStalled(firstSeed + i),
  }));
  return [...rows, honestRow("page stands still for 1.2 to 5 s, once a minute", false, still)];
}

function honestRow(
  name: string,
  isGood: boolean,
  players: readonly { readonly seed: number; readonly result: PlayResult }[],
): HonestRow {
  const count = (is: (result: PlayResult) => boolean) => players.filter(({ result }) => is(result)).length;
  const corrections = players.reduce((sum, { result }) => sum + result.corrections, 0);
  const bothered = players.filter(({ result }) => result.first !== "");
  return {
    name,
    isGood,
    players: players.length,
    corrected: count(({ corrections }) => corrections > 0),
    correctionsPerMinute: corrections / Math.max(1, players.length),
    flagged: count(({ flags }) => flags > 0),
    kicked: count(({ kicks }) => kicks > 0),
    examples: bothered.slice(0, EXAMPLES_MAX).map(({ seed, result }) => `${seed}: ${result.first}`),
  };
}

export function cheatRows({ cheats, firstSeed = 1 }: Sizes, names = (_: string) => true): CheatRow[] {
  return HURRIED_LINES.flatMap((line) =>
    CHEATS.filter((make) => names(make().name)).map((make) => {
      const results = Array.from({ length: cheats }, (_, i) => cheating(make(), firstSeed + i, line));
      return cheatRow(make().name, line, results);
    }),
  );
}

function cheatRow(name: string, line: LineName, all: readonly PlayResult[]): CheatRow {
  const results = all.filter(({ jitterMs }) => jitterMs <= GOOD_JITTER_MS);
  const early = results.filter(({ earlyLimitShare }) => earlyLimitShare >= LIMIT_SHARE);
  const hurried = results.filter(({ limitShare }) => limitShare >= LIMIT_SHARE);
  const caughtWithin = (of: readonly PlayResult[], ms: number) => of.filter(({ caughtMs }) => caughtMs <= ms).length;
  const times = hurried.map(({ caughtMs }) => caughtMs).sort((a, b) => a - b);
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(part * times.length))] ?? Number.NaN;
  return {
    name,
    line,
    early: early.length,
    earlyCaught: caughtWithin(early, EARLY_MS),
    players: hurried.length,
    caught: caughtWithin(hurried, LATE_MS),
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
  };
}

/** Lines of a table in Markdown. */
export function tableOf(honestOnes: readonly HonestRow[], cheats: readonly CheatRow[]): string[] {
  const percent = (part: number, of: number) => `${((part / Math.max(1, of)) * 100).toFixed(1)} %`;
  const seconds = (ms: number) => (Number.isFinite(ms) ? `${(ms / 1_000).toFixed(1)} s` : "never");
  return [
    "| honest players, 60 s each | players | corrected | corrections a minute | flagged | kicked |",
    "| --- | --: | --: | --: | --: | --: |",
    ...honestOnes.map(
      (row) =>
        `| ${row.name} | ${row.players} | ${row.corrected} | ${row.correctionsPerMinute.toFixed(3)} | ${row.flagged} | ${row.kicked} |`,
    ),
    "",
    "| cheat | line | players | flagged within 3 s | within 30 s | half by | 95 % by | 99 % by |",
    "| --- | --- | --: | --: | --: | --: | --: | --: |",
    ...cheats.map(
      (row) =>
        `| ${row.name} | ${row.line} | ${row.players} | ${percent(row.earlyCaught, row.early)} | ${percent(row.caught, row.players)} | ${seconds(row.p50Ms)} | ${seconds(row.p95Ms)} | ${seconds(row.p99Ms)} |`,
    ),
    "",
    "| all cheats, both lines | players | flagged in time |",
    "| --- | --: | --: |",
    ...[
      sumOf("factors of 1.2 and above, within 3 s", LARGE, cheats),
      sumOf("1.05 to 1.1, within 30 s", SMALL, cheats),
    ].map(({ name, players, caught }) => `| ${name} | ${players} | ${percent(caught, players)} |`),
  ];
}

/** Over all rows of those cheats: the large ones count by their first seconds. */
function sumOf(name: string, which: RegExp, cheats: readonly CheatRow[]) {
  const rows = cheats.filter((row) => which.test(row.name));
  const sum = (of: (row: CheatRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  return which === LARGE
    ? { name, players: sum(({ early }) => early), caught: sum(({ earlyCaught }) => earlyCaught) }
    : { name, players: sum(({ players }) => players), caught: sum(({ caught }) => caught) };
}

/** What does not hold, in words; empty when all does. */
export function brokenPromises(honestOnes: readonly HonestRow[], cheats: readonly CheatRow[]): string[] {
  const broken: string[] = [];
  const demand = (holds: boolean, what: string) => {
    if (!holds) broken.push(what);
  };
  for (const row of honestOnes) {
    if (!row.isGood)
      demand(row.correctionsPerMinute <= 1, `${row.name}: ${row.correctionsPerMinute} corrections a minute`);
    else {
      demand(
        row.corrected <= row.players / 1_000,
        `${row.name}: ${row.corrected} of ${row.players} corrected (${row.examples.join("; ")})`,
      );
      demand(
        row.flagged + row.kicked === 0,
        `${row.name}: ${row.flagged} flagged, ${row.kicked} kicked (${row.examples.join("; ")})`,
      );
    }
  }
  const large = sumOf("1.2 and above", LARGE, cheats);
  const small = sumOf("1.05 to 1.1", SMALL, cheats);
  demand(large.caught >= large.players * LARGE_SHARE, `1.2 and above: ${large.caught} of ${large.players} within 3 s`);
  demand(small.caught >= small.players * SMALL_SHARE, `1.05 to 1.1: ${small.caught} of ${small.players} within 30 s`);
  for (const row of cheats) {
    const { name, line, early, earlyCaught, players, caught, p99Ms } = row;
    // One of a few players says nothing about a share.
    const allMissed = (of: number) => Math.max(1, of * (1 - ROW_SHARE));
    if (LARGE.test(name))
      demand(early - earlyCaught <= allMissed(early), `${name}, ${line}: ${earlyCaught} of ${early} within 3 s`);
    if (SMALL.test(name) || /^(?:fly|climb|lag switch 3)/.test(name))
      demand(players - caught <= allMissed(players), `${name}, ${line}: ${caught} of ${players} within 30 s`);
    if (name === "teleport 20") demand(p99Ms <= 100, `${name}, ${line}: 99 % by ${p99Ms} ms`);
  }
  return broken;
}
