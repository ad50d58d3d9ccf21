// The logo and the name.

import { h, svg } from "./dom";

const LINES = ["M3 21C9 4 14 8 17 15s7 9 12-8", "M3 12c6-6 10 14 15 13s6-9 11-9"];

export function logo(): Node[] {
  const lines = LINES.map((d, i) => svg("path", { class: i === 0 ? "arousal" : "valence", d }));
  return [svg("svg", { viewBox: "0 0 32 32", "aria-hidden": "true" }, ...lines), h("span", {}, "moodcurve")];
}
