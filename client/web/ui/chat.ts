/** What was said, and the line to say something in. Older lines go; the log fades while nothing is said. */
import { CHAT_CHARS_MAX } from "../../../entities/world-map.js";
import { cssColor, nameColor } from "../view/figure.js";
import { button, element } from "./dom.js";

export interface ChatLine {
  readonly name: string;
  readonly words: string;
}

const LINE_COUNT_MAX = 60;

export class Chat {
  readonly root: HTMLElement;
  readonly lines: ChatLine[] = [];
  private readonly log = element("div", "chat-log", { role: "log", "aria-label": "What was said", tabindex: "-1" });
  private readonly input: HTMLInputElement;
  private readonly form: HTMLFormElement;

  constructor(onSay: (words: string) => void) {
    this.input = element("input", "chat-input", {
      type: "text",
      maxlength: String(CHAT_CHARS_MAX),
      placeholder: "Say something…",
      "aria-label": "Say something to those around you",
      autocomplete: "off",
      enterkeyhint: "send",
    });
    this.form = element("form", "chat-form", {}, this.input, element("button", "chat-send", { type: "submit" }, "Say"));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const words = this.input.value.trim();
      this.input.value = "";
      this.close();
      if (words !== "") onSay(words);
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
    this.input.addEventListener("focus", () => this.root.classList.add("is-open"));
    this.input.addEventListener("blur", () => this.root.classList.remove("is-open"));
    const opener = button("chat-open", "Say something (Enter)", "", () => this.open());
    this.root = element("section", "chat", { "aria-label": "Chat" }, this.log, this.form, opener);
  }

  open(): void {
    this.root.classList.add("is-open");
    this.input.focus();
  }

  private close(): void {
    this.input.blur();
    this.root.classList.remove("is-open");
  }

  /** A line that somebody said. */
  add(name: string, words: string): void {
    this.lines.push({ name, words });
    if (this.lines.length > LINE_COUNT_MAX) this.lines.shift();
    const who = element("b", "", {}, `${name} `);
    who.style.color = cssColor(nameColor(name));
    this.append(element("p", "chat-line", {}, who, words));
  }

  /** A line of the page itself. */
  note(words: string): void {
    this.append(element("p", "chat-line chat-note", {}, words));
  }

  private append(line: HTMLElement): void {
    this.log.append(line);
    while (this.log.childElementCount > LINE_COUNT_MAX) this.log.firstElementChild?.remove();
    this.log.scrollTop = this.log.scrollHeight;
  }
}
