// A dialog to choose a song: from the library by typing, or a file.

import * as api from "./api";
import { fileButton } from "./files";
import { button, h } from "./song/dom";
import { songName } from "./tracks";
import type { Health, LibrarySong } from "./types";
import { duration, shown } from "./song/words";

const ROWS = 30;
const WAIT_MS = 180;

/** Give a song's name in the address, a file, or null where nothing was chosen. */
export function pick(health: Health, heading: string, without: string): Promise<string | File | null> {
  return new Promise((resolve) => {
    const list = h("ul", { class: "songs", "aria-label": "Songs" });
    const file = fileButton("Choose a file", (chosen) => close(chosen));
    const dialog = h(
      "dialog",
      { class: "dialog", "aria-label": heading },
      h("h2", {}, heading),
      ...(health.library ? [searchField(health, list, without, (token) => close(token)), list] : []),
      h(
        "div",
        { class: "row" },
        file,
        button("Cancel", () => close(null)),
      ),
    );
    function close(chosen: string | File | null): void {
      dialog.close();
      dialog.remove();
      resolve(chosen);
    }
    dialog.addEventListener("cancel", () => close(null));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A field that fills a list with songs of the library, each a button; until they come, their room is kept. */
export function searchField(
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
  list.replaceChildren(...Array.from({ length: Math.min(known, ROWS) }, () => h("li", { class: "room" })));
  let timer = 0;
  async function fill(): Promise<void> {
    const text = field.value.trim();
    try {
      const { songs } = await api.search(text === "" ? {} : { text }, ROWS);
      if (text !== field.value.trim()) return;
      const rows = songs
        .filter((song) => `song-${song.id}` !== without)
        .map((song) => h("li", {}, songButton(song, choose)));
      list.replaceChildren(...(rows.length > 0 ? rows : [h("li", { class: "none" }, "No song is like that.")]));
    } catch (error) {
      list.replaceChildren(h("li", { class: "none" }, api.message(error)));
    }
  }
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void fill(), WAIT_MS);
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
    h("span", { class: "by", dir: "auto" }, shown(song.artist ?? "")),
    h("span", { class: "time" }, duration(song.duration_s)),
  );
  row.addEventListener("click", () => choose(`song-${song.id}`));
  return row;
}
