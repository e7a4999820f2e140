/** Keys, mouse and touch on the stage, turned into a direction, taps and actions. What is typed into a field is none of it. */
import { clamp } from "../paint/drawing.js";
import type { Joystick } from "../ui/joystick.js";

export type InputAction = "attack" | "chat" | "help" | "potion" | "escape";

export interface InputHandlers {
  /** Screen pixels; `isRepeated` while the mouse is held and moved. */
  onTap(screenX: number, screenY: number, isRepeated: boolean): void;
  onAction(action: InputAction): void;
}

const KEY_DIRECTIONS: Readonly<Record<string, readonly [number, number]>> = {
  KeyW: [0, -1],
  ArrowUp: [0, -1],
  KeyS: [0, 1],
  ArrowDown: [0, 1],
  KeyA: [-1, 0],
  ArrowLeft: [-1, 0],
  KeyD: [1, 0],
  ArrowRight: [1, 0],
};
const KEY_ACTIONS: Readonly<Record<string, InputAction>> = {
  Space: "attack",
  Enter: "chat",
  KeyT: "chat",
  KeyH: "help",
  KeyE: "potion",
  Escape: "escape",
};
/** A touch that moves farther is the joystick and not a tap. */
const TAP_PIXELS_MAX = 12;
/** While the mouse is held, the target follows it at most this often. */
const HOLD_INTERVAL_MS = 120;

export class Input {
  directionX = 0;
  directionZ = 0;
  isEnabled = false;
  private readonly pressed = new Set<string>();
  private readonly joystick: Joystick;
  private readonly handlers: InputHandlers;
  private touch: { readonly id: number; readonly x: number; readonly y: number; isStick: boolean } | null = null;
  private mouseId: number | null = null;
  private heldAtMs = 0;

  constructor(stage: HTMLElement, joystick: Joystick, handlers: InputHandlers) {
    this.joystick = joystick;
    this.handlers = handlers;
    window.addEventListener("keydown", (event) => this.onKeyDown(event));
    window.addEventListener("keyup", (event) => this.release(event.code));
    window.addEventListener("blur", () => this.releaseAll());
    stage.addEventListener("pointerdown", (event) => this.onPointerDown(event));
    stage.addEventListener("pointermove", (event) => this.onPointerMove(event));
    for (const end of ["pointerup", "pointercancel"] as const) {
      stage.addEventListener(end, (event) => this.onPointerEnd(event));
    }
    stage.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  releaseAll(): void {
    this.pressed.clear();
    this.joystick.hide();
    this.touch = null;
    this.mouseId = null;
    this.turn();
  }

  private release(code: string): void {
    if (this.pressed.delete(code)) this.turn();
  }

  private onKeyDown(event: KeyboardEvent): void {
    if (!this.isEnabled || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    const onButton = event.target instanceof HTMLButtonElement;
    if (KEY_DIRECTIONS[event.code] !== undefined) {
      this.pressed.add(event.code);
      this.turn();
      event.preventDefault();
      return;
    }
    const action = KEY_ACTIONS[event.code];
    if (action === undefined || (onButton && (action === "chat" || action === "attack"))) return;
    event.preventDefault();
    this.handlers.onAction(action);
  }

  private onPointerDown(event: PointerEvent): void {
    if (!this.isEnabled) return;
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    event.preventDefault();
    if (event.pointerType === "mouse") {
      if (event.button !== 0) return;
      this.mouseId = event.pointerId;
      this.heldAtMs = event.timeStamp;
      this.handlers.onTap(event.clientX, event.clientY, false);
    } else if (this.touch === null) {
      this.touch = { id: event.pointerId, x: event.clientX, y: event.clientY, isStick: false };
    } else {
      this.handlers.onTap(event.clientX, event.clientY, false);
    }
  }

  private onPointerMove(event: PointerEvent): void {
    if (event.pointerId === this.mouseId && event.timeStamp - this.heldAtMs > HOLD_INTERVAL_MS) {
      this.heldAtMs = event.timeStamp;
      this.handlers.onTap(event.clientX, event.clientY, true);
    }
    const { touch } = this;
    if (touch === null || event.pointerId !== touch.id) return;
    const dx = event.clientX - touch.x;
    const dy = event.clientY - touch.y;
    if (!touch.isStick && Math.hypot(dx, dy) > TAP_PIXELS_MAX) {
      touch.isStick = true;
      this.joystick.show(touch.x, touch.y);
    }
    if (touch.isStick) {
      this.joystick.tilt(dx, dy);
      this.turn();
    }
  }

  private onPointerEnd(event: PointerEvent): void {
    if (event.pointerId === this.mouseId) this.mouseId = null;
    const { touch } = this;
    if (touch === null || event.pointerId !== touch.id) return;
    if (!touch.isStick && event.type === "pointerup") this.handlers.onTap(touch.x, touch.y, false);
    this.touch = null;
    this.joystick.hide();
    this.turn();
  }

  private turn(): void {
    let x = this.joystick.x;
    let z = this.joystick.y;
    for (const code of this.pressed) {
      const direction = KEY_DIRECTIONS[code];
      x += direction?.[0] ?? 0;
      z += direction?.[1] ?? 0;
    }
    const length = Math.max(1, Math.hypot(x, z));
    this.directionX = clamp(x / length, -1, 1);
    this.directionZ = clamp(z / length, -1, 1);
  }
}

function isTyping(event: KeyboardEvent): boolean {
  return event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
}
