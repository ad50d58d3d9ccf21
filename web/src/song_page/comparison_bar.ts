// The bar above two compared songs: which line is which, which song plays, and actions.

import { button, h } from "../common/dom";
import type { LoadedSong } from "./loaded_song";

export interface ComparisonHandlers {
  listen(song: LoadedSong): void;
  swap(): void;
  removeSecond(): void;
}

export function comparisonBar(first: LoadedSong, second: LoadedSong, handlers: ComparisonHandlers): Node[] {
  const playButtons = [first, second].map((song, i) => {
    const playButton = button(i === 0 ? "Listen to first" : "Listen to second", () => {
      handlers.listen(song);
      playButtons.forEach((other) => other.setAttribute("aria-pressed", String(other === playButton)));
    });
    playButton.setAttribute("aria-pressed", String(i === 0));
    return playButton;
  });
  return [
    h("span", { class: "line-key solid", dir: "auto" }, first.name),
    h("span", { class: "line-key dashed", dir: "auto" }, second.name),
    h("span", { class: "spacer" }),
    h("span", { class: "play-buttons", role: "group", "aria-label": "Song to listen to" }, ...playButtons),
    button("Swap", handlers.swap),
    button("Remove second", handlers.removeSecond),
  ];
}
