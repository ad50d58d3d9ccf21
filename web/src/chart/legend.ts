// The names of what is drawn, which are switches for it.

import { h } from "../common/dom";

export interface Shown {
  arousal: boolean;
  valence: boolean;
  bands: boolean;
}

export const ALL_SHOWN: Shown = { arousal: true, valence: true, bands: true };
const NAMES = { arousal: "arousal", valence: "valence", bands: "90 % intervals" };

export function createLegend(change: (shown: Shown) => void): HTMLElement {
  const shown = { ...ALL_SHOWN };
  const home = h("div", { class: "legend", role: "group", "aria-label": "Shown" });
  for (const layer of ["arousal", "valence", "bands"] as const) {
    const button = h("button", { type: "button", class: `layer ${layer}`, "aria-pressed": "true" }, NAMES[layer]);
    button.addEventListener("click", () => {
      shown[layer] = !shown[layer];
      button.setAttribute("aria-pressed", String(shown[layer]));
      change({ ...shown });
    });
    home.append(button);
  }
  return home;
}
