// What songs are asked for: as `moodcurve search` asks, in the same words.

import { h } from "../song/dom";
import { QUADRANTS, WORDS } from "../song/mood";
import type { Filters } from "../api";

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

/** Fields that tell what is asked for a moment after the last change. */
export function createFilters(changed: (filters: Filters) => void): {
  element: HTMLElement;
  search: HTMLInputElement;
  asked(): Filters;
} {
  const search = h("input", {
    type: "search",
    placeholder: "Search title, artist, album …",
    "aria-label": "Search the library",
    "aria-keyshortcuts": "/",
    autocomplete: "off",
  });
  const fields = new Map(
    FIELDS.map(([key, , example]) => [
      key,
      h("input", { type: "text", id: `f-${key}`, placeholder: example, autocomplete: "off" }),
    ]),
  );
  const words = h(
    "select",
    { id: "f-words" },
    h("option", { value: "" }, "any"),
    ...[...WORDS].sort().map((word) => h("option", {}, word)),
  );
  const chips = QUADRANTS.map((name) =>
    h(
      "button",
      { type: "button", class: "chip", "aria-pressed": "false", value: name },
      h("i", { class: `swatch q-${name}`, "aria-hidden": "true" }),
      name,
    ),
  );
  const clear = h("button", { type: "button" }, "Clear all filters");
  let timer = 0;

  function asked(): Filters {
    const filters: Filters = {};
    const put = (key: string, value: string): void => {
      if (value.trim() !== "") filters[key] = value.trim();
    };
    put("text", search.value);
    for (const [key, field] of fields) put(key, field.value);
    put("words", words.value);
    put(
      "quadrant",
      chips
        .filter((chip) => chip.getAttribute("aria-pressed") === "true")
        .map((chip) => chip.value)
        .join(","),
    );
    return filters;
  }

  function soon(): void {
    clearTimeout(timer);
    timer = window.setTimeout(() => changed(asked()), WAIT_MS);
  }

  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      changed(asked());
    });
  }
  clear.addEventListener("click", () => {
    for (const field of [search, ...fields.values()]) field.value = "";
    words.value = "";
    for (const chip of chips) chip.setAttribute("aria-pressed", "false");
    changed({});
  });
  const labelled = FIELDS.map(([key, name]) =>
    h("div", { class: "field" }, h("label", { for: `f-${key}` }, name), fields.get(key)!),
  );
  const element = h(
    "div",
    { class: "filters", role: "search" },
    search,
    h("div", { class: "chips", role: "group", "aria-label": "Quadrants" }, ...chips),
    h(
      "details",
      {},
      h("summary", {}, "More filters"),
      h(
        "div",
        { class: "fields" },
        ...labelled,
        h("div", { class: "field" }, h("label", { for: "f-words" }, "Mood word"), words),
      ),
      clear,
    ),
  );
  element.addEventListener("input", soon);
  return { element, search, asked };
}
