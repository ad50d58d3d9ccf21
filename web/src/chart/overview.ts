// The bar below a zoomed chart: what part of the song is in sight, to be dragged along.

import { h } from "../common/dom";
import type { Sight } from "./viewport";

export interface Overview {
  element: HTMLElement;
  show(sight: Sight, length: number): void;
}

/** `move` is told the share of the song that the pointer is at. */
export function createOverview(move: (share: number) => void): Overview {
  const thumb = h("i");
  const element = h("div", { class: "overview", "aria-hidden": "true" }, thumb);
  element.addEventListener("pointerdown", (event) => element.setPointerCapture(event.pointerId));
  for (const name of ["pointerdown", "pointermove"] as const) {
    element.addEventListener(name, (event) => {
      if (!element.hasPointerCapture(event.pointerId)) return;
      const box = element.getBoundingClientRect();
      move((event.clientX - box.left) / box.width);
    });
  }
  return {
    element,
    show({ from, to }, length) {
      element.classList.toggle("whole", to - from >= length);
      thumb.style.left = `${(100 * from) / length}%`;
      thumb.style.width = `${(100 * (to - from)) / length}%`;
    },
  };
}
