// A menu to download a song's curve.

import { h } from "../common/dom";
import type { LoadedSong } from "./loaded_song";

const FORMATS = {
  csv: "CSV (table)",
  png: "PNG (image)",
  jams: "JAMS (music annotation)",
  json: "JSON (all data)",
};

export function downloadMenu({ curveUrl, name }: LoadedSong): HTMLElement {
  const links = Object.entries(FORMATS).map(([format, label]) => {
    const link = h("a", { href: `${curveUrl}?format=${format}`, download: `${name}.${format}` }, label);
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

/** Close a menu at a click outside it. */
function closeOutside(menu: HTMLDetailsElement): void {
  menu.addEventListener("toggle", () => {
    if (!menu.open) return;
    const listener = new AbortController();
    const close = (event: Event): void => {
      if (menu.open && event.target instanceof Node && menu.contains(event.target)) return;
      menu.open = false;
      listener.abort();
    };
    addEventListener("pointerdown", close, { signal: listener.signal });
  });
}
