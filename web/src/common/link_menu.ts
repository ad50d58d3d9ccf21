// A menu of links, which closes at Escape, at a click outside, and when the focus leaves it.

import { h } from "./dom";

export interface MenuLink {
  label: string;
  href: string;
  /** Name of the downloaded file. */
  download: string;
}

export function createLinkMenu(name: string, links: MenuLink[]): HTMLDetailsElement {
  const items = links.map(({ label, ...attributes }) => h("li", {}, h("a", attributes, label)));
  const opener = h("summary", {}, name);
  const menu = h("details", { class: "menu" }, opener, h("ul", {}, ...items));
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
