// What songs are asked for: as `moodcurve search` asks, in the same words.

import type { Filters } from "../server/api";
import { button, h } from "../common/dom";
import { QUADRANTS, WORDS } from "../curve/mood";

const WAIT_MS = 250;
const FIELDS: [string, string, string][] = [
  ["artist", "Artist", "part of it"],
  ["album", "Album", "part of it"],
  ["genre", "Genre", "jazz"],
  ["year", "Year", "1990:1999"],
  ["longer", "Longer than", "1:30"],
  ["shorter", "Shorter than", "6:00"],
  ["arousal", "Arousal", "0.2:0.6"],
  ["valence", "Valence", "-1:0"],
];

export class FilterForm {
  readonly element: HTMLElement;
  readonly search = h("input", SEARCH);
  private readonly fields = FIELDS.map(([key, , example]) =>
    h("input", { type: "text", id: `f-${key}`, name: key, placeholder: example, autocomplete: "off" }),
  );
  private readonly words = h("select", { id: "f-words" }, h("option", { value: "" }, "any"), ...wordOptions());
  private readonly chips = QUADRANTS.map((name) => this.chip(name));
  private timer = 0;

  /** `changed` is told what is asked for: at once where a button changed it, a moment after the last letter. */
  constructor(private readonly changed: (filters: Filters) => void) {
    const more = h("details", {}, h("summary", {}, "More filters"), this.fieldset(), this.clearButton());
    const chips = h("div", { class: "chips", role: "group", "aria-label": "Quadrants" }, ...this.chips);
    this.element = h("div", { class: "filters", role: "search" }, this.search, chips, more);
    this.element.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.changed(this.asked()), WAIT_MS);
    });
  }

  /** What is asked for, by the names that the server knows; fields left empty ask for nothing. */
  asked(): Filters {
    const chosen = this.chips.filter((chip) => chip.getAttribute("aria-pressed") === "true");
    const all: [string, string][] = [
      ["text", this.search.value],
      ...this.fields.map((field): [string, string] => [field.name, field.value]),
      ["words", this.words.value],
      ["quadrant", chosen.map((chip) => chip.value).join(",")],
    ];
    return Object.fromEntries(all.flatMap(([key, value]) => (value.trim() === "" ? [] : [[key, value.trim()]])));
  }

  private chip(name: string): HTMLButtonElement {
    const press = (): void => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      this.changed(this.asked());
    };
    const chip = button("", press, { class: "chip", "aria-pressed": "false", value: name });
    chip.append(h("i", { class: `swatch q-${name}`, "aria-hidden": "true" }), name);
    return chip;
  }

  private fieldset(): HTMLElement {
    const labelled = FIELDS.map(([key, name], i) => labelledField(`f-${key}`, name, this.fields[i]!));
    return h("div", { class: "fields" }, ...labelled, labelledField("f-words", "Mood word", this.words));
  }

  private clearButton(): HTMLElement {
    return button("Clear all filters", () => {
      for (const field of [this.search, ...this.fields]) field.value = "";
      this.words.value = "";
      for (const chip of this.chips) chip.setAttribute("aria-pressed", "false");
      this.changed({});
    });
  }
}

const SEARCH = {
  type: "search",
  placeholder: "Search title, artist, album …",
  "aria-label": "Search the library",
  "aria-keyshortcuts": "/",
  autocomplete: "off",
};

function labelledField(id: string, name: string, field: HTMLElement): HTMLElement {
  return h("div", { class: "field" }, h("label", { for: id }, name), field);
}

function wordOptions(): HTMLElement[] {
  return [...WORDS].sort().map((word) => h("option", {}, word));
}
