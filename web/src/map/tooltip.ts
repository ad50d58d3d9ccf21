// The tooltip of the dot under the pointer.

import { h } from "../common/dom";

const OFFSET_PX = 14;
const EDGE_PX = 4;

export interface Tooltip {
  element: HTMLElement;
  /** Show lines, the first in bold, next to a position in the container. */
  show(lines: string[], x: number, y: number): void;
  hide(): void;
}

export function createTooltip(container: HTMLElement): Tooltip {
  const element = h("div", { class: "tooltip", hidden: true });
  container.append(element);
  return {
    element,
    show([name = "", ...lines], x, y) {
      element.hidden = false;
      element.replaceChildren(
        h("strong", { dir: "auto" }, name),
        ...lines.filter((line) => line !== "").map((line) => h("span", { dir: "auto" }, line)),
      );
      const maxLeft = container.clientWidth - Math.min(container.clientWidth, element.offsetWidth) - EDGE_PX;
      element.style.left = `${Math.min(x + OFFSET_PX, maxLeft)}px`;
      element.style.top = `${y + OFFSET_PX}px`;
    },
    hide() {
      element.hidden = true;
    },
  };
}
