// A dialog to choose a song: from the library by typing, or a file.

import { button, h } from "../common/dom";
import { fileButton } from "../common/file_input";
import type { Health } from "../server/types";
import { searchField } from "./song_search";

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
