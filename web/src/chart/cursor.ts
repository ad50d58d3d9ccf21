// The cursor over the chart, with a dot on each line, and the time under the pointer.

import { h, setText } from "../common/dom";
import { clock } from "../common/format";

const TOLERANCE = 1e-6;

export interface Cursor {
  elements: HTMLElement[];
  /** Move the cursor to a fraction of the width, and the dots to heights in pixels; null hides a dot. */
  moveTo(fraction: number, heights: { arousal: number | null; valence: number | null }): void;
  /** Show a time at a fraction of the width, or hide it. */
  hover(pointer: { fraction: number; t: number } | null): void;
}

export function createCursor(): Cursor {
  const hoverLine = h("div", { id: "hover", hidden: true });
  const cursor = h("div", { id: "cursor" }, h("i"));
  const dots = { arousal: h("i", { class: "dot arousal" }), valence: h("i", { class: "dot valence" }) };

  return {
    elements: [hoverLine, cursor, dots.arousal, dots.valence],
    moveTo(fraction, heights) {
      const visible = fraction >= -TOLERANCE && fraction <= 1 + TOLERANCE;
      cursor.hidden = !visible;
      cursor.style.left = `${100 * Math.min(1, fraction)}%`;
      for (const axis of ["arousal", "valence"] as const) {
        const height = heights[axis];
        dots[axis].hidden = !visible || height === null;
        if (height === null) continue;
        dots[axis].style.left = cursor.style.left;
        dots[axis].style.top = `${height}px`;
      }
    },
    hover(pointer) {
      hoverLine.hidden = pointer === null;
      if (pointer === null) return;
      setText(hoverLine, clock(pointer.t));
      hoverLine.style.left = `${100 * pointer.fraction}%`;
    },
  };
}
