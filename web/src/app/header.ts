// The header of the page: logo, links to the views, theme and help.

import { logo } from "../common/logo";
import { h, iconButton } from "../common/dom";
import { ICONS } from "../common/icons";

export interface Header {
  element: HTMLElement;
  /** Mark the link of the current view, and set where the Song link leads. */
  setCurrent(view: "song" | "library" | "playlist" | "live", songRoute: string): void;
  /** Set where the Playlist link leads. */
  setPlaylist(route: string): void;
  /** Mark the Live link while sound is followed. */
  setLive(running: boolean): void;
}

export function createHeader(theme: HTMLElement, showHelp: () => void): Header {
  const links = {
    song: h("a", { href: "#/", "aria-keyshortcuts": "1" }, "Song"),
    library: h("a", { href: "#/library", "aria-keyshortcuts": "2" }, "Library"),
    playlist: h("a", { href: "#/playlist", "aria-keyshortcuts": "3" }, "Playlist"),
    live: h("a", { href: "#/live", "aria-keyshortcuts": "4" }, "Live"),
  };
  const helpButton = iconButton("Keyboard shortcuts", ICONS.help, showHelp, { "aria-keyshortcuts": "?" });
  const element = h(
    "header",
    { class: "bar" },
    homeLink(),
    h("nav", { "aria-label": "Views" }, ...Object.values(links)),
    h("div", { class: "row" }, theme, helpButton),
  );
  return {
    element,
    setCurrent(view, songRoute) {
      for (const [name, link] of Object.entries(links)) {
        if (name === view) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      }
      links.song.href = songRoute;
    },
    setPlaylist: (route) => (links.playlist.href = route),
    setLive(running) {
      links.live.classList.toggle("running", running);
      links.live.title = running ? "Live: listening" : "";
    },
  };
}

export function homeLink(): HTMLElement {
  return h("a", { href: "#/", class: "logo", "aria-label": "moodcurve" }, ...logo());
}

export function skipLink(main: HTMLElement): HTMLElement {
  const link = h("a", { href: "#main", class: "skip" }, "Skip to content");
  link.addEventListener("click", (event) => {
    event.preventDefault(); // the hash is the route
    main.focus();
  });
  return link;
}
