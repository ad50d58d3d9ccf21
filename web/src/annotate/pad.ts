// The area that is rated on: a vertical or horizontal slider, or the plane of both axes. A mouse moves the point without
// a pressed button, a finger while it touches; arrow keys and a gamepad's stick move it from anywhere on the page.

import { h } from "../common/dom";
import { signed } from "../common/format";
import type { Axis, Device } from "./types";

export interface PadHandlers {
  /** The point was moved at a time of the page's clock, in ms. */
  moved(clock: number, device: Device): void;
}

/** Full scale per second of a held arrow key, and with Shift. */
const KEY_SPEED = 0.7;
const SLOW_SPEED = 0.2;
/** Move of a short press. */
const KEY_STEP = 0.02;
/** Deflection of a stick that counts as none. */
const DEAD_ZONE = 0.12;

const NAMES: Record<Axis, { title: string; low: string; high: string }> = {
  arousal: { title: "Arousal", low: "calm, sleepy", high: "energetic, excited" },
  valence: { title: "Valence", low: "negative, unpleasant", high: "positive, pleasant" },
  both: { title: "Arousal and valence", low: "", high: "" },
};

export class Pad {
  readonly element: HTMLElement;
  private readonly handle = h("span", { class: "handle", "aria-hidden": "true" });
  private readonly track = h("div", { class: "track" });
  /** From left to right and from bottom to top, in [-1, 1]. */
  private x = 0;
  private y = 0;
  private readonly held = new Set<string>();
  private slow = false;
  private onStick = false;

  constructor(
    private readonly axis: Axis,
    private readonly handlers: PadHandlers,
  ) {
    const { title, low, high } = NAMES[axis];
    this.track.append(this.handle);
    this.element = h("div", { class: `pad pad-${axis}`, id: "pad", tabindex: 0, "aria-label": title }, this.track);
    if (axis === "both") {
      this.element.setAttribute("role", "application");
      this.element.setAttribute("aria-roledescription", "two-dimensional slider");
      this.element.append(
        h("span", { class: "end top" }, NAMES.arousal.high),
        h("span", { class: "end bottom" }, NAMES.arousal.low),
        h("span", { class: "end left" }, NAMES.valence.low),
        h("span", { class: "end right" }, NAMES.valence.high),
      );
    } else {
      this.element.setAttribute("role", "slider");
      this.element.setAttribute("aria-valuemin", "-1");
      this.element.setAttribute("aria-valuemax", "1");
      this.element.setAttribute("aria-orientation", axis === "arousal" ? "vertical" : "horizontal");
      const [first, last] = axis === "arousal" ? ["bottom", "top"] : ["left", "right"];
      this.element.append(h("span", { class: `end ${first}` }, low), h("span", { class: `end ${last}` }, high));
    }
    this.listen();
    this.draw();
  }

  /** Arousal, valence, or both in this order. */
  get values(): number[] {
    if (this.axis === "arousal") return [this.y];
    return this.axis === "valence" ? [this.x] : [this.y, this.x];
  }

  /** Put the point at values as `values` returns them. */
  put(values: number[]): void {
    const [first = 0, second = 0] = values;
    this.set(...this.along(this.axis === "both" ? second : first, first));
  }

  /** Handle a key; return true if it moves the point. */
  keyDown(event: KeyboardEvent): boolean {
    const [right, up] = direction(event.key);
    if (right === 0 && up === 0) return false;
    this.slow = event.shiftKey;
    if (!event.repeat) {
      this.held.add(event.key);
      this.moveBy(KEY_STEP * right, KEY_STEP * up);
      this.handlers.moved(event.timeStamp, "keyboard");
    }
    return true;
  }

  keyUp(event: KeyboardEvent): void {
    this.held.delete(event.key);
    this.slow = event.shiftKey;
  }

  releaseKeys(): void {
    this.held.clear();
  }

  /** Move by held keys and the gamepad; called in each frame. */
  frame(clock: number, passedMs: number): void {
    const stick = stickOf();
    if (stick !== null && (this.onStick || Math.hypot(...stick) > 0)) {
      this.onStick = true;
      const [x, y] = this.along(...stick);
      if (x !== this.x || y !== this.y) {
        this.set(x, y);
        this.handlers.moved(clock, "gamepad");
      }
    }
    if (this.held.size === 0) return;
    const step = ((this.slow ? SLOW_SPEED : KEY_SPEED) * Math.min(passedMs, 100)) / 1000;
    let [x, y] = [0, 0];
    for (const key of this.held) {
      const [right, up] = direction(key);
      x += step * right;
      y += step * up;
    }
    this.moveBy(x, y);
    this.handlers.moved(clock, "keyboard");
  }

  private listen(): void {
    const { element } = this;
    element.addEventListener("pointerdown", (event) => {
      element.setPointerCapture(event.pointerId);
      element.focus({ preventScroll: true });
      this.follow(event);
    });
    element.addEventListener("pointermove", (event) => {
      if (event.pointerType !== "mouse" && event.pressure === 0 && event.buttons === 0) return;
      const events = event.getCoalescedEvents?.() ?? [];
      for (const single of events.length > 0 ? events : [event]) this.follow(single);
    });
  }

  private follow(event: PointerEvent): void {
    const box = this.track.getBoundingClientRect();
    const x = (2 * (event.clientX - box.left)) / box.width - 1;
    const y = 1 - (2 * (event.clientY - box.top)) / box.height;
    this.set(...this.along(clamp(x), clamp(y)));
    const device = event.pointerType;
    this.handlers.moved(event.timeStamp, device === "touch" || device === "pen" ? device : "mouse");
  }

  /** Keep what belongs to the axis; on a slider, keys and sticks work in both directions. */
  private along(x: number, y: number): [number, number] {
    if (this.axis === "arousal") return [0, y];
    return this.axis === "valence" ? [x, 0] : [x, y];
  }

  private moveBy(x: number, y: number): void {
    this.onStick = false;
    const [dx, dy] = this.axis === "both" ? [x, y] : [x + y, x + y];
    this.set(...this.along(clamp(this.x + dx), clamp(this.y + dy)));
  }

  private set(x: number, y: number): void {
    [this.x, this.y] = [x, y];
    this.draw();
  }

  private draw(): void {
    this.handle.style.left = `${50 * (1 + this.x)}%`;
    this.handle.style.top = `${50 * (1 - this.y)}%`;
    if (this.axis === "both") return;
    const [value] = this.values;
    this.element.setAttribute("aria-valuenow", value!.toFixed(2));
    this.element.setAttribute("aria-valuetext", signed(value!));
  }
}

/** Right and up, each -1, 0 or 1. */
function direction(key: string): [number, number] {
  if (key === "ArrowRight") return [1, 0];
  if (key === "ArrowLeft") return [-1, 0];
  if (key === "ArrowUp") return [0, 1];
  return key === "ArrowDown" ? [0, -1] : [0, 0];
}

/** The left stick of the first gamepad, right and up, without its dead zone. */
function stickOf(): [number, number] | null {
  const pad = navigator.getGamepads?.().find((one) => one?.connected && one.axes.length >= 2);
  if (!pad) return null;
  const [right, down] = [pad.axes[0]!, pad.axes[1]!];
  return [withoutDeadZone(right), withoutDeadZone(-down)];
}

function withoutDeadZone(value: number): number {
  const size = Math.abs(value);
  return size <= DEAD_ZONE ? 0 : Math.sign(value) * Math.min(1, (size - DEAD_ZONE) / (1 - DEAD_ZONE));
}

function clamp(value: number): number {
  return Math.max(-1, Math.min(1, value));
}
