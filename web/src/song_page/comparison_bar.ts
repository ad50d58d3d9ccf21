// The row above two songs: which is which, which is heard, and what can be done with them.

import { button, h } from "../common/dom";
import type { Track } from "./loaded_song";

export interface CompareTold {
  hear(track: Track): void;
  swap(): void;
  alone(): void;
}

export function compareRow(first: Track, second: Track, told: CompareTold): Node[] {
  const ears = [first, second].map((track, i) => {
    const ear = button(i === 0 ? "Hear the first" : "Hear the second", () => {
      told.hear(track);
      ears.forEach((other) => other.setAttribute("aria-pressed", String(other === ear)));
    });
    ear.setAttribute("aria-pressed", String(i === 0));
    return ear;
  });
  return [
    h("span", { class: "key solid", dir: "auto" }, first.name),
    h("span", { class: "key dashed", dir: "auto" }, second.name),
    h("span", { class: "spring" }),
    h("span", { class: "ears", role: "group", "aria-label": "Which song is heard" }, ...ears),
    button("Swap", told.swap),
    button("Only the first", told.alone),
  ];
}
