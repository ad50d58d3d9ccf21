// A dialog that lists the keyboard shortcuts.

import { button, h } from "../common/dom";

const SHORTCUTS: [string, [string, string][]][] = [
  [
    "Everywhere",
    [
      ["?", "show this help"],
      ["1 2 3 4", "open Song, Library, Playlist or Live"],
      ["o", "choose a file"],
      ["t", "switch between system, light and dark theme"],
    ],
  ],
  [
    "Song",
    [
      ["Space", "play or pause"],
      ["← →", "skip 5 s; with Shift, 1 s"],
      ["+ −", "zoom; 0 shows the whole song"],
      ["c", "compare with another song"],
      ["Home End", "on the chart: go to the start or end"],
      ["PageUp PageDown", "on the chart: skip a tenth of the song"],
    ],
  ],
  [
    "Library",
    [
      ["/", "search"],
      ["l", "start a lasso, then drag on the map; Esc clears it"],
      ["↑ ↓", "in the list: select a song"],
      ["Space Enter", "in the list: play, or open the song"],
      ["← ↑ → ↓ + − 0", "on the map: pan, zoom, show all"],
    ],
  ],
  [
    "Playlist",
    [
      ["Space", "play or pause"],
      ["n p", "next or previous song"],
    ],
  ],
  ["Live", [["Space", "start or stop"]]],
];

export function showHelp(): void {
  const groups = SHORTCUTS.map(([name, keys]) =>
    h(
      "section",
      {},
      h("h3", {}, name),
      h(
        "dl",
        { class: "keys" },
        ...keys.map(([key, action]) =>
          h("div", {}, h("dt", {}, ...key.split(" ").map((one) => h("kbd", {}, one))), h("dd", {}, action)),
        ),
      ),
    ),
  );
  const dialog = h(
    "dialog",
    { class: "dialog help", "aria-label": "Keyboard shortcuts" },
    h("h2", { tabindex: -1, autofocus: true }, "Keyboard shortcuts"), // or the dialog would scroll to its button
    ...groups,
    h(
      "div",
      { class: "row" },
      button("Close", () => dialog.close()),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
