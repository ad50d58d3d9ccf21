// The card that summarizes a song.

import { h } from "../common/dom";
import { clock, signed } from "../common/format";
import type { CurveObject, SongFacts } from "../curve/curve";
import { QUADRANTS } from "../curve/mood";
import { extremes, timeShares } from "../curve/statistics";
import { shares } from "./share_bars";

const AXES = ["arousal", "valence"] as const;

export function songCard(curve: CurveObject): HTMLElement {
  return h(
    "section",
    { class: "card facts-card", "aria-label": "Summary of the song" },
    h("h2", {}, "The song"),
    summary(curve),
    ...chances(curve.song),
    h("h3", {}, "Time in each quadrant"),
    shares(QUADRANTS.map((name, i) => [name, timeShares(curve)[i]!])),
    ...rating(curve.song),
  );
}

function summary(curve: CurveObject): HTMLElement {
  const head = ["mean", "lowest", "highest"].map((name) => h("th", { scope: "col" }, name));
  const rows = AXES.map((axis) => {
    const { mean, low, lowAt, high, highAt } = extremes(curve.times_s, curve[axis]);
    const [from, to] = [curve.song?.[`${axis}_low`], curve.song?.[`${axis}_high`]];
    const ends =
      from === undefined || to === undefined
        ? []
        : [" ", h("span", { class: "at" }, `${signed(from)} to ${signed(to)}`)];
    const moment = (value: number, t: number): HTMLElement =>
      h("td", {}, signed(value), " ", h("span", { class: "at" }, `at ${clock(t)}`));
    return h(
      "tr",
      {},
      h("th", { scope: "row", class: axis }, axis),
      h("td", {}, signed(mean), ...ends),
      moment(low, lowAt),
      moment(high, highAt),
    );
  });
  return h("table", { class: "summary" }, h("thead", {}, h("tr", {}, h("td"), ...head)), h("tbody", {}, ...rows));
}

function chances(song: SongFacts | undefined): HTMLElement[] {
  const found = song?.probabilities;
  if (found === undefined) return [];
  const rows = QUADRANTS.filter((name) => name in found).map((name): [string, number] => [name, found[name]!]);
  return [h("h3", {}, "How likely the song belongs to each quadrant"), shares(rows)];
}

function rating(song: SongFacts | undefined): HTMLElement[] {
  const found = song?.rating;
  if (found === undefined || found.arousal_9 === undefined) return [];
  const words = AXES.map((axis) => {
    const [at, low, high] = [`${axis}_9`, `${axis}_9_low`, `${axis}_9_high`].map((key) => (found[key] ?? 0).toFixed(1));
    return `${axis} ${at} (${low} to ${high})`;
  });
  return [
    h("h3", {}, "Expected rating as a whole, from 1 to 9"),
    h("p", {}, `${words.join(", ")}; in brackets the 90 % interval`),
  ];
}
