/** All panels over the scene, put into the corners. Hidden until one is in the world. */
import { Chat } from "./chat.js";
import { button, element } from "./dom.js";
import { Help } from "./help.js";
import { Joystick } from "./joystick.js";
import { LeaderBoard } from "./leader-board.js";
import { Minimap } from "./minimap.js";
import { NetLab, type NetLabHandlers } from "./net-lab.js";
import { NetPanel } from "./net-panel.js";
import { Notices } from "./notices.js";
import { PlayerCard } from "./player-card.js";

export interface HudHandlers {
  onBuy(item: string): void;
  onSay(words: string): void;
  onAttack(): void;
  onLeave(): void;
  /** The player wants another line, or none of it for some seconds. */
  readonly line: NetLabHandlers;
}

export class Hud {
  readonly root: HTMLElement;
  readonly card: PlayerCard;
  readonly chat: Chat;
  readonly board = new LeaderBoard();
  readonly minimap = new Minimap();
  readonly net: NetPanel;
  readonly help = new Help();
  readonly notices = new Notices();
  readonly joystick = new Joystick();
  private readonly panels: HTMLElement;

  constructor(handlers: HudHandlers) {
    this.card = new PlayerCard(handlers.onBuy);
    this.chat = new Chat(handlers.onSay);
    this.net = new NetPanel(new NetLab(handlers.line));
    const buttons = element(
      "div",
      "corner-buttons",
      {},
      button("round-button", "Help (H)", "?", () => this.help.toggle(true)),
      button("round-button leave-button", "Leave the world", "", handlers.onLeave),
    );
    const attack = button("attack-button", "Attack the nearest monster (Space)", "", handlers.onAttack);
    attack.append(element("i", "icon-sword", { "aria-hidden": "true" }));
    this.panels = element(
      "div",
      "hud",
      { hidden: "" },
      element("div", "corner top-left", {}, this.card.root),
      element("div", "corner top-right", {}, this.minimap.root, this.board.root),
      element("div", "corner bottom-left", {}, this.chat.root),
      element("div", "corner bottom-right", {}, attack, this.net.root, buttons),
    );
    this.root = element("div", "hud-root", {}, this.panels, this.notices.root, this.joystick.root, this.help.root);
  }

  setShown(isShown: boolean): void {
    this.panels.hidden = !isShown;
    if (!isShown) this.help.toggle(false);
  }
}
