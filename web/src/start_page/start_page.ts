// The start page: drop or choose a file, or open a song of the library.

import { h } from "../common/dom";
import { emptyLibrary } from "../library/empty_library";
import { fileButton } from "../common/file_input";
import { createSongSearch } from "../search/song_search";
import { createCircumplex } from "../circumplex/circumplex";
import { megabytes } from "../common/format";
import type { Health } from "../server/types";

export function createStartPage(
  health: Health,
  onFile: (file: File) => void,
  onPick: (token: string) => void,
): HTMLElement {
  const { upload_bytes, minutes } = health.limits;
  const circumplex = createCircumplex(() => undefined).element;
  circumplex.setAttribute("aria-hidden", "true");
  return h(
    "div",
    { class: "start-view" },
    h(
      "section",
      { class: "card drop", "aria-label": "Open a file" },
      h(
        "div",
        { class: "drop-text" },
        h("h1", { tabindex: -1 }, "Play a song and watch its mood"),
        h(
          "p",
          {},
          "Drop an audio file anywhere on this page, or choose one. Two curves show how energetic and how positive the music feels, twice a second.",
        ),
        fileButton("Choose a file", onFile, { class: "primary", "aria-keyshortcuts": "o" }),
        h(
          "p",
          { class: "note" },
          `Audio or video files up to ${megabytes(upload_bytes)} and ${minutes} minutes. The server deletes your file after the analysis.`,
        ),
      ),
      circumplex,
    ),
    library(health, onPick),
  );
}

function library(health: Health, onPick: (token: string) => void): HTMLElement {
  if (health.library && health.songs > 0) {
    return h(
      "section",
      { class: "card from-library", "aria-label": "From the library" },
      h(
        "div",
        { class: "row" },
        h("h2", {}, "From your library"),
        h("a", { href: "#/library" }, "Show all on the map"),
      ),
      ...createSongSearch(health, "", onPick),
    );
  }
  return h(
    "section",
    { class: "card from-library", "aria-label": "From the library" },
    h("h2", {}, "Your library"),
    emptyLibrary(),
  );
}
