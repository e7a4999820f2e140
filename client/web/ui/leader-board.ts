/** The best players, as the server sends them. */
import { cssColor, nameColor } from "../view/figure.js";
import { button, element } from "./dom.js";

export interface BoardRow {
  readonly name: string;
  readonly score: number;
}

const ROW_COUNT_MAX = 8;

export class LeaderBoard {
  readonly root: HTMLElement;
  private readonly rows = element("ol", "board-rows");
  private shown = "";

  constructor() {
    const toggle = button("board-toggle", "Leader board", "", () => this.root.classList.toggle("is-open"));
    toggle.append(element("i", "icon-cup", { "aria-hidden": "true" }), element("span", "board-title", {}, "Heroes"));
    this.root = element("section", "board panel", { "aria-label": "Leader board" }, toggle, this.rows);
    this.root.hidden = true;
  }

  show(board: readonly BoardRow[], ownName: string): void {
    const rows = board.slice(0, ROW_COUNT_MAX);
    const text = JSON.stringify([rows, ownName]);
    if (text === this.shown) return;
    this.shown = text;
    this.root.hidden = rows.length === 0;
    this.rows.replaceChildren(
      ...rows.map((row, i) => {
        const dot = element("i", "board-dot");
        dot.style.background = cssColor(nameColor(row.name));
        const line = element(
          "li",
          row.name === ownName ? "board-row is-own" : "board-row",
          {},
          element("span", "board-rank", {}, String(i + 1)),
          dot,
          element("span", "board-name", {}, row.name),
          element("span", "board-score", {}, String(row.score)),
        );
        return line;
      }),
    );
  }
}
