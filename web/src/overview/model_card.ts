// The card of the overview that adapts the default model to the study's ratings.

import { h } from "../common/dom";
import type { ModelState } from "./types";

const ALL = "";

export class ModelCard {
  readonly element: HTMLElement;
  private readonly rater = h("select", { "aria-label": "Whose ratings" });
  private readonly name = h("input", {
    value: "mine",
    maxlength: 64,
    required: true,
    pattern: "[A-Za-z0-9][A-Za-z0-9_\\-]*",
    title: "letters, digits, - and _",
    "aria-label": "Name of the model",
  });
  private readonly start = h("button", { type: "submit", class: "primary" }, "Adapt the model");
  private readonly lines = h("div", { role: "status" });

  constructor(adapt: (rater: string | null, name: string) => Promise<void>) {
    const form = h("form", { class: "row" }, this.rater, this.name, this.start);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void adapt(this.rater.value === ALL ? null : this.rater.value, this.name.value);
    });
    const about =
      "From ten rated songs on, the default model can be adapted to these ratings. It is kept by its name only if it " +
      "is better on songs held out.";
    this.element = h("section", { class: "card" }, h("h2", {}, "Model"), h("p", {}, about), form, this.lines);
    this.showRaters([]);
  }

  show(model: ModelState, raters: string[]): void {
    this.start.disabled = model.state === "running";
    this.showRaters(raters);
    const text = model.lines.join("\n");
    if (this.lines.dataset["text"] === text) return; // so that a screen reader hears a line once
    this.lines.dataset["text"] = text;
    this.lines.replaceChildren(
      ...model.lines.map((line) => h("p", model.state === "failed" ? { class: "error" } : {}, line)),
    );
  }

  private showRaters(raters: string[]): void {
    const shown = [...this.rater.options].map((option) => option.value);
    if (shown.length > 0 && shown.join() === [ALL, ...raters].join()) return;
    const chosen = this.rater.value;
    this.rater.replaceChildren(
      h("option", { value: ALL }, "All raters"),
      ...raters.map((rater) => h("option", { value: rater }, rater)),
    );
    if (raters.includes(chosen)) this.rater.value = chosen;
  }
}
