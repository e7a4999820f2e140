/** Makes the line bad on purpose: sliders for delay, jitter and loss, and a button that cuts it. So that anyone can feel what the game does then. */
import type { NetConditions } from "../../index.js";
import { element, setText } from "./dom.js";

export interface NetLabHandlers {
  onConditions(conditions: Readonly<NetConditions>): void;
  onCut(forMs: number): void;
}

interface Slider {
  readonly label: string;
  readonly unit: string;
  readonly max: number;
  readonly step: number;
}

const DELAY: Slider = { label: "Delay", unit: "ms", max: 500, step: 10 };
const JITTER: Slider = { label: "Jitter", unit: "ms", max: 200, step: 5 };
const LOSS: Slider = { label: "Loss", unit: "%", max: 30, step: 1 };
const CUT_MS = 3_000;
const PERCENT = 100;

export class NetLab {
  readonly root: HTMLElement;
  private readonly handlers: NetLabHandlers;
  private readonly inputs = new Map<Slider, HTMLInputElement>();
  private readonly summary = element("summary", "net-lab-summary", {}, "Bad line");
  private readonly cutButton = element("button", "net-lab-cut", { type: "button" }, `Cut ${CUT_MS / 1_000} s`);

  constructor(handlers: NetLabHandlers) {
    this.handlers = handlers;
    const rows = [DELAY, JITTER, LOSS].map((slider) => this.row(slider));
    const reset = element("button", "net-lab-reset", { type: "button" }, "Good again");
    reset.addEventListener("click", () => this.reset());
    this.cutButton.addEventListener("click", () => this.cut());
    const buttons = element("div", "net-lab-buttons", {}, this.cutButton, reset);
    this.root = element("details", "net-lab", {}, this.summary, ...rows, buttons);
  }

  private row(slider: Slider): HTMLElement {
    const { label, unit, max, step } = slider;
    const input = element("input", "net-lab-slider", {
      type: "range",
      min: "0",
      max: String(max),
      step: String(step),
      value: "0",
      "aria-label": `${label} of the line`,
    });
    const shown = element("output", "net-lab-value", {}, `0 ${unit}`);
    input.addEventListener("input", () => {
      setText(shown, `${input.value} ${unit}`);
      input.setAttribute("aria-valuetext", `${input.value} ${unit}`);
      this.apply();
    });
    // Else the arrow keys would move the slider while they walk.
    input.addEventListener("change", () => input.blur());
    this.inputs.set(slider, input);
    return element("label", "net-lab-row", {}, element("span", "net-label", {}, label), input, shown);
  }

  private apply(): void {
    const value = (slider: Slider) => Number(this.inputs.get(slider)?.value ?? 0);
    const conditions = { delayMs: value(DELAY), jitterMs: value(JITTER), lossShare: value(LOSS) / PERCENT };
    const isBad = Object.values(conditions).some((each) => each > 0);
    this.root.classList.toggle("is-bad", isBad);
    this.handlers.onConditions(conditions);
  }

  private reset(): void {
    for (const input of this.inputs.values()) {
      input.value = "0";
      input.dispatchEvent(new Event("input"));
    }
  }

  private cut(): void {
    this.cutButton.disabled = true;
    this.handlers.onCut(CUT_MS);
    setTimeout(() => {
      this.cutButton.disabled = false;
      this.cutButton.blur();
    }, CUT_MS);
  }
}
