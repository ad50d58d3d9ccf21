// The card that summarizes a song.

import { h } from "../common/dom";
import { clock, signed } from "../common/format";
import type { Curve, SongSummary } from "../curve/curve";
import { QUADRANTS } from "../curve/mood";
import { extremes, timeShares } from "../curve/statistics";
import { tagText } from "../curve/tags";
import { shareBars } from "./share_bars";

const AXES = ["arousal", "valence"] as const;

export function songCard(curve: Curve): HTMLElement {
  return h(
    "section",
    { class: "card summary-card", "aria-label": "Summary of the song" },
    h("h2", {}, "Summary"),
    summary(curve),
    ...probabilities(curve.song),
    h("h3", {}, "Time in each quadrant"),
    shareBars(QUADRANTS.map((name, i) => [name, timeShares(curve)[i]!])),
    ...rating(curve.song),
    ...tags(curve),
  );
}

function summary(curve: Curve): HTMLElement {
  const head = ["mean", "lowest", "highest"].map((name) => h("th", { scope: "col" }, name));
  const rows = AXES.map((axis) => {
    const { mean, low, lowAt, high, highAt } = extremes(curve, axis);
    const [from, to] = [curve.song?.[`${axis}_low`], curve.song?.[`${axis}_high`]];
    const interval =
      from === undefined || to === undefined
        ? []
        : [" ", h("span", { class: "at" }, `${signed(from)} to ${signed(to)}`)];
    const extremeCell = (value: number, t: number): HTMLElement =>
      h("td", {}, signed(value), " ", h("span", { class: "at" }, `at ${clock(t)}`));
    return h(
      "tr",
      {},
      h("th", { scope: "row", class: axis }, axis),
      h("td", {}, signed(mean), ...interval),
      extremeCell(low, lowAt),
      extremeCell(high, highAt),
    );
  });
  return h("table", { class: "summary" }, h("thead", {}, h("tr", {}, h("td"), ...head)), h("tbody", {}, ...rows));
}

function probabilities(song: SongSummary | undefined): HTMLElement[] {
  const found = song?.probabilities;
  if (found === undefined) return [];
  const rows = QUADRANTS.filter((name) => name in found).map((name): [string, number] => [name, found[name]!]);
  return [h("h3", {}, "Probability of each quadrant"), shareBars(rows)];
}

function rating(song: SongSummary | undefined): HTMLElement[] {
  const values = song?.rating;
  if (values === undefined || values.arousal_9 === undefined) return [];
  const ratings = AXES.map((axis) => {
    const [at, low, high] = [`${axis}_9`, `${axis}_9_low`, `${axis}_9_high`].map((key) =>
      (values[key] ?? 0).toFixed(1),
    );
    return `${axis} ${at} (${low} to ${high})`;
  });
  return [
    h("h3", {}, "Expected overall rating, from 1 to 9"),
    h("p", {}, `${ratings.join(", ")}; 90 % intervals in parentheses`),
  ];
}

function tags(curve: Curve): HTMLElement[] {
  if (curve.tags === undefined) return [];
  return [
    h("h3", {}, "Likely Last.fm tags"),
    h("p", { class: "tags" }, tagText(curve.tags)),
    h(
      "p",
      { class: "note" },
      "What a pretrained network expects listeners to call it, from 0 to 1, among fifty tags of its own. Not facts.",
    ),
  ];
}
