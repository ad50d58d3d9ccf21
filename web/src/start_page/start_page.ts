// The first view: drop a song, choose one, or take one of the library.

import { h } from "../common/dom";
import { noLibrary } from "../library/empty_library";
import { fileButton } from "../common/file_input";
import { searchField } from "../search/song_search";
import { createPlane } from "../circumplex/circumplex";
import { megabytes } from "../common/format";
import type { Health } from "../server/types";

export function createStartView(
  health: Health,
  take: (file: File) => void,
  choose: (token: string) => void,
): HTMLElement {
  const { upload_bytes, minutes } = health.limits;
  const plane = createPlane(() => undefined).element;
  plane.setAttribute("aria-hidden", "true");
  return h(
    "div",
    { class: "start-view" },
    h(
      "section",
      { class: "card drop", "aria-label": "A song to hear" },
      h(
        "div",
        { class: "drop-words" },
        h("h1", { tabindex: -1 }, "Hear a song and watch its emotion"),
        h(
          "p",
          {},
          "Drop a song anywhere on this page. Its curve is drawn while it is heard: how energetic the music feels, and how positive, twice a second.",
        ),
        fileButton("Choose a file", take, { class: "primary", "aria-keyshortcuts": "o" }),
        h(
          "p",
          { class: "note" },
          `Any audio file or video, up to ${megabytes(upload_bytes)} and ${minutes} minutes. It stays on this server while it is analysed, and no longer.`,
        ),
      ),
      plane,
    ),
    library(health, choose),
  );
}

function library(health: Health, choose: (token: string) => void): HTMLElement {
  if (health.library && health.songs > 0) {
    const list = h("ul", { class: "songs", "aria-label": "Songs of the library" });
    return h(
      "section",
      { class: "card from-library", "aria-label": "From the library" },
      h("div", { class: "row" }, h("h2", {}, "From your library"), h("a", { href: "#/library" }, "All on the map")),
      searchField(health, list, "", choose),
      list,
    );
  }
  return h(
    "section",
    { class: "card from-library", "aria-label": "From the library" },
    h("h2", {}, "Your library"),
    noLibrary(),
  );
}
