// Files that the last scan could not use, with the reasons.

import * as api from "../server/api";
import { h } from "../common/dom";
import { counted, shown } from "../common/format";

const REGION = { class: "problem-table", tabindex: 0, role: "region", "aria-label": "Problems" };

export function createProblems(): { element: HTMLElement; load(): Promise<void> } {
  const element = h("details", { class: "problems", hidden: true });
  return {
    element,
    async load() {
      const { problems } = await api.problems().catch(() => ({ problems: [] }));
      element.hidden = problems.length === 0;
      const rows = problems.map(({ file, reason }) =>
        h("tr", {}, h("td", { dir: "auto" }, shown(file)), h("td", {}, shown(reason))),
      );
      const head = h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "file"), h("th", { scope: "col" }, "reason")));
      element.replaceChildren(
        h("summary", {}, `${counted(problems.length, "file")} of the last scan could not be used`),
        h("div", REGION, h("table", {}, head, h("tbody", {}, ...rows))),
      );
    },
  };
}
