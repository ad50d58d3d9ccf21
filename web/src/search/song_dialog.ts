// A dialog that picks a song of the library or a file.

import { button, h } from "../common/dom";
import { fileButton } from "../common/file_input";
import type { Health } from "../server/types";
import { createSongSearch } from "./song_search";

/** Return a song's token, a file, or null if the dialog was canceled. */
export function pickSong(health: Health, heading: string, excluded: string): Promise<string | File | null> {
  return new Promise((resolve) => {
    const file = fileButton("Choose a file", (picked) => close(picked));
    const dialog = h(
      "dialog",
      { class: "dialog", "aria-label": heading },
      h("h2", {}, heading),
      ...(health.library ? createSongSearch(health, excluded, (token) => close(token)) : []),
      h(
        "div",
        { class: "row" },
        file,
        button("Cancel", () => close(null)),
      ),
    );
    function close(picked: string | File | null): void {
      dialog.close();
      dialog.remove();
      resolve(picked);
    }
    dialog.addEventListener("cancel", () => close(null));
    document.body.append(dialog);
    dialog.showModal();
  });
}
