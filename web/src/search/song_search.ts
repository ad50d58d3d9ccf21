// A field that searches the library, and the list of songs it finds.

import * as api from "../server/api";
import { h } from "../common/dom";
import type { Health, LibrarySong } from "../server/types";
import { duration, displayText, songName } from "../common/format";

const MAX_RESULTS = 30;
const DEBOUNCE_MS = 180;

/** A field that fills a list with songs of the library, each a button; until they come, their room is kept. */
export function createSongSearch(
  { songs: known }: Health,
  list: HTMLElement,
  without: string,
  choose: (token: string) => void,
): HTMLElement {
  const field = h("input", {
    type: "search",
    placeholder: "Title, artist, album …",
    "aria-label": "Search the library",
    autocomplete: "off",
  });
  list.replaceChildren(
    ...Array.from({ length: Math.min(known, MAX_RESULTS) }, () => h("li", { class: "placeholder" })),
  );
  let timer = 0;
  async function fill(): Promise<void> {
    const text = field.value.trim();
    try {
      const { songs } = await api.search(text === "" ? {} : { text }, MAX_RESULTS);
      if (text !== field.value.trim()) return;
      const rows = songs
        .filter((song) => `song-${song.id}` !== without)
        .map((song) => h("li", {}, songButton(song, choose)));
      list.replaceChildren(...(rows.length > 0 ? rows : [h("li", { class: "none" }, "No song is like that.")]));
    } catch (error) {
      list.replaceChildren(h("li", { class: "none" }, api.errorText(error)));
    }
  }
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void fill(), DEBOUNCE_MS);
  });
  void fill();
  return field;
}

function songButton(song: LibrarySong, choose: (token: string) => void): HTMLElement {
  const row = h(
    "button",
    { type: "button", class: "song-row" },
    h("span", { class: `swatch q-${song.quadrant}`, "aria-hidden": "true" }),
    h("span", { class: "title", dir: "auto" }, songName(song)),
    h("span", { class: "artist", dir: "auto" }, displayText(song.artist ?? "")),
    h("span", { class: "time" }, duration(song.duration_s)),
  );
  row.addEventListener("click", () => choose(`song-${song.id}`));
  return row;
}
