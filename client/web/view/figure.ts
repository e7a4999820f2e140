/** The drawn body of an actor: parts that are moved a little each frame. What a figure shows is decided by its actor. */
import { type Container, Sprite } from "pixi.js";
import type { Atlas } from "../paint/atlas.js";

export interface Pose {
  /** Units per second. */
  speed: number;
  /** Where it looks, of length 1: x right, z towards the viewer. */
  facingX: number;
  facingZ: number;
  timeS: number;
  seconds: number;
}

export interface Figure {
  readonly view: Container;
  /** From the ground to the top, in pixels at zoom 1: name and bar stand above. */
  readonly height: number;
  /** In units. */
  readonly shadowWidth: number;
  update(pose: Readonly<Pose>): void;
  /** Starts the blow of an attack. */
  swing(): void;
  /** Paints the whole figure in this colour; white is none. */
  flash(tint: number): void;
}

export function part(atlas: Atlas, name: string, parent: Container, x = 0, y = 0): Sprite {
  const sprite = new Sprite(atlas.texture(name));
  sprite.position.set(x, y);
  parent.addChild(sprite);
  return sprite;
}

/** 32 bits from a text, the same everywhere (FNV-1a). */
export function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 15;
  return hash >>> 0;
}

/** 0xrrggbb from hue 0 … 360, saturation and lightness 0 … 1. */
export function hslColor(hue: number, saturation: number, lightness: number): number {
  const channel = (shift: number) => {
    const k = (shift + hue / 30) % 12;
    const value = lightness - saturation * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(value * 255);
  };
  return (channel(0) << 16) | (channel(8) << 8) | channel(4);
}

/** The colour of a name: tunic, minimap, chat. */
export function nameColor(name: string): number {
  const hash = textHash(name);
  return hslColor(hash % 360, 0.62, 0.58 + ((hash >>> 9) % 10) / 100);
}

export function cssColor(color: number): string {
  return `#${color.toString(16).padStart(6, "0")}`;
}
