/** A trace as a picture: the speed of each move against the limit, and what was said of it. SVG as text; pure. */
import type { Replay, ReplayedMove } from "../engine/recording/trace-replay.js";

const WIDTH = 960;
const HEIGHT = 240;
const MARGIN = { left: 48, right: 12, top: 34, bottom: 28 };
/** The picture is as high as so many times the limit; what is faster is drawn at the top. */
const LIMITS_SHOWN = 3;
/** Moves that came at once are drawn as one, so that a burst is no spike. */
const TOGETHER_MS = 200;
const GRID_S = 5;
const COLOURS = { accept: "#2a78d6", ignore: "#9a9a94", correct: "#eda100", flag: "#d03b3b", kick: "#8b1a1a" } as const;

export interface PlottedTrace {
  readonly name: string;
  readonly replay: Replay;
}

export function plotTraces(traces: readonly PlottedTrace[]): string {
  const height = Math.max(1, traces.length) * HEIGHT;
  const parts = traces.map((trace, i) => `<g transform="translate(0 ${i * HEIGHT})">${plotTrace(trace)}</g>`);
  const style = "text{font:12px system-ui,sans-serif;fill:#3a3a36}";
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
    polyline(
      moves.map((move) => [x(move.atMs), y(move.limit)]),
      "#52514e",
      ' stroke-dasharray="5 4"',
    ),
    polyline(
      evened(moves).map(([ms, speed]) => [x(ms), y(speed)]),
      COLOURS.accept,
    ),
    ...moves.filter(({ grade }) => grade !== "accept" && grade !== "ignore").map((move) => mark(move, x, y)),
  ].join("");
}

function grid(endMs: number, limit: number, x: (ms: number) => number, y: (speed: number) => number): string[] {
  const lines: string[] = [];
  for (let s = 0; s * 1_000 <= endMs; s += GRID_S) {
    const at = x(s * 1_000);
    lines.push(`<path d="M${at} ${MARGIN.top}V${HEIGHT - MARGIN.bottom}" stroke="#e7e6e2"/>`);
    lines.push(`<text x="${at}" y="${HEIGHT - 10}" text-anchor="middle">${s} s</text>`);
  }
  for (let i = 0; i <= LIMITS_SHOWN; i++) {
    const at = y(limit * i);
    lines.push(`<path d="M${MARGIN.left} ${at}H${WIDTH - MARGIN.right}" stroke="#e7e6e2"/>`);
    lines.push(`<text x="${MARGIN.left - 6}" y="${at + 4}" text-anchor="end">${round(limit * i)}</text>`);
  }
  return lines;
}

/** [ms, mean speed of the moves that came within TOGETHER_MS] each. */
function evened(moves: readonly ReplayedMove[]): [number, number][] {
  const points: [number, number][] = [];
  let beganMs = 0;
  let way = 0;
  let lastMs = 0;
  for (const move of moves) {
    way += move.way;
    if (move.atMs - beganMs < TOGETHER_MS) continue;
    points.push([move.atMs, (way * 1_000) / (move.atMs - beganMs)]);
    [beganMs, lastMs, way] = [move.atMs, move.atMs, 0];
  }
  if (way > 0 && (moves.at(-1)?.atMs ?? 0) > lastMs) points.push([moves.at(-1)?.atMs ?? 0, way * 1_000]);
  return points;
}

function mark(move: ReplayedMove, x: (ms: number) => number, y: (speed: number) => number): string {
  const title = `${(move.atMs / 1_000).toFixed(2)} s: ${move.grade}, ${move.verdicts.join(", ")}`;
  const colour = COLOURS[move.grade];
  return `<circle cx="${x(move.atMs)}" cy="${y(move.speed)}" r="5" fill="${colour}" stroke="#fcfcfb" stroke-width="2"><title>${escaped(title)}</title></circle>`;
}

function polyline(points: readonly (readonly [number, number])[], colour: string, extra = ""): string {
  const text = points.map((point) => point.join(",")).join(" ");
  return `<polyline points="${text}" fill="none" stroke="${colour}" stroke-width="2"${extra}/>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
