/** The first screen: a name, a button, and what went wrong when something did. Remembers the name in this browser. */
import { NAME_CHARS_MAX } from "../../../entities/world-map.js";
import { element, setText } from "./dom.js";

const STORAGE_KEY = "aeon.name";

export class LoginScreen {
  readonly root: HTMLElement;
  private readonly input: HTMLInputElement;
  private readonly play: HTMLButtonElement;
  private readonly message: HTMLElement;

  constructor(onLogin: (name: string) => void) {
    this.input = element("input", "login-name", {
      id: "login-name",
      name: "name",
      type: "text",
      maxlength: String(NAME_CHARS_MAX),
      minlength: "1",
      required: "",
      autocomplete: "nickname",
      autocapitalize: "words",
      spellcheck: "false",
      enterkeyhint: "go",
      placeholder: "e.g. Robin",
      "aria-describedby": "login-message",
    });
    this.input.value = rememberedName();
    this.play = element("button", "login-play", { type: "submit" }, "Play");
    this.message = element("p", "login-message", { id: "login-message", role: "alert" });
    const form = element(
      "form",
      "login-card",
      { "aria-label": "Log in" },
      element("p", "login-over", {}, "An Aeon world"),
      element("h1", "login-title", {}, "Windmere"),
      element("p", "login-lead", {}, "A meadow, a cave, and everybody who is here with you."),
      element("label", "login-label", { for: "login-name" }, "Your name"),
      element("div", "login-row", {}, this.input, this.play),
      this.message,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = this.input.value.trim();
      if (name !== "" && !this.play.disabled) onLogin(name);
    });
    this.root = element("section", "login", {}, form);
  }

  show(sentence: string): void {
    this.root.hidden = false;
    this.setBusy(false);
    this.setMessage(sentence, true);
    this.input.focus();
    this.input.select();
  }

  hide(): void {
    this.root.hidden = true;
    this.input.blur();
  }

  setBusy(isBusy: boolean): void {
    this.play.disabled = isBusy;
    this.input.readOnly = isBusy;
    setText(this.play, isBusy ? "Entering…" : "Play");
    if (isBusy) this.setMessage("", false);
  }

  private setMessage(sentence: string, isError: boolean): void {
    setText(this.message, sentence);
    this.message.classList.toggle("is-error", isError && sentence !== "");
  }
}

/** Storage may be forbidden (private windows): then the name is forgotten. */
function rememberedName(): string {
  try {
    return localStorage.getItem(STORAGE_KEY) ?? "";
  } catch {
    return "";
  }
}

export function rememberName(name: string): void {
  try {
    localStorage.setItem(STORAGE_KEY, name);
  } catch {
    // Nothing depends on it.
  }
}
