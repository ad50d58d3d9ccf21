// The legend, whose entries show and hide layers of the chart.

import { h } from "../common/dom";

export interface Layers {
  arousal: boolean;
  valence: boolean;
  bands: boolean;
}

export const ALL_LAYERS: Layers = { arousal: true, valence: true, bands: true };
const NAMES = { arousal: "arousal", valence: "valence", bands: "90 % intervals" };

export function createLegend(onChange: (layers: Layers) => void): HTMLElement {
  const layers = { ...ALL_LAYERS };
  const legend = h("div", { class: "legend", role: "group", "aria-label": "Show in the chart" });
  for (const layer of ["arousal", "valence", "bands"] as const) {
    const button = h("button", { type: "button", class: `layer ${layer}`, "aria-pressed": "true" }, NAMES[layer]);
    button.addEventListener("click", () => {
      layers[layer] = !layers[layer];
      button.setAttribute("aria-pressed", String(layers[layer]));
      onChange({ ...layers });
    });
    legend.append(button);
  }
  return legend;
}
