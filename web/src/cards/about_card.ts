// The card that explains the curve.

import { h } from "../common/dom";
import { displayText } from "../common/format";
import type { Curve } from "../curve/curve";
import { lengthS } from "../curve/sampling";
import { smoothingWindowS } from "../curve/trajectory";
import { curveTable } from "./curve_table";

export function aboutCard(curve: Curve): HTMLElement {
  const bands =
    curve.arousal_low === undefined
      ? ""
      : "The pale bands are 90 % intervals: over many songs, listeners’ mean rating lies inside in nine of ten cases. ";
  return h(
    "section",
    { class: "card about", "aria-label": "About the curve" },
    h("h2", {}, "About this curve"),
    h(
      "p",
      {},
      h("b", { class: "arousal" }, "Arousal"),
      " is how energetic the music feels, ",
      h("b", { class: "valence" }, "valence"),
      " how positive. Both range from −1 to +1; 0 is neutral. Each point describes one second of music in its context. ",
      `The path on the circumplex and the mood words are smoothed over ${smoothingWindowS(lengthS(curve))} s. ${bands}`,
      "All values are a model’s estimate of the average listener’s rating, not a measurement.",
    ),
    h(
      "p",
      {},
      "Mood words and their angles are from Russell (1980), ",
      h("a", { href: "https://doi.org/10.1037/h0077714", rel: "noreferrer" }, "doi:10.1037/h0077714"),
      ", and are approximate.",
    ),
    h(
      "dl",
      { class: "provenance" },
      h("div", {}, h("dt", {}, "model"), h("dd", {}, displayText(curve.model))),
      h("div", {}, h("dt", {}, "features"), h("dd", {}, displayText(curve.feature_set))),
    ),
    h("details", {}, h("summary", {}, "Curve as a table"), curveTable(curve)),
  );
}
