// What is said of the dot under the pointer.

import { h } from "../common/dom";

const AWAY_PX = 14;
const EDGE_PX = 4;

export interface Tip {
  element: HTMLElement;
  /** Show lines, the first in bold, beside a place of the home; without lines hide. */
  show(lines: string[], x: number, y: number): void;
  hide(): void;
}

export function createTip(home: HTMLElement): Tip {
  const element = h("div", { class: "tip", hidden: true });
  home.append(element);
  return {
    element,
    show([name = "", ...lines], x, y) {
      element.hidden = false;
      element.replaceChildren(
        h("strong", { dir: "auto" }, name),
        ...lines.filter((line) => line !== "").map((line) => h("span", { dir: "auto" }, line)),
      );
      const room = home.clientWidth - Math.min(home.clientWidth, element.offsetWidth) - EDGE_PX;
      element.style.left = `${Math.min(x + AWAY_PX, room)}px`;
      element.style.top = `${y + AWAY_PX}px`;
    },
    hide() {
      element.hidden = true;
    },
  };
}
