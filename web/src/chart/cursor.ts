// What lies over the chart: the cursor with a dot on each line, and the moment under the pointer.

import { h, write } from "../common/dom";
import { clock } from "../common/format";

const ROUNDING = 1e-6;

export interface Marks {
  elements: HTMLElement[];
  /** Put the cursor at a share of the width, and dots at heights in pixels; beyond 0 and 1, and at null, none. */
  at(share: number, heights: { arousal: number | null; valence: number | null }): void;
  /** Write a moment at a share of the width, or nothing. */
  hover(moment: { share: number; t: number } | null): void;
}

export function createMarks(): Marks {
  const pointed = h("div", { id: "hover", hidden: true });
  const cursor = h("div", { id: "cursor" }, h("i"));
  const dots = { arousal: h("i", { class: "dot arousal" }), valence: h("i", { class: "dot valence" }) };

  return {
    elements: [pointed, cursor, dots.arousal, dots.valence],
    at(share, heights) {
      const seen = share >= -ROUNDING && share <= 1 + ROUNDING;
      cursor.hidden = !seen;
      cursor.style.left = `${100 * Math.min(1, share)}%`;
      for (const axis of ["arousal", "valence"] as const) {
        const height = heights[axis];
        dots[axis].hidden = !seen || height === null;
        if (height === null) continue;
        dots[axis].style.left = cursor.style.left;
        dots[axis].style.top = `${height}px`;
      }
    },
    hover(moment) {
      pointed.hidden = moment === null;
      if (moment === null) return;
      write(pointed, clock(moment.t));
      pointed.style.left = `${100 * moment.share}%`;
    },
  };
}
