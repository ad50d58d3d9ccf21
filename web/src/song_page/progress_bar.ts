// The progress of an upload and analysis; screen readers announce each quarter.

import { button, h, setText } from "../common/dom";
import { percent } from "../common/format";

const ANNOUNCED_STEP = 0.25;

export interface ProgressBar {
  element: HTMLElement;
  /** Show progress; a `fraction` of null is an upload, a `name` of null keeps the previous one. */
  show(name: string | null, fraction: number | null): void;
  hide(success: boolean): void;
}

export function createProgressBar(cancel: () => void): ProgressBar {
  const bar = h("progress", { max: 1, "aria-label": "Analysis" });
  const text = h("span", { class: "progress-text", "aria-hidden": "true" });
  const announcement = h("p", { class: "visually-hidden", role: "status" });
  const row = h("div", { class: "progress", hidden: true }, text, bar, button("Cancel", cancel));
  const element = h("div", {}, row, announcement);
  let name = "";
  let lastQuarter = -1;

  return {
    element,
    show(next, fraction) {
      name = next ?? name;
      row.hidden = false;
      if (fraction === null) bar.removeAttribute("value");
      else bar.value = fraction;
      setText(text, fraction === null ? "Uploading…" : `Analyzing… ${percent(fraction)}`);
      const quarter = fraction === null ? -1 : Math.floor(fraction / ANNOUNCED_STEP);
      if (quarter === lastQuarter && announcement.textContent !== "") return;
      lastQuarter = quarter;
      setText(announcement, fraction === null ? `Uploading ${name}` : `Analyzing ${name}: ${percent(fraction)}`);
    },
    hide(success) {
      if (!row.hidden) setText(announcement, success ? `Analysis of ${name} finished` : "");
      row.hidden = true;
      lastQuarter = -1;
    },
  };
}
