/** The short help: keys and gestures. */
import { button, element } from "./dom.js";

const KEYS: readonly (readonly [keys: readonly string[], text: string])[] = [
  [["W", "A", "S", "D"], "walk (arrow keys too)"],
  [["Click"], "walk there, or attack the monster"],
  [["Space"], "attack the nearest monster"],
  [["Enter"], "say something"],
  [["E"], "drink a healing potion (10 gold)"],
  [["H"], "this help"],
];
const TOUCHES: readonly (readonly [keys: readonly string[], text: string])[] = [
  [["Drag"], "walk with the stick under your thumb"],
  [["Tap"], "walk there, or attack the monster"],
  [["⚔"], "attack the nearest monster"],
];

export class Help {
  readonly root: HTMLElement;
  private readonly close: HTMLButtonElement;

  constructor() {
    this.close = button("help-close", "Close the help", "Got it", () => this.toggle(false));
    const rows = (entries: typeof KEYS) =>
      entries.map(([keys, text]) =>
        element(
          "li",
          "help-row",
          {},
          element("span", "help-keys", {}, ...keys.map((key) => element("kbd", "", {}, key))),
          text,
        ),
      );
    const card = element(
      "div",
      "help-card panel",
      { role: "dialog", "aria-modal": "true", "aria-label": "Help" },
      element("h2", "help-title", {}, "How to play"),
      element("ul", "help-list help-list-keys", {}, ...rows(KEYS)),
      element("ul", "help-list help-list-touch", {}, ...rows(TOUCHES)),
      element(
        "p",
        "help-text",
        {},
        "Slimes, boars and wolves bring gold. The glowing gate leads to the cave. Everybody you meet plays on the same server as you.",
      ),
      this.close,
    );
    this.root = element("div", "help", { hidden: "" }, card);
    this.root.addEventListener("pointerdown", (event) => {
      if (event.target === this.root) this.toggle(false);
    });
    this.root.addEventListener("keydown", (event) => {
      if (event.code === "Escape" || event.code === "KeyH") {
        event.stopPropagation();
        this.toggle(false);
      }
    });
  }

  get isOpen(): boolean {
    return !this.root.hidden;
  }

  toggle(isOpen = !this.isOpen): void {
    this.root.hidden = !isOpen;
    if (isOpen) this.close.focus();
    else this.close.blur();
  }
}
