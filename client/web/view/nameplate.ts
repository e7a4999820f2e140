/** What floats over a head: the name, the health bar, and for a while the words that were said. */
import { type BitmapText, Container, Graphics, Sprite, Text } from "pixi.js";
import type { Atlas } from "../paint/atlas.js";
import { clamp } from "../paint/drawing.js";
import { FONT_FAMILY, label } from "./label-font.js";

const BAR_WIDTH = 40;
const BAR_HEIGHT = 5;
const BUBBLE_SECONDS = 6;
const BUBBLE_WIDTH = 190;
/** Words hide the names of others. */
const SPEAKING_Z = 1;

export class Nameplate {
  readonly view = new Container();
  private readonly atlas: Atlas;
  private readonly label: BitmapText;
  private readonly back: Sprite;
  private readonly fill: Sprite;
  private bubble: Container | null = null;
  private bubbleLeftS = 0;
  private shownShare = 1;
  private share = 1;

  constructor(atlas: Atlas, tint: number, size: number) {
    this.atlas = atlas;
    this.label = label("", size, tint);
    this.label.anchor.set(0.5, 1);
    this.label.y = -8;
    this.back = this.bar(BAR_WIDTH + 2, BAR_HEIGHT + 2, 0x1a2018, -1);
    this.fill = this.bar(BAR_WIDTH, BAR_HEIGHT, 0x6fdc5c, 0);
    this.view.addChild(this.label, this.back, this.fill);
  }

  private bar(width: number, height: number, tint: number, y: number): Sprite {
    const bar = new Sprite(this.atlas.texture("white"));
    bar.tint = tint;
    bar.width = width;
    bar.height = height;
    bar.position.set(-width / 2, -BAR_HEIGHT - 1 + y);
    return bar;
  }

  setName(name: string): void {
    if (this.label.text !== name) this.label.text = name;
  }

  /** `share` of the health, 0 … 1; the bar glides there. */
  setHealth(share: number, isShown: boolean): void {
    this.share = clamp(share, 0, 1);
    this.back.visible = isShown;
    this.fill.visible = isShown;
    this.label.y = isShown ? -8 : 0;
  }

  say(words: string): void {
    this.bubble?.destroy({ children: true });
    this.bubble = makeBubble(words);
    this.bubbleLeftS = BUBBLE_SECONDS;
    this.view.addChild(this.bubble);
    this.view.zIndex = SPEAKING_Z;
  }

  update(seconds: number): void {
    this.shownShare += (this.share - this.shownShare) * Math.min(1, seconds * 8);
    this.fill.width = Math.max(0.01, BAR_WIDTH * this.shownShare);
    this.fill.tint = this.shownShare > 0.55 ? 0x6fdc5c : this.shownShare > 0.28 ? 0xf4c542 : 0xef5b4c;
    if (this.bubble === null) return;
    this.bubbleLeftS -= seconds;
    this.bubble.y = this.label.y - 20;
    this.bubble.alpha = clamp(this.bubbleLeftS * 2, 0, 1);
    this.bubble.scale.set(Math.min(1, 0.6 + (BUBBLE_SECONDS - this.bubbleLeftS) * 3));
    if (this.bubbleLeftS > 0) return;
    this.bubble.destroy({ children: true });
    this.bubble = null;
    this.view.zIndex = 0;
  }
}

function makeBubble(words: string): Container {
  const bubble = new Container();
  const text = new Text({
    text: words,
    resolution: 2,
    style: {
      fontFamily: FONT_FAMILY,
      fontSize: 14,
      fill: 0x26302a,
      wordWrap: true,
      wordWrapWidth: BUBBLE_WIDTH,
      breakWords: true,
      lineHeight: 18,
    },
  });
  text.anchor.set(0.5, 1);
  text.y = -9;
  const width = text.width + 20;
  const height = text.height + 12;
  const shape = new Graphics()
    .roundRect(-width / 2, -height - 4, width, height, 10)
    .moveTo(-6, -5)
    .lineTo(0, 4)
    .lineTo(7, -5)
    .fill({ color: 0xfffdf4, alpha: 0.96 });
  bubble.addChild(shape, text);
  return bubble;
}
