// A pad on which one draws courses of arousal and valence; text fields beside it have the same points, for the keyboard.

import { button, h, svg } from "../common/dom";

/** Points of a drawing: enough for what a hand can draw, few enough for an address. */
const COLUMNS = 24;

export type Axis = "arousal" | "valence";
const AXES: Axis[] = ["arousal", "valence"];

/** Return the pad and its switch of the axis; it writes `SHARE:VALUE,…` into a field, which then reports the change. */
export function drawPad(fields: Record<Axis, HTMLInputElement>): HTMLElement {
  let axis: Axis = "arousal";
  let drawn = new Map<number, number>();
  const lines = { arousal: svg("polyline", { class: "arousal" }), valence: svg("polyline", { class: "valence" }) };
  const picture = svg("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none" });
  picture.append(svg("line", { x1: 0, y1: 50, x2: 100, y2: 50 }), lines.valence, lines.arousal);
  const pad = h("div", { class: "draw-pad", "aria-hidden": "true" }, picture);

  const switches = AXES.map((name) =>
    button(`Draw ${name}`, () => choose(name), { class: `chip ${name}`, value: name, "aria-pressed": "false" }),
  );
  const choose = (chosen: Axis): void => {
    axis = chosen;
    for (const one of switches) one.setAttribute("aria-pressed", String(one.value === axis));
    picture.append(lines[axis]); // above the other
  };
  choose(axis);

  const show = (name: Axis): void => {
    const points = parsed(fields[name].value).map(([x, y]) => `${100 * x},${50 - 50 * y}`);
    lines[name].setAttribute("points", points.join(" "));
  };
  const add = (event: PointerEvent): void => {
    const box = pad.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const value = Math.min(1, Math.max(-1, 1 - (2 * (event.clientY - box.top)) / box.height));
    drawn.set(Math.round(share * COLUMNS), value);
    const points = [...drawn].sort(([a], [b]) => a - b);
    fields[axis].value = points.map(([x, y]) => `${(x / COLUMNS).toFixed(3)}:${y.toFixed(2)}`).join(",");
    show(axis);
  };
  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    drawn = new Map();
    add(event);
  });
  pad.addEventListener("pointermove", (event) => {
    if (pad.hasPointerCapture(event.pointerId)) add(event);
  });
  pad.addEventListener("pointerup", () => fields[axis].dispatchEvent(new Event("input", { bubbles: true })));
  for (const name of AXES) fields[name].addEventListener("input", () => show(name));
  const chooser = h("div", { class: "chips", role: "group", "aria-label": "Axis to draw" }, ...switches);
  return h("div", { class: "drawing" }, chooser, pad, h("p", { class: "note", "aria-hidden": "true" }, SCALE));
}

const SCALE = "From the start of the song to its end; 1 above, -1 below.";

function parsed(text: string): [number, number][] {
  return text
    .split(",")
    .map((item) => item.split(":").map(Number))
    .filter((point): point is [number, number] => point.length === 2 && point.every(Number.isFinite));
}
