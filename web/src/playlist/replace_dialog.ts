// A dialog that picks a song to take the place of another.

import { button, h, setText } from "../common/dom";
import { songName } from "../common/format";
import { tagNames } from "../curve/tags";
import { songRow } from "../search/song_row";
import * as api from "../server/api";
import type { LibrarySong } from "../server/types";

/** Return the id of the chosen song, or null. `load` fetches the songs to choose from, the best first. */
export function pickReplacement(name: string, load: () => Promise<{ songs: LibrarySong[] }>): Promise<number | null> {
  return new Promise((resolve) => {
    const message = h("p", { class: "no-results", role: "status" }, "Looking for songs…");
    const list = h("ul", { class: "songs", "aria-label": "Songs that fit" });
    const heading = h("h2", { tabindex: -1, autofocus: true }, "Replace ", h("bdi", {}, name));
    const dialog = h(
      "dialog",
      { class: "dialog", "aria-label": `Replace ${name}` },
      heading,
      list,
      message,
      h(
        "div",
        { class: "row" },
        button("Cancel", () => close(null)),
      ),
    );
    function close(picked: number | null): void {
      dialog.close();
      dialog.remove();
      resolve(picked);
    }
    dialog.addEventListener("cancel", () => close(null));
    document.body.append(dialog);
    dialog.showModal();
    load()
      .then(({ songs }) => {
        list.replaceChildren(...songs.map((song) => option(song, () => close(song.id))));
        setText(message, songs.length === 0 ? "No other song fits between its neighbors." : "");
      })
      .catch((error: unknown) => setText(message, api.errorText(error)));
  });
}

function option(song: LibrarySong, onPick: () => void): HTMLElement {
  const pick = h(
    "button",
    { type: "button", class: "song-row" },
    ...songRow({ ...song, name: songName(song), tags: tagNames(song.tags) }),
  );
  pick.addEventListener("click", onPick);
  return h("li", {}, pick);
}
