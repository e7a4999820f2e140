/** Shows a cluster's events: as JSON lines, or as aligned text for people. */
import type { ClusterEvent, Report } from "./events.js";
import { printJson, printLine, styled } from "./output.js";

const STEP_COUNT = 9;
const NAME_WIDTH = 52;
const MS_WIDTH = 6;

export const reportJson: Report = (event) => printJson(event);

export const reportText: Report = (event) => {
  for (const line of linesOf(event)) printLine(line);
};

export function linesOf(event: ClusterEvent): string[] {
  switch (event.event) {
    case "step":
      return [stepLine(event.step, event.name, event.ms)];
    case "stalled":
      return [
        `${styled("yellow", "…")} step ${event.step} of ${STEP_COUNT} (${event.name}) waits:`,
        ...event.missing.map((missing) => `    ${missing}`),
      ];
    case "exited":
      return [`${styled("red", "✗")} ${event.name} ended: ${event.reason}`];
    case "gone":
      return [`${styled("yellow", "–")} ${event.name} is gone from the cluster: ${event.reason}`];
    case "restarted":
      return [`${styled("green", "✓")} ${event.name} was started again as pid ${event.pid}`];
    case "joined":
      return [`${styled("green", "✓")} ${event.name} joins the cluster as pid ${event.pid}`];
    case "open":
      return openLines(event);
    case "closing":
      return ["closing …"];
    case "closed":
      return ["closed"];
  }
}

function stepLine(step: number, name: string, ms: number): string {
  const dots = styled("dim", ".".repeat(Math.max(2, NAME_WIDTH - name.length)));
  return `${styled("green", "✓")} ${step}/${STEP_COUNT}  ${name} ${dots} ${String(ms).padStart(MS_WIDTH)} ms`;
}

function openLines(event: Extract<ClusterEvent, { event: "open" }>): string[] {
  const gates = event.gates.slice(1).map(({ ws }) => `another gate:          ${ws}`);
  const web = event.web === "" ? [] : [`open in your browser:  ${styled("bold", styled("cyan", event.web))}`];
  return ["", `the cluster is open after ${event.ms} ms`, ...web, ...gates, ""];
}
