// A pad on which one draws a course of arousal; a text field beside it has the same points, for the keyboard.

import { h } from "../common/dom";

/** Points of a drawing: enough for what a hand can draw, few enough for an address. */
const COLUMNS = 24;
const SVG = "http://www.w3.org/2000/svg";

/** Return the pad; it writes `SHARE:VALUE,…` into the field, which then reports the change. */
export function drawPad(field: HTMLInputElement): HTMLElement {
  const line = document.createElementNS(SVG, "polyline");
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 100 100");
  picture.setAttribute("preserveAspectRatio", "none");
  picture.append(line);
  const pad = h("div", { class: "draw-pad", "aria-hidden": "true" });
  pad.append(picture);
  let drawn = new Map<number, number>();

  const show = (): void => {
    line.setAttribute(
      "points",
      parsed(field.value)
        .map(([x, y]) => `${100 * x},${50 - 50 * y}`)
        .join(" "),
    );
  };
  const add = (event: PointerEvent): void => {
    const box = pad.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const value = Math.min(1, Math.max(-1, 1 - (2 * (event.clientY - box.top)) / box.height));
    drawn.set(Math.round(share * COLUMNS), value);
    const points = [...drawn].sort(([a], [b]) => a - b);
    field.value = points.map(([x, y]) => `${(x / COLUMNS).toFixed(3)}:${y.toFixed(2)}`).join(",");
    show();
  };
  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    drawn = new Map();
    add(event);
  });
  pad.addEventListener("pointermove", (event) => {
    if (pad.hasPointerCapture(event.pointerId)) add(event);
  });
  pad.addEventListener("pointerup", () => field.dispatchEvent(new Event("input", { bubbles: true })));
  field.addEventListener("input", show);
  return pad;
}

function parsed(text: string): [number, number][] {
  return text
    .split(",")
    .map((item) => item.split(":").map(Number))
    .filter((point): point is [number, number] => point.length === 2 && point.every(Number.isFinite));
}
