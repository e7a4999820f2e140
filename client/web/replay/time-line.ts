/** The bar under a recording: play, speed, the line of time with the moment's name, and whom to watch. Space and arrow keys work, too. */
import type { RecordingPlayer } from "../../../engine/recording/player.js";
import { button, element, setText } from "../ui/dom.js";
import type { Choice } from "./show.js";

const SPEEDS = [0.5, 1, 2, 4, 8];
const KEY_STEP_MS = 5_000;
const REFRESH_INTERVAL_S = 0.2;
const ENDINGS = { closed: "", full: " · ended at its bound", slow: " · disk too slow", cut: " · end cut off" } as const;

export interface TimeLineHandlers {
  onWatch(key: string): void;
  onSeek(ms: number): void;
}

export class TimeLine {
  readonly root: HTMLElement;
  private readonly player: RecordingPlayer;
  private readonly play: HTMLButtonElement;
  private readonly line: HTMLInputElement;
  private readonly moment = element("output", "replay-moment");
  private readonly watch = element("select", "replay-watch", { "aria-label": "Whom to watch" });
  private sinceRefreshS = REFRESH_INTERVAL_S;
  private listed = "";

  constructor(player: RecordingPlayer, { onWatch, onSeek }: TimeLineHandlers) {
    this.player = player;
    this.play = button("replay-play", "Play or pause (Space)", "", () => player.toggle());
    this.line = element("input", "replay-line", {
      type: "range",
      min: "0",
      max: String(Math.ceil(player.durationMs)),
      step: "10",
      value: "0",
      "aria-label": "The moment",
    });
    this.line.addEventListener("input", () => onSeek(Number(this.line.value)));
    this.watch.addEventListener("change", () => onWatch(this.watch.value));
    const label = { role: "region", "aria-label": "Recording" };
    this.root = element("section", "replay-bar", label, this.play, this.line, this.moment, this.speeds(), this.watch);
    window.addEventListener("keydown", (event) => this.onKey(event, onSeek));
  }

  update(seconds: number, choices: readonly Choice[], chosen: string): void {
    const { player } = this;
    this.root.classList.toggle("is-playing", player.isPlaying);
    setText(this.play, player.isPlaying ? "❚❚" : "►");
    if (document.activeElement !== this.line || player.isPlaying) this.line.value = String(player.atMs);
    this.sinceRefreshS += seconds;
    if (this.sinceRefreshS < REFRESH_INTERVAL_S) return;
    this.sinceRefreshS = 0;
    this.showMoment();
    this.list(choices, chosen);
  }

  showError(text: string): void {
    this.root.append(element("p", "replay-error", { role: "alert" }, text));
  }

  private showMoment(): void {
    const { atMs, durationMs, recording } = this.player;
    const time = new Date(recording.header.startedWallMs + atMs).toLocaleTimeString();
    setText(this.moment, `${clock(atMs)} / ${clock(durationMs)} · ${time}${ENDINGS[recording.ending]}`);
  }

  private list(choices: readonly Choice[], chosen: string): void {
    const listed = JSON.stringify(choices);
    if (listed !== this.listed) {
      this.listed = listed;
      this.watch.replaceChildren(...choices.map(({ key, label }) => element("option", "", { value: key }, label)));
      this.watch.value = chosen;
    }
    if (document.activeElement !== this.watch) this.watch.value = chosen;
  }

  private speeds(): HTMLElement {
    const select = element("select", "replay-speed", { "aria-label": "Speed" });
    for (const speed of SPEEDS) select.append(element("option", "", { value: String(speed) }, `×${speed}`));
    select.value = "1";
    select.addEventListener("change", () => {
      this.player.speed = Number(select.value);
      select.blur();
    });
    return select;
  }

  private onKey(event: KeyboardEvent, onSeek: (ms: number) => void): void {
    if (event.target instanceof HTMLSelectElement || event.target instanceof HTMLButtonElement) return;
    const step = event.code === "ArrowLeft" ? -KEY_STEP_MS : event.code === "ArrowRight" ? KEY_STEP_MS : 0;
    if (event.code === "Space") this.player.toggle();
    else if (step !== 0) onSeek(this.player.atMs + step);
    else return;
    event.preventDefault();
  }
}

/** Minutes and seconds. */
function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
