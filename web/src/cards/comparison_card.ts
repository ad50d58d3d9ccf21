// The card that compares two songs.

import { h } from "../common/dom";
import { duration, percent, signed } from "../common/format";
import type { CurveObject } from "../curve/curve";
import { describe, QUADRANTS } from "../curve/mood";
import { means, timeShares } from "../curve/statistics";

/** What two songs differ in, side by side. */
export function compareCard(names: string[], curves: CurveObject[]): HTMLElement {
  const cells = (row: (curve: CurveObject) => string): HTMLElement[] => curves.map((curve) => h("td", {}, row(curve)));
  const rows: [string, (curve: CurveObject) => string][] = [
    ["mood", (curve) => describe(means(curve))],
    ["arousal", (curve) => signed(means(curve).arousal)],
    ["valence", (curve) => signed(means(curve).valence)],
    ["length", (curve) => duration(curve.duration_s)],
    ...QUADRANTS.slice(0, 4).map((name, i): [string, (curve: CurveObject) => string] => [
      `likely ${name}`,
      (curve) =>
        curve.song?.probabilities === undefined
          ? percent(timeShares(curve)[i]!)
          : percent(curve.song.probabilities[name] ?? 0),
    ]),
  ];
  return h(
    "section",
    { class: "card facts-card", "aria-label": "Both songs" },
    h("h2", {}, "Side by side"),
    h(
      "table",
      { class: "summary both" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("td"),
          ...names.map((name) =>
            h("th", { scope: "col" }, h("span", { class: "clamped", dir: "auto", title: name }, name)),
          ),
        ),
      ),
      h("tbody", {}, ...rows.map(([name, row]) => h("tr", {}, h("th", { scope: "row" }, name), ...cells(row)))),
    ),
  );
}
