/** A trace as a picture: the speed of each move against the limit, and what was said of it. SVG as text; pure. */
import type { Replay, ReplayedMove } from "../engine/recording/trace-replay.js";

const WIDTH = 960;
const HEIGHT = 240;
const MARGIN = { left: 48, right: 12, top: 34, bottom: 28 };
/** The picture is as high as so many times the limit; what is faster is drawn at the top. */
const LIMITS_SHOWN = 3;
/** Moves that came at once are drawn as one, so that a burst is no spike. */
const TOGETHER_MS = 200;
/** Seconds between lines of the grid: the first of them that needs no more than so many lines. */
const GRID_S = [1, 5, 10, 60, 600];
const GRID_LINES_MAX = 12;
/** A word at a mark beyond this share of the width stands to the left of it. */
const WORD_WIDTH = 80;
const WORD_RIGHT_SHARE = 0.8;
const LEGEND_X = 300;
const LEGEND_STEP = 76;
const LEGEND_GAP = 8;
const LIMIT_COLOUR = "#52514e";
const COLOURS = { accept: "#2a78d6", ignore: "#9a9a94", correct: "#eda100", flag: "#d03b3b", kick: "#8b1a1a" } as const;

export interface PlottedTrace {
  readonly name: string;
  readonly replay: Replay;
}

