// The tooltip of the dot under the pointer.

import { h } from "../common/dom";

const OFFSET_PX = 14;
const EDGE_PX = 4;

export interface Tooltip {
  /** Describe a song next to a position in the container. */
  show(song: { name: string; artist: string; mood: HTMLElement }, x: number, y: number): void;
  hide(): void;
}

export function createTooltip(container: HTMLElement): Tooltip {
  const element = h("div", { class: "tooltip", hidden: true });
  container.append(element);
  return {
    show({ name, artist, mood }, x, y) {
      const artistLine = artist === "" ? [] : [h("span", { dir: "auto" }, artist)];
      element.hidden = false;
      element.replaceChildren(h("strong", { dir: "auto" }, name), ...artistLine, mood);
      const maxLeft = container.clientWidth - Math.min(container.clientWidth, element.offsetWidth) - EDGE_PX;
      element.style.left = `${Math.min(x + OFFSET_PX, maxLeft)}px`;
      element.style.top = `${y + OFFSET_PX}px`;
    },
    hide() {
      element.hidden = true;
    },
  };
}
