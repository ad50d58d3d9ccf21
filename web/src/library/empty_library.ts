// Instructions shown while the library is empty.

import { h } from "../common/dom";

export function emptyLibrary(): HTMLElement {
  return h(
    "p",
    { class: "empty" },
    "No songs yet. Run ",
    h("code", {}, "moodcurve scan FOLDER"),
    " to analyze a folder of music.",
  );
}
