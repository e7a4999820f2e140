/** What the connection does: one line that opens into a table. */
import { element, setText } from "./dom.js";
import type { NetLab } from "./net-lab.js";

export interface NetFacts {
  readonly pingMs: number;
  readonly bytesInPerSecond: number;
  readonly bytesOutPerSecond: number;
  readonly entityCount: number;
  readonly fps: number;
  readonly serverTimeMs: number;
}

const ROWS = ["Ping", "In", "Out", "In view", "Frames", "Server time"] as const;
type Row = (typeof ROWS)[number];

export class NetPanel {
  readonly root: HTMLElement;
  private readonly summary = element("summary", "net-summary");
  private readonly dot = element("i", "net-dot", { "aria-hidden": "true" });
  private readonly short = element("span", "net-short");
  private readonly cells = new Map<Row, HTMLElement>();

  /** `lab`: below the figures that it changes. */
  constructor(lab: NetLab) {
    this.summary.append(this.dot, this.short);
    const table = element("dl", "net-table");
    for (const row of ROWS) {
      const cell = element("dd", "net-value", {}, "–");
      this.cells.set(row, cell);
      table.append(element("dt", "net-label", {}, row), cell);
    }
    const details = element("details", "net-details", {}, this.summary, table, lab.root);
    details.open = window.matchMedia("(min-width: 900px)").matches;
    this.root = element("section", "net panel", { "aria-label": "Connection" }, details);
  }

  show(facts: NetFacts): void {
    const ping = `${Math.round(facts.pingMs)} ms`;
    setText(this.short, `${ping} · ${Math.round(facts.fps)} fps`);
    this.dot.dataset.state = facts.pingMs < 90 ? "good" : facts.pingMs < 220 ? "slow" : "bad";
    this.set("Ping", ping);
    this.set("In", rate(facts.bytesInPerSecond));
    this.set("Out", rate(facts.bytesOutPerSecond));
    this.set("In view", String(facts.entityCount));
    this.set("Frames", `${Math.round(facts.fps)} /s`);
    this.set("Server time", new Date(facts.serverTimeMs).toISOString().slice(11, 19));
  }

  private set(row: Row, text: string): void {
    const cell = this.cells.get(row);
    if (cell !== undefined) setText(cell, text);
  }
}

function rate(bytesPerSecond: number): string {
  return bytesPerSecond < 1_000 ? `${Math.round(bytesPerSecond)} B/s` : `${(bytesPerSecond / 1_000).toFixed(1)} kB/s`;
}
