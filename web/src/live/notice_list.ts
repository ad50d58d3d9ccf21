// What happened to the sound: interruptions, silence, lost devices. The latest first.

import { h } from "../common/dom";
import { displayText } from "../common/format";
import type { LiveNotice } from "../server/types";

const SHOWN = 20;

export interface NoticeList {
  element: HTMLElement;
  add(notice: LiveNotice): void;
  clear(): void;
}

export function createNoticeList(): NoticeList {
  const list = h("ol", { class: "live-notices", "aria-label": "Messages", tabindex: 0 });
  return {
    element: list,
    add({ clock, text }) {
      const time = h("time", { datetime: clock }, new Date(clock).toTimeString().slice(0, 8));
      list.prepend(h("li", {}, time, ` ${displayText(text)}`));
      while (list.childElementCount > SHOWN) list.lastElementChild?.remove();
    },
    clear: () => list.replaceChildren(),
  };
}
