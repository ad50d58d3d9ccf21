// How far the analysis is: a bar for the eyes, and for ears a sentence at each quarter.

import { button, h, write } from "../common/dom";
import { percent } from "../common/format";

const SPOKEN = 0.25;

export interface Progress {
  element: HTMLElement;
  /** A share of null: the file is on its way; a name of null: the same as before. */
  show(name: string | null, share: number | null): void;
  hide(): void;
}

export function createProgress(cancel: () => void): Progress {
  const bar = h("progress", { max: 1, "aria-label": "Analysis" });
  const text = h("span", { class: "share-text", "aria-hidden": "true" });
  const spoken = h("p", { class: "unseen", role: "status" });
  const row = h("div", { class: "progress", hidden: true }, text, bar, button("Cancel", cancel));
  const element = h("div", {}, row, spoken);
  let name = "";
  let last = -1;

  return {
    element,
    show(next, share) {
      name = next ?? name;
      row.hidden = false;
      if (share === null) bar.removeAttribute("value");
      else bar.value = share;
      write(text, share === null ? "Sending …" : `Listening … ${percent(share)}`);
      const quarter = share === null ? -1 : Math.floor(share / SPOKEN);
      if (quarter === last && spoken.textContent !== "") return;
      last = quarter;
      write(spoken, share === null ? `Sending ${name}` : `Listening to ${name}: ${percent(share)}`);
    },
    hide() {
      if (!row.hidden) write(spoken, `${name} is analysed`);
      row.hidden = true;
      last = -1;
    },
  };
}
