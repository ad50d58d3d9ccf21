// The filters of the library, the same as those of `moodcurve search`.

import type { Filters } from "../server/api";
import { drawPad } from "./draw_pad";
import { button, h } from "../common/dom";
import { QUADRANTS, WORDS } from "../curve/mood";
import { TAGS } from "../curve/tags";

const DEBOUNCE_MS = 250;
const FIELDS: [string, string, string][] = [
  ["artist", "Artist", "any part"],
  ["album", "Album", "any part"],
  ["genre", "Genre", "jazz"],
  ["year", "Year", "1990:1999"],
  ["longer", "Longer than", "1:30"],
  ["shorter", "Shorter than", "6:00"],
  ["arousal", "Arousal", "0.2:0.6"],
  ["valence", "Valence", "-1:0"],
  ["starts", "Starts", "calm"],
  ["ends", "Ends", "excited"],
  ["rise", "Rises by", "0.3:"],
  ["peak_at", "Peak at (0 to 1)", "0.6:0.9"],
  ["tempo", "Tempo (BPM)", "118:126"],
  ["key", "Key or Camelot code", "Am,8B"],
  ["loudness", "Loudness (LUFS)", "-14:-8"],
  ["danceability", "Danceability (0 to 1)", "0.6:"],
  ["arousal_drawing", "Course of arousal", "0:-0.5,1:0.8"],
  ["valence_drawing", "Course of valence", "0:0,1:0.5"],
];

export class FilterForm {
  readonly element: HTMLElement;
  readonly search = h("input", SEARCH);
  private readonly fields = FIELDS.map(([key, , example]) =>
    h("input", { type: "text", id: `f-${key}`, name: key, placeholder: example, autocomplete: "off" }),
  );
  private readonly words = h("select", { id: "f-words" }, h("option", { value: "" }, "any"), ...options(WORDS));
  private readonly tags = h("select", { id: "f-tag" }, h("option", { value: "" }, "any"), ...options(TAGS));
  private readonly tagField = labeledField("f-tag", "Likely Last.fm tag", this.tags);
  private readonly chips = QUADRANTS.map((name) => this.chip(name));
  private timer = 0;

  /** `onChange` receives the filters: at once after a click, with a short delay after typing. */
  constructor(private readonly onChange: (filters: Filters) => void) {
    const more = h("details", {}, h("summary", {}, "More filters"), this.fieldset(), this.clearButton());
    const chips = h("div", { class: "chips", role: "group", "aria-label": "Quadrants" }, ...this.chips);
    this.element = h("div", { class: "filters", role: "search" }, this.search, chips, more);
    this.element.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.onChange(this.values()), DEBOUNCE_MS);
    });
  }

  /** The filters by the server's names; empty fields are left out. */
  values(): Filters {
    const pressed = this.chips.filter((chip) => chip.getAttribute("aria-pressed") === "true");
    const entries: [string, string][] = [
      ["text", this.search.value],
      ...this.fields.map((field): [string, string] => [field.name, field.value]),
      ["words", this.words.value],
      ["tag", this.tags.value],
      ["quadrant", pressed.map((chip) => chip.value).join(",")],
    ];
    return Object.fromEntries(entries.flatMap(([key, value]) => (value.trim() === "" ? [] : [[key, value.trim()]])));
  }

  /** Show the filter of tags: the library has some. */
  showTags(): void {
    this.tagField.hidden = false;
  }

  private chip(name: string): HTMLButtonElement {
    const toggle = (): void => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      this.onChange(this.values());
    };
    const chip = button("", toggle, { class: "chip", "aria-pressed": "false", value: name });
    chip.append(h("i", { class: `swatch q-${name}`, "aria-hidden": "true" }), name);
    return chip;
  }

  private fieldset(): HTMLElement {
    const labeled = FIELDS.map(([key, name], i) => labeledField(`f-${key}`, name, this.fields[i]!));
    this.tagField.hidden = true;
    const words = labeledField("f-words", "Mood word", this.words);
    const pad = drawPad({ arousal: this.field("arousal_drawing"), valence: this.field("valence_drawing") });
    return h("div", {}, h("div", { class: "fields" }, ...labeled, words, this.tagField), pad);
  }

  private field(name: string): HTMLInputElement {
    return this.fields.find((field) => field.name === name)!;
  }

  private clearButton(): HTMLElement {
    return button("Clear all filters", () => {
      for (const field of [this.search, ...this.fields]) {
        field.value = "";
        field.dispatchEvent(new Event("input")); // it does not bubble: the pad alone hears it
      }
      this.words.value = this.tags.value = "";
      for (const chip of this.chips) chip.setAttribute("aria-pressed", "false");
      this.onChange({});
    });
  }
}

const SEARCH = {
  type: "search",
  placeholder: "Search title, artist, album…",
  "aria-label": "Search the library",
  "aria-keyshortcuts": "/",
  autocomplete: "off",
};

function labeledField(id: string, name: string, field: HTMLElement): HTMLElement {
  return h("div", { class: "field" }, h("label", { for: id }, name), field);
}

function options(names: string[]): HTMLElement[] {
  const sorted = [...names].sort((a, b) => a.toLowerCase().localeCompare(b.toLowerCase(), "en"));
  return sorted.map((name) => h("option", {}, name));
}
