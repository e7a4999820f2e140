/**
 * The letters over the scene: one font in one texture, white with a dark edge, tinted when shown. Letters that it lacks are added when a name
 * needs them.
 */
import { BitmapFont, BitmapText } from "pixi.js";

export const FONT_FAMILY = "Trebuchet MS, Segoe UI, Ubuntu, DejaVu Sans, sans-serif";
const LABEL_FONT = "aeon-label";
/** Letters are painted this large, to stay sharp when the camera is near. */
const PAINTED_SIZE = 32;

export function installLabelFont(): void {
  BitmapFont.install({
    name: LABEL_FONT,
    chars: [[" ", "~"]],
    resolution: 1,
    padding: 6,
    style: {
      fontFamily: FONT_FAMILY,
      fontSize: PAINTED_SIZE,
      fontWeight: "bold",
      fill: 0xffffff,
      stroke: { color: 0x1a2018, width: 8, join: "round" },
    },
  });
}

/** `size` in pixels at zoom 1. */
export function label(text: string, size: number, tint: number): BitmapText {
  const made = new BitmapText({ text, style: { fontFamily: LABEL_FONT, fontSize: size } });
  made.tint = tint;
  return made;
}
