// The keys, in a dialog.

import { button, h } from "../common/dom";

const KEYS: [string, [string, string][]][] = [
  [
    "Everywhere",
    [
      ["?", "this help"],
      ["1 2", "Song, Library"],
      ["o", "choose a file"],
      ["t", "light, dark, or as the system"],
    ],
  ],
  [
    "Song",
    [
      ["Space", "play, pause"],
      ["← →", "5 s back, on; with Shift 1 s"],
      ["+ −", "zoom; 0 for the whole song"],
      ["c", "compare with another song"],
      ["Home End", "on the chart: its start, its end"],
      ["Page↑ Page↓", "on the chart: a tenth back, on"],
    ],
  ],
  [
    "Library",
    [
      ["/", "search"],
      ["l", "lasso: then drag on the map; Esc clears it"],
      ["↑ ↓", "in the list: choose a song"],
      ["Space Enter", "in the list: play, open"],
      ["← ↑ → ↓ + − 0", "on the map: move, zoom, whole map"],
    ],
  ],
];

export function showHelp(): void {
  const groups = KEYS.map(([name, keys]) =>
    h(
      "section",
      {},
      h("h3", {}, name),
      h(
        "dl",
        { class: "keys" },
        ...keys.map(([key, does]) =>
          h("div", {}, h("dt", {}, ...key.split(" ").map((one) => h("kbd", {}, one))), h("dd", {}, does)),
        ),
      ),
    ),
  );
  const dialog = h(
    "dialog",
    { class: "dialog help", "aria-label": "Keys" },
    h("h2", { tabindex: -1, autofocus: true }, "Keys"), // else the button at the end is scrolled to
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
