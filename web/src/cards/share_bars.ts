// A list of percentages with bars.

import { h, svg } from "../common/dom";
import { percent } from "../common/format";

export function shareBars(rows: [string, number][]): HTMLElement {
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
