// What stands above and below every view: the name, the links to the views, theme and help.

import { brand } from "../common/logo";
import { h, iconButton } from "../common/dom";
import { ICONS } from "../common/icons";

export interface Bar {
  element: HTMLElement;
  /** Mark the link of the view that is shown; `song` is where the other one leads. */
  mark(view: "song" | "library", song: string): void;
}

export function createBar(theme: HTMLElement, help: () => void): Bar {
  const links = {
    song: h("a", { href: "#/", "aria-keyshortcuts": "1" }, "Song"),
    library: h("a", { href: "#/library", "aria-keyshortcuts": "2" }, "Library"),
  };
  const helpButton = iconButton("Keys and help", ICONS.help, help, { "aria-keyshortcuts": "?" });
  const element = h(
    "header",
    { class: "bar" },
    home(),
    h("nav", { "aria-label": "Views" }, links.song, links.library),
    h("div", { class: "row" }, theme, helpButton),
  );
  return {
    element,
    mark(view, song) {
      for (const [name, link] of Object.entries(links)) {
        if (name === view) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      }
      links.song.href = song;
    },
  };
}

export function home(): HTMLElement {
  return h("a", { href: "#/", class: "brand" }, ...brand());
}

export function skipLink(main: HTMLElement): HTMLElement {
  const link = h("a", { href: "#main", class: "skip" }, "Skip to the content");
  link.addEventListener("click", (event) => {
    event.preventDefault(); // the address names the view
    main.focus();
  });
  return link;
}
