// The scrollbar below a zoomed chart.

import { h } from "../common/dom";
import type { Viewport } from "./viewport";

export interface Overview {
  element: HTMLElement;
  show(viewport: Viewport, length: number): void;
}

/** `onMove` receives the pointer's position as a fraction of the song. */
export function createOverview(onMove: (fraction: number) => void): Overview {
  const thumb = h("i");
  const element = h("div", { class: "overview", "aria-hidden": "true" }, thumb);
  element.addEventListener("pointerdown", (event) => element.setPointerCapture(event.pointerId));
  for (const name of ["pointerdown", "pointermove"] as const) {
    element.addEventListener(name, (event) => {
      if (!element.hasPointerCapture(event.pointerId)) return;
      const box = element.getBoundingClientRect();
      onMove((event.clientX - box.left) / box.width);
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
