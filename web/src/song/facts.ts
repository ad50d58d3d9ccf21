// What a song is as a whole, in numbers and words: the cards below the player.

import { extremes, pathSpanS, lengthS, thinned, timeShares, timeTicks } from "./curve";
import { h, svg } from "./dom";
import { describe, QUADRANTS, quadrant } from "./mood";
import type { CurveObject, SongFacts } from "./curve_object";
import { clock, duration, percent, shown, signed } from "./words";

const TABLE_ROWS = 25;
const AXES = ["arousal", "valence"] as const;

/** The song in a line: its mood, its quadrant, its length, and what else is known of it. */
export function headline(curve: CurveObject, known: string[]): Node[] {
  const at = means(curve);
  const where = QUADRANTS[quadrant(at)]!;
  const texts = [...(where === "neutral" ? [] : [where]), duration(curve.duration_s), ...known];
  return [h("strong", {}, describe(at)), ...texts.map((text) => h("span", { dir: "auto" }, text))];
}

export function warningList({ warnings = [] }: CurveObject): Node[] {
  return warnings.length === 0 ? [] : [h("ul", {}, ...warnings.map((warning) => h("li", {}, shown(warning))))];
}

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

export function aboutCard(curve: CurveObject): HTMLElement {
  const bands =
    curve.arousal_low === undefined
      ? ""
      : "The pale bands are 90 % intervals: the model expects nine of ten ratings to lie inside. ";
  return h(
    "section",
    { class: "card about", "aria-label": "About the curve" },
    h("h2", {}, "How to read it"),
    h(
      "p",
      {},
      h("b", { class: "arousal" }, "Arousal"),
      " is how energetic the music feels, ",
      h("b", { class: "valence" }, "valence"),
      " how positive, both from −1 to +1 with 0 in the neutral middle. Each point stands for the second that begins there, heard among what surrounds it. ",
      `The path on the circumplex and the words are a mean over ${pathSpanS(lengthS(curve))} s. ${bands}`,
      "They are a model’s estimate of what listeners on average would say, not a measurement.",
    ),
    h(
      "p",
      {},
      "The words and their places are those of Russell (1980), ",
      h("a", { href: "https://doi.org/10.1037/h0077714", rel: "noreferrer" }, "doi:10.1037/h0077714"),
      ", and approximate.",
    ),
    h(
      "dl",
      { class: "made" },
      h("div", {}, h("dt", {}, "model"), h("dd", {}, shown(curve.model))),
      h("div", {}, h("dt", {}, "features"), h("dd", {}, shown(curve.feature_set))),
    ),
    h("details", {}, h("summary", {}, "The course as a table"), table(curve)),
  );
}

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

function means(curve: CurveObject): { arousal: number; valence: number } {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { arousal: mean(curve.arousal), valence: mean(curve.valence) };
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

function shares(rows: [string, number][]): HTMLElement {
  const items = rows.map(([name, share]) =>
    h(
      "li",
      {},
      h("span", {}, name),
      h("span", {}, percent(share)),
      svg(
        "svg",
        { "aria-hidden": "true" },
        svg("rect", { class: "rail", width: "100%", height: "100%" }),
        svg("rect", { class: "share", width: `${(100 * share).toFixed(1)}%`, height: "100%" }),
      ),
    ),
  );
  return h("ul", { class: "shares" }, ...items);
}

/** Means over equal spans of time: the drawing for those who cannot see it. */
function table(curve: CurveObject): HTMLElement {
  const starts = timeTicks(lengthS(curve), TABLE_ROWS);
  const span = (starts[1] ?? Infinity) - (starts[0] ?? 0);
  const rows = starts.flatMap((start) => {
    const inside = curve.times_s.flatMap((t, i) => (t >= start && t < start + span ? [i] : []));
    if (inside.length === 0) return [];
    const mean = (values: number[]): number =>
      thinned(
        inside.map((i) => values[i]!),
        inside.length,
      )[0]!;
    const [arousal, valence] = [mean(curve.arousal), mean(curve.valence)];
    const cells = [signed(arousal), signed(valence), describe({ arousal, valence })];
    return [h("tr", {}, h("th", { scope: "row" }, clock(start)), ...cells.map((cell) => h("td", {}, cell)))];
  });
  const head = ["from", "arousal", "valence", "mood"].map((name) => h("th", { scope: "col" }, name));
  return h("table", { class: "values-table" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows));
}
