/** The stick that appears under a thumb: a ring where it touched, a knob that follows. */
import { element } from "./dom.js";

const REACH_PIXELS = 52;
const DEAD_ZONE = 0.18;

export class Joystick {
  readonly root = element("div", "joystick", { "aria-hidden": "true", hidden: "" });
  /** −1 … 1, of length at most 1. */
  x = 0;
  y = 0;
  private readonly knob = element("div", "joystick-knob");

  constructor() {
    this.root.append(this.knob);
  }

  show(screenX: number, screenY: number): void {
    this.root.hidden = false;
    this.root.style.transform = `translate(${screenX}px, ${screenY}px)`;
    this.tilt(0, 0);
  }

  hide(): void {
    this.root.hidden = true;
    this.x = 0;
    this.y = 0;
  }

  /** By how many pixels the thumb is away from where it touched. */
  tilt(dx: number, dy: number): void {
    const length = Math.hypot(dx, dy);
    const share = Math.min(1, length / REACH_PIXELS);
    const unitX = length > 0 ? dx / length : 0;
    const unitY = length > 0 ? dy / length : 0;
    this.knob.style.transform = `translate(${unitX * share * REACH_PIXELS}px, ${unitY * share * REACH_PIXELS}px)`;
    const strength = share < DEAD_ZONE ? 0 : 1;
    this.x = unitX * strength;
    this.y = unitY * strength;
  }
}
