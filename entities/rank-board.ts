/** The leader board: the best of everybody who was here since it began. */
import { array, defineEntity, int32, rpc, StubEntity, struct, text } from "../engine/index.js";

const LINES_MAX = 8;
const NAMES_MAX = 10_000;
const Line = struct({ name: text({ max: 64 }), score: int32() });

export class RankBoard extends defineEntity(StubEntity, "RankBoard", {
  server: {
    report: [text({ max: 64 }), int32()],
    top: rpc([], { returns: array(Line, { max: LINES_MAX }) }),
  },
}) {
  private readonly scores = new Map<string, number>();
  private best: { name: string; score: number }[] = [];

  report(name: string, score: number): void {
    if (!this.scores.has(name) && this.scores.size >= NAMES_MAX) return;
    this.scores.set(name, score);
    const others = this.best.filter((line) => line.name !== name);
    this.best = [...others, { name, score }]
      .sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1))
      .slice(0, LINES_MAX);
  }

  top(): { name: string; score: number }[] {
    return this.best;
  }
}
