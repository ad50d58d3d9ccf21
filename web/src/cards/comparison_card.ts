// The card that compares two songs.

import { h } from "../common/dom";
import { duration, percent, signed } from "../common/format";
import type { Curve } from "../curve/curve";
import { describe, QUADRANTS } from "../curve/mood";
import { means, timeShares } from "../curve/statistics";
import { tagText } from "../curve/tags";

const TAG_ROW: [string, (curve: Curve) => string] = [
  "likely Last.fm tags",
  (curve) => (curve.tags === undefined ? "unknown" : tagText(curve.tags)),
];

/** A table that compares two songs. */
export function comparisonCard(names: string[], curves: Curve[]): HTMLElement {
  const probable = curves.every((curve) => curve.song?.probabilities !== undefined);
  const cells = (row: (curve: Curve) => string): HTMLElement[] => curves.map((curve) => h("td", {}, row(curve)));
  const rows: [string, (curve: Curve) => string][] = [
    ["mood", (curve) => describe(means(curve))],
    ["arousal", (curve) => signed(means(curve).arousal)],
    ["valence", (curve) => signed(means(curve).valence)],
    ["duration", (curve) => duration(curve.duration_s)],
    ...QUADRANTS.slice(0, 4).map((name, i): [string, (curve: Curve) => string] => [
      `${name} (${probable ? "probability" : "time"})`,
      (curve) => percent(probable ? (curve.song?.probabilities?.[name] ?? 0) : timeShares(curve)[i]!),
    ]),
    ...(curves.some((curve) => curve.tags !== undefined) ? [TAG_ROW] : []),
  ];
  return h(
    "section",
    { class: "card summary-card", "aria-label": "Comparison of both songs" },
    h("h2", {}, "Comparison"),
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
