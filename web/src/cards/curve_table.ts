// A curve as a table, for readers who cannot see the chart.

import { h } from "../common/dom";
import { clock, signed } from "../common/format";
import type { Curve } from "../curve/curve";
import { describe } from "../curve/mood";
import { lengthS, downsample, timeTicks } from "../curve/sampling";

const TABLE_ROWS = 25;

/** A table of means over equal time spans. */
export function curveTable(curve: Curve): HTMLElement {
  const starts = timeTicks(lengthS(curve), TABLE_ROWS);
  const span = (starts[1] ?? Infinity) - (starts[0] ?? 0);
  const rows = starts.flatMap((start) => {
    const inside = curve.times_s.flatMap((t, i) => (t >= start && t < start + span ? [i] : []));
    if (inside.length === 0) return [];
    const mean = (values: number[]): number =>
      downsample(
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
