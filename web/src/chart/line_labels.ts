// The names of both lines, beside where they leave the chart.

import { indexAt } from "../curve/sampling";
import type { CurveObject } from "../curve/curve";
import { canvasFont, h } from "../common/dom";

const LINE = 1.125;
const GAP_PX = 8;

/** Where the curves are drawn, in pixels of the chart. */
export interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface NamePlace {
  axis: "arousal" | "valence";
  /** From the top of the area, in pixels. */
  y: number;
}

/** A name for each place, moved apart where they would lie over one another. */
export function nameElements(places: NamePlace[], area: Area): HTMLElement[] {
  return apart(places).map(({ axis, y }) => {
    const name = h("span", { class: axis }, axis);
    name.style.left = `${area.left + area.width + GAP_PX}px`;
    name.style.top = `${area.top + Math.min(area.height - GAP_PX, Math.max(GAP_PX, y))}px`;
    return name;
  });
}

function apart(places: NamePlace[]): NamePlace[] {
  const [one, other] = places;
  if (one === undefined || other === undefined) return places;
  const line = canvasFont(LINE).px;
  const near = Math.abs(one.y - other.y);
  if (near >= line) return places;
  const away = ((line - near) / 2) * (one.y <= other.y ? -1 : 1);
  return [
    { ...one, y: one.y + away },
    { ...other, y: other.y - away },
  ];
}

/** The value with which a line leaves a window that ends at `to`. */
export function lastSeen(curve: CurveObject, axis: "arousal" | "valence", to: number): number {
  return curve[axis][indexAt(curve.times_s, to)] ?? 0;
}
