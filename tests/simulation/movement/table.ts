/** Plays honest players and cheats against the checks, and says what came of it: rows to print, and what must hold of them. */
import { CHEATS, cheating, honest, honestStalled, type LineName } from "./cells.js";
import type { PlayResult } from "./play.js";

export interface Sizes {
  /** Honest players, and those whose page stands still. */
  readonly honest: number;
  readonly stalled: number;
  /** Of each cheat on each sort of line. */
  readonly cheats: number;
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

export interface CheatRow {
  readonly name: string;
  readonly line: LineName;
  readonly players: number;
  /** Shares of those who were at the limit 80 % of their first three seconds. */
  readonly within3s: number;
  readonly within30s: number;
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
const HURRIED_LINES: readonly LineName[] = ["good", "fair"];

export function honestRows({ honest: count, stalled }: Sizes): HonestRow[] {
  const players = Array.from({ length: count }, (_, i) => ({ seed: i + 1, result: honest(i + 1) }));
  const rows = BANDS.map(([name, over, upTo]) => {
    const band = players.filter(({ result }) => result.jitterMs > over && result.jitterMs <= upTo);
    return honestRow(name, upTo === GOOD_JITTER_MS, band);
  });
  const still = Array.from({ length: stalled }, (_, i) => ({ seed: i + 1, result: honestStalled(i + 1) }));
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

export function cheatRows({ cheats }: Sizes, names = (_: string) => true): CheatRow[] {
  return HURRIED_LINES.flatMap((line) =>
    CHEATS.filter((make) => names(make().name)).map((make) => {
      const results = Array.from({ length: cheats }, (_, i) => cheating(make(), i + 1, line));
      return cheatRow(make().name, line, results);
    }),
  );
}

function cheatRow(name: string, line: LineName, results: readonly PlayResult[]): CheatRow {
  // Who is caught sooner has had no three seconds to be measured by.
  const hurried = results.filter(({ earlyLimitShare, caughtMs }) => caughtMs < 3_000 || earlyLimitShare >= LIMIT_SHARE);
  const times = hurried.map(({ caughtMs }) => caughtMs).sort((a, b) => a - b);
  const share = (ms: number) => times.filter((time) => time <= ms).length / Math.max(1, times.length);
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(part * times.length))] ?? Number.NaN;
  return {
    name,
    line,
    players: times.length,
    within3s: share(3_000),
    within30s: share(30_000),
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
  };
}

/** Lines of a table in Markdown. */
export function tableOf(honestOnes: readonly HonestRow[], cheats: readonly CheatRow[]): string[] {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
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
        `| ${row.name} | ${row.line} | ${row.players} | ${percent(row.within3s)} | ${percent(row.within30s)} | ${seconds(row.p50Ms)} | ${seconds(row.p95Ms)} | ${seconds(row.p99Ms)} |`,
    ),
  ];
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
  for (const row of cheats.filter(({ line }) => line === "good")) {
    const factor = Number(/^(?:speed|clock) x([\d.]+)$/.exec(row.name)?.[1] ?? 0);
    if (factor >= 1.2) demand(row.within3s >= 0.99, `${row.name}: ${row.within3s} within 3 s`);
    else if (factor >= 1.05) demand(row.within30s >= 0.95, `${row.name}: ${row.within30s} within 30 s`);
    if (row.name === "teleport 20") demand(row.p99Ms <= 100, `${row.name}: 99 % by ${row.p99Ms} ms`);
    if (/^(fly|climb|lag switch 3)/.test(row.name))
      demand(row.within30s >= 0.95, `${row.name}: ${row.within30s} within 30 s`);
  }
  return broken;
}
