// What the page shows while there is no library yet.

import { h } from "../common/dom";

/** What helps where there is no library yet. */
export function noLibrary(): HTMLElement {
  return h(
    "p",
    { class: "empty" },
    "There are no songs yet. ",
    h("code", {}, "moodcurve scan FOLDER"),
    " analyses a folder of music; then ",
    h("code", {}, "moodcurve serve"),
    " shows all of it here.",
  );
}
