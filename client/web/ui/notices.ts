/** The banner while the connection is gone, the title of a place one enters, and short notes of what did not work. */
import { element, setText } from "./dom.js";

/** Older notes give way. */
const TOAST_COUNT_MAX = 3;

export class Notices {
  readonly root: HTMLElement;
  private readonly banner = element("div", "banner", { role: "status", hidden: "" });
  private readonly place = element("div", "place", { "aria-live": "polite" });
  private readonly toasts = element("div", "toasts", { role: "status" });

  constructor() {
    this.root = element("div", "notices", {}, this.banner, this.place, this.toasts);
  }

  /** "" hides it. */
  showBanner(text: string): void {
    this.banner.hidden = text === "";
    this.banner.replaceChildren(element("i", "spinner", { "aria-hidden": "true" }), text);
  }

  showPlace(title: string): void {
    setText(this.place, title);
    this.place.classList.remove("is-shown");
    // Reading the layout makes the browser start the animation anew.
    void this.place.offsetWidth;
    this.place.classList.add("is-shown");
  }

  toast(text: string): void {
    const last = this.toasts.lastElementChild;
    if (last?.textContent === text) last.remove();
    const toast = element("div", "toast", {}, text);
    toast.addEventListener("animationend", () => toast.remove());
    this.toasts.append(toast);
    while (this.toasts.childElementCount > TOAST_COUNT_MAX) this.toasts.firstElementChild?.remove();
  }
}