export function plotTraces(traces: readonly PlottedTrace[]): string {
  const height = Math.max(1, traces.length) * HEIGHT;
  const parts = traces.map((trace, i) => `<g transform="translate(0 ${i * HEIGHT})">${plotTrace(trace)}</g>`);
  const style = "text{font:12px system-ui,sans-serif;fill:#3a3a36;stroke:#fcfcfb;stroke-width:3px;paint-order:stroke}";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="speed of each move against its limit"><style>${style}</style><rect width="100%" height="100%" fill="#fcfcfb"/>${parts.join("")}</svg>\n`;
}

function plotTrace({ name, replay }: PlottedTrace): string {
  const { moves, verdict } = replay;
  const endMs = Math.max(1, moves.at(-1)?.atMs ?? 1);
  const limitMax = Math.max(1e-6, ...moves.map((move) => move.limit));
  const x = (ms: number) => round(MARGIN.left + (ms / endMs) * (WIDTH - MARGIN.left - MARGIN.right));
  const y = (speed: number) => {
    const share = Math.min(1, speed / (limitMax * LIMITS_SHOWN));
    return round(HEIGHT - MARGIN.bottom - share * (HEIGHT - MARGIN.top - MARGIN.bottom));
  };
  const said = verdict.verdicts.length === 0 ? verdict.grade : `${verdict.grade}: ${verdict.verdicts.join(", ")}`;
  return [
    `<text x="${MARGIN.left}" y="16" style="font-weight:600">${escaped(name)}</text>`,
    `<text x="${WIDTH - MARGIN.right}" y="16" text-anchor="end">${escaped(said)}</text>`,
    ...grid(endMs, limitMax, x, y),
    steps(limitsOf(moves, endMs), x, y, LIMIT_COLOUR, ' stroke-dasharray="5 4"'),
    steps(evened(moves), x, y, COLOURS.accept),
    ...marks(moves, x, y),
    ...legend(),
  ].join("");
}

/** What line and dots mean, between the trace's name and its verdict. */
function legend(): string[] {
  const entries = [
    ["speed", COLOURS.accept],
    ["limit", LIMIT_COLOUR],
    ["put back", COLOURS.correct],
    ["flagged", COLOURS.flag],
    ["kicked", COLOURS.kick],
  ];
  return entries.flatMap(([word, colour], i) => {
    const at = LEGEND_X + i * LEGEND_STEP;
    return [
      `<circle cx="${at}" cy="12" r="4" fill="${colour}"/>`,
      `<text x="${at + LEGEND_GAP}" y="16" style="fill:#73726e">${word}</text>`,
    ];
  });
}

function grid(endMs: number, limit: number, x: (ms: number) => number, y: (speed: number) => number): string[] {
  const lines: string[] = [];
  const stepS = GRID_S.find((each) => endMs / 1_000 / each <= GRID_LINES_MAX) ?? (GRID_S.at(-1) as number);
  for (let s = 0; s * 1_000 <= endMs; s += stepS) {
    const at = x(s * 1_000);
    lines.push(`<path d="M${at} ${MARGIN.top}V${HEIGHT - MARGIN.bottom}" stroke="#e7e6e2"/>`);
    lines.push(`<text x="${at}" y="${HEIGHT - 10}" text-anchor="middle">${s} s</text>`);
  }
  lines.push(
    `<text x="${MARGIN.left - 6}" y="${MARGIN.top - 8}" text-anchor="end" style="fill:#73726e">units/s</text>`,
  );
  for (let i = 0; i <= LIMITS_SHOWN; i++) {
    const at = y(limit * i);
    lines.push(`<path d="M${MARGIN.left} ${at}H${WIDTH - MARGIN.right}" stroke="#e7e6e2"/>`);
    lines.push(`<text x="${MARGIN.left - 6}" y="${at + 4}" text-anchor="end">${round(limit * i)}</text>`);
  }
  return lines;
}

/** A stretch of time and what was the speed in it: [from ms, to ms, units a second]. */
type Step = readonly [fromMs: number, toMs: number, speed: number];

/** The mean speed of the moves that came within TOGETHER_MS, or since the one before when that is longer. */
function evened(moves: readonly ReplayedMove[]): Step[] {
  const found: Step[] = [];
  let beganMs = moves[0]?.atMs ?? 0;
  let way = 0;
  for (const move of moves.slice(1)) {
    way += move.way;
    const passedMs = move.atMs - beganMs;
    if (passedMs < TOGETHER_MS) continue;
    found.push([beganMs, move.atMs, (way * 1_000) / passedMs]);
    [beganMs, way] = [move.atMs, 0];
  }
  return found;
}

/** The limit, a step for each time that it was another one. */
function limitsOf(moves: readonly ReplayedMove[], endMs: number): Step[] {
  const changes = moves.filter((move, i) => move.limit !== moves[i - 1]?.limit);
  return changes.map((move, i) => [i === 0 ? 0 : move.atMs, changes[i + 1]?.atMs ?? endMs, move.limit]);
}

/** A dot for each move that was not accepted, and the word at the first of a kind where there is room for it. */
function marks(moves: readonly ReplayedMove[], x: (ms: number) => number, y: (speed: number) => number): string[] {
  const said = new Set<string>();
  let freeX = 0;
  return moves
    .filter(({ grade }) => grade !== "accept" && grade !== "ignore")
    .map((move) => {
      const why = move.verdicts.join(", ");
      const at = x(move.atMs);
      const isSaid = said.has(why) || at < freeX;
      if (!isSaid) {
        said.add(why);
        freeX = at + WORD_WIDTH;
      }
      return mark(move, at, y(move.speed), isSaid ? "" : why);
    });
}

function mark(move: ReplayedMove, x: number, y: number, word: string): string {
  const title = `${(move.atMs / 1_000).toFixed(2)} s: ${move.grade}, ${move.verdicts.join(", ")}`;
  const isRight = x > WIDTH * WORD_RIGHT_SHARE;
  const anchor = isRight ? ' text-anchor="end"' : "";
  const text =
    word === ""
      ? ""
      : `<text x="${isRight ? x - LEGEND_GAP : x + LEGEND_GAP}" y="${y + 4}"${anchor}>${escaped(word)}</text>`;
  return `<circle cx="${x}" cy="${y}" r="5" fill="${COLOURS[move.grade]}" stroke="#fcfcfb" stroke-width="2"><title>${escaped(title)}</title></circle>${text}`;
}

/** As stairs: what is drawn between two times held all the time between them. */
function steps(
  from: readonly Step[],
  x: (ms: number) => number,
  y: (speed: number) => number,
  colour: string,
  extra = "",
): string {
  const path = from
    .map(([fromMs, toMs, speed], i) => `${i === 0 ? "M" : "L"}${x(fromMs)} ${y(speed)}H${x(toMs)}`)
    .join("");
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round"${extra}/>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
