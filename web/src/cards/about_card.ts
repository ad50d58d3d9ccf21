// The card that explains the curve.

import { h } from "../common/dom";
import { shown } from "../common/format";
import type { CurveObject } from "../curve/curve";
import { lengthS } from "../curve/sampling";
import { pathSpanS } from "../curve/trajectory";
import { table } from "./curve_table";

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
