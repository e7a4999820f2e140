/** Who one is: name, level, health, gold, kills, and the potions one can buy. */
import { SHOP_ITEMS } from "../../../entities/world-map.js";
import { cssColor, nameColor } from "../view/figure.js";
import { button, element, setText } from "./dom.js";

export interface PlayerFacts {
  readonly name: string;
  readonly hp: number;
  readonly hpMax: number;
  readonly gold: number;
  readonly kills: number;
  readonly level: number;
}

export class PlayerCard {
  readonly root: HTMLElement;
  private readonly badge = element("div", "card-badge", { "aria-hidden": "true" });
  private readonly name = element("strong", "card-name");
  private readonly level = element("span", "card-level");
  private readonly fill = element("div", "bar-fill");
  private readonly health = element("span", "bar-text");
  private readonly gold = element("span", "fact-value");
  private readonly kills = element("span", "fact-value");
  private readonly shop: readonly { readonly price: number; readonly button: HTMLButtonElement }[];

  constructor(onBuy: (item: string) => void) {
    const bar = element("div", "bar", { role: "img", "aria-label": "Health" }, this.fill, this.health);
    this.shop = SHOP_ITEMS.map(({ item, title, price, heals }) => {
      const label = `Buy ${title}: heals ${heals}, costs ${price} gold`;
      const made = button(`shop shop-${item}`, label, "", () => onBuy(item));
      made.append(
        element("span", "shop-flask", { "aria-hidden": "true" }),
        element("span", "shop-price", {}, `${price}`),
      );
      return { price, button: made };
    });
    this.root = element(
      "section",
      "card panel",
      { "aria-label": "Your avatar" },
      this.badge,
      element(
        "div",
        "card-body",
        {},
        element("div", "card-line", {}, this.name, this.level),
        bar,
        element(
          "div",
          "card-line card-facts",
          {},
          element("span", "fact", { title: "Gold" }, element("i", "icon-coin", { "aria-label": "gold" }), this.gold),
          element(
            "span",
            "fact",
            { title: "Kills" },
            element("i", "icon-sword", { "aria-label": "kills" }),
            this.kills,
          ),
          element("span", "card-shop", {}, ...this.shop.map((entry) => entry.button)),
        ),
      ),
    );
  }

  show(facts: PlayerFacts): void {
    setText(this.name, facts.name);
    setText(this.badge, facts.name.slice(0, 1).toUpperCase());
    this.badge.style.background = cssColor(nameColor(facts.name));
    setText(this.level, `Lv ${facts.level}`);
    const share = facts.hpMax > 0 ? Math.max(0, Math.min(1, facts.hp / facts.hpMax)) : 1;
    this.fill.style.transform = `scaleX(${share})`;
    this.fill.dataset.state = share > 0.55 ? "good" : share > 0.28 ? "hurt" : "low";
    setText(this.health, facts.hpMax > 0 ? `${facts.hp} / ${facts.hpMax}` : `${facts.hp}`);
    setText(this.gold, String(facts.gold));
    setText(this.kills, String(facts.kills));
    for (const entry of this.shop) entry.button.disabled = facts.gold < entry.price;
  }
}
