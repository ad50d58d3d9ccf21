// Files that the last scan could not analyze, with the reasons; a page at a time.

import * as api from "../server/api";
import { button, h } from "../common/dom";
import { pluralize, displayText } from "../common/format";

const ATTRIBUTES = { class: "problem-table", tabindex: 0, role: "region", "aria-label": "Scan problems" };

export function createProblems(): { element: HTMLElement; load(): Promise<void> } {
  const summary = h("summary");
  const rows = h("tbody");
  const more = button("Show more", () => void loadPage(), { hidden: true });
  const head = h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "file"), h("th", { scope: "col" }, "reason")));
  const table = h("div", ATTRIBUTES, h("table", {}, head, rows), more);
  const element = h("details", { class: "problems", hidden: true }, summary, table);

  async function loadPage(): Promise<void> {
    const { total, problems } = await api.problems(rows.childElementCount).catch(() => ({ total: 0, problems: [] }));
    rows.append(
      ...problems.map(({ file, reason }) =>
        h("tr", {}, h("td", { dir: "auto" }, displayText(file)), h("td", {}, displayText(reason))),
      ),
    );
    element.hidden = rows.childElementCount === 0;
    if (total > 0) summary.textContent = `${pluralize(total, "file")} could not be analyzed in the last scan`;
    more.hidden = problems.length === 0 || rows.childElementCount >= total;
  }

  return {
    element,
    async load() {
      rows.replaceChildren();
      await loadPage();
    },
  };
}
