// The menu of files in which a song's curve can be had.

import { h } from "../common/dom";
import type { Track } from "./loaded_song";

const FORMATS = {
  csv: "CSV, a table of the points",
  png: "PNG, a picture",
  jams: "JAMS, for research",
  json: "JSON, all there is",
};

export function downloadMenu({ address, name }: Track): HTMLElement {
  const links = Object.entries(FORMATS).map(([format, words]) => {
    const link = h("a", { href: `${address}?format=${format}`, download: `${name}.${format}` }, words);
    return h("li", {}, link);
  });
  const opener = h("summary", {}, "Download");
  const menu = h("details", { class: "menu" }, opener, h("ul", {}, ...links));
  menu.addEventListener("focusout", ({ relatedTarget: to }) => {
    if (to instanceof Node && !menu.contains(to)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    opener.focus();
  });
  closeOutside(menu);
  return menu;
}

/** Close a menu at a press beside it, as long as it stands in the page. */
function closeOutside(menu: HTMLDetailsElement): void {
  menu.addEventListener("toggle", () => {
    if (!menu.open) return;
    const watch = new AbortController();
    const close = (event: Event): void => {
      if (menu.open && event.target instanceof Node && menu.contains(event.target)) return;
      menu.open = false;
      watch.abort();
    };
    addEventListener("pointerdown", close, { signal: watch.signal });
  });
}
