// Labels of the lines, right of the chart at the height of each line's end.

import { indexAt } from "../curve/sampling";
import type { Curve } from "../curve/curve";
import { canvasFont, h } from "../common/dom";

const LINE_HEIGHT_REM = 1.125;
const GAP_PX = 8;

/** The plot area, in pixels from the top left of the chart. */
export interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface LineLabel {
  axis: "arousal" | "valence";
  /** From the top of the plot area, in pixels. */
  y: number;
}

/** Create the labels, moved apart where they would overlap. */
export function createLineLabels(labels: LineLabel[], area: Area): HTMLElement[] {
  return separate(labels).map(({ axis, y }) => {
    const label = h("span", { class: axis }, axis);
    label.style.left = `${area.left + area.width + GAP_PX}px`;
    label.style.top = `${area.top + Math.min(area.height - GAP_PX, Math.max(GAP_PX, y))}px`;
    return label;
  });
}

function separate(labels: LineLabel[]): LineLabel[] {
  const [one, other] = labels;
  if (one === undefined || other === undefined) return labels;
  const line = canvasFont(LINE_HEIGHT_REM).px;
  const distance = Math.abs(one.y - other.y);
  if (distance >= line) return labels;
  const shift = ((line - distance) / 2) * (one.y <= other.y ? -1 : 1);
  return [
    { ...one, y: one.y + shift },
    { ...other, y: other.y - shift },
  ];
}

/** The value of a curve at the end of a viewport. */
export function lastVisibleValue(curve: Curve, axis: "arousal" | "valence", to: number): number {
  return curve[axis][indexAt(curve.times_s, to)] ?? 0;
}
