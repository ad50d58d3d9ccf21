// Files that the last scan could not analyze, with the reasons.

import * as api from "../server/api";
import { h } from "../common/dom";
import { pluralize, displayText } from "../common/format";

const ATTRIBUTES = { class: "problem-table", tabindex: 0, role: "region", "aria-label": "Scan problems" };

export function createProblems(): { element: HTMLElement; load(): Promise<void> } {
  const element = h("details", { class: "problems", hidden: true });
  return {
    element,
    async load() {
      const { problems } = await api.problems().catch(() => ({ problems: [] }));
      element.hidden = problems.length === 0;
      const rows = problems.map(({ file, reason }) =>
        h("tr", {}, h("td", { dir: "auto" }, displayText(file)), h("td", {}, displayText(reason))),
      );
      const head = h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "file"), h("th", { scope: "col" }, "reason")));
      element.replaceChildren(
        h("summary", {}, `${pluralize(problems.length, "file")} could not be analyzed in the last scan`),
        h("div", ATTRIBUTES, h("table", {}, head, h("tbody", {}, ...rows))),
      );
    },
  };
}
