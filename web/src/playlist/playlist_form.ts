// The form of a new playlist: where it leads, how long it is, and which songs and steps are allowed.

import { button, h, setText } from "../common/dom";
import { NEUTRAL, QUADRANTS, WORDS } from "../curve/mood";
import { TAGS } from "../curve/tags";
import { pointsText, type Filters } from "../server/api";
import type { PlanePoint } from "../server/types";

const MINUTES = 40;
const ARTIST_GAP = 3;
/** Larger steps make no difference. */
const MAX_TEMPO_STEP = 100;

export interface FormHandlers {
  /** Make a playlist. */
  submit(): void;
  /** The drawn path was removed. */
  pathRemoved(): void;
}

export class PlaylistForm {
  readonly element: HTMLFormElement;
  private readonly from = moodSelect("playlist-from", "tense");
  private readonly to = moodSelect("playlist-to", "serene");
  private readonly minutes = numberField("playlist-minutes", MINUTES, 1, 1440);
  private readonly genre = h("input", { id: "playlist-genre", type: "text", placeholder: "any", autocomplete: "off" });
  private readonly tag = h("select", { id: "playlist-tag" }, h("option", { value: "" }, "any"), ...options(TAGS));
  private readonly artistGap = numberField("playlist-artist-gap", ARTIST_GAP, 0, 100);
  private readonly tempoStep = numberField("playlist-tempo-step", null, 0, MAX_TEMPO_STEP);
  private readonly keys = h("input", { id: "playlist-keys", type: "checkbox" });
  private readonly pathNote = h("p", { class: "chip-note", hidden: true });
  private readonly regionNote = h("p", { class: "chip-note", hidden: true });
  private readonly another = button("Another one", () => this.varied(), { hidden: true });
  private readonly firstNote = h("p", { class: "chip-note", hidden: true });
  private readonly firstName = h("bdi", {});
  private first: number | null = null;
  private path: PlanePoint[] | null = null;
  private region: PlanePoint[] | null = null;
  /** Filters of the map from which the region came. */
  private regionFilters: Filters = {};
  private seed: number | null = null;

  constructor(private readonly handlers: FormHandlers) {
    const removePath = button("Remove path", () => this.setPath(null));
    const removeRegion = button("Remove region", () => this.setRegion(null, {}));
    const removeFirst = button("Remove song", () => this.setFirst(null));
    this.firstNote.append(h("span", {}, "Begins with ", this.firstName, ". "), removeFirst);
    this.pathNote.append("Along the drawn path. ", removePath);
    this.regionNote.append("Within the lasso of the map. ", removeRegion);
    const ends = h(
      "div",
      { class: "fields" },
      field("playlist-from", "From", this.from),
      field("playlist-to", "To", this.to),
      field("playlist-minutes", "Minutes", this.minutes),
    );
    const rules = h(
      "div",
      { class: "fields" },
      field("playlist-genre", "Genre", this.genre),
      field("playlist-tag", "Likely Last.fm tag", this.tag),
      field("playlist-artist-gap", "Songs between two of an artist", this.artistGap),
      field("playlist-tempo-step", "Largest tempo step, %", this.tempoStep),
    );
    const keys = h("label", { class: "check", for: "playlist-keys" }, this.keys, " Only neighboring keys");
    const submit = h("button", { type: "submit", class: "primary" }, "Make playlist");
    this.element = h(
      "form",
      { class: "playlist-form", "aria-label": "New playlist" },
      ends,
      this.firstNote,
      this.pathNote,
      this.regionNote,
      h("details", {}, h("summary", {}, "Songs and steps"), rules, keys),
      h("div", { class: "row" }, submit, this.another),
    );
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.seed = null;
      this.handlers.submit();
    });
  }

  /** Begin with a song and stay near it, or lead from it to To; null removes it. */
  setFirst(id: number | null, name = ""): void {
    this.first = id;
    setText(this.firstName, name);
    this.firstNote.hidden = id === null;
    this.from.disabled = id !== null || this.path !== null;
    if (id === null) return;
    this.setPath(null);
    this.setRegion(null, {});
    this.to.value = "";
  }

  /** Follow a drawn path instead of From and To; null returns to them. */
  setPath(path: PlanePoint[] | null): void {
    this.path = path;
    this.pathNote.hidden = path === null;
    if (path !== null) this.setFirst(null);
    this.to.disabled = path !== null;
    this.from.disabled = path !== null || this.first !== null;
    if (path === null) this.handlers.pathRemoved();
  }

  /** Stay in a region of the map, with the filters that the map had. */
  setRegion(region: PlanePoint[] | null, filters: Filters): void {
    this.region = region;
    this.regionFilters = filters;
    this.regionNote.hidden = region === null;
    if (region === null) return;
    this.setFirst(null);
    this.from.value = this.to.value = "";
  }

  /** Offer another list like the one that was made. */
  offerAnother(): void {
    this.another.hidden = false;
  }

  /** Which songs to choose from, and the rules that neighbors keep. */
  rules(): Filters {
    return given({
      ...this.regionFilters,
      genre: this.genre.value.trim(),
      tag: this.tag.value,
      artist_gap: this.artistGap.value,
      tempo_step: this.tempoStep.value,
      neighboring_keys: this.keys.checked ? "true" : "",
    });
  }

  /** The request by the server's names. */
  parameters(): Filters {
    const ends: Filters =
      this.path === null
        ? { from: this.first === null ? this.from.value : "", to: this.to.value }
        : { path: pointsText(this.path) };
    return given({
      ...this.rules(),
      ...ends,
      region: this.region === null ? "" : pointsText(this.region),
      first: this.first === null ? "" : String(this.first),
      minutes: this.minutes.value,
      seed: this.seed === null ? "" : String(this.seed),
    });
  }

  private varied(): void {
    this.seed = (this.seed ?? 0) + 1;
    this.handlers.submit();
  }
}

function moodSelect(id: string, chosen: string): HTMLSelectElement {
  const names = [QUADRANTS[NEUTRAL]!, ...WORDS].sort((a, b) => a.localeCompare(b, "en"));
  const items = names.map((name) => h("option", { selected: name === chosen }, name));
  return h("select", { id }, h("option", { value: "" }, "anywhere"), ...items);
}

function numberField(id: string, value: number | null, min: number, max: number): HTMLInputElement {
  return h("input", { id, type: "number", min, max, step: "any", inputmode: "decimal", value: value ?? "" });
}

function field(id: string, name: string, input: HTMLElement): HTMLElement {
  const label = h("label", { for: id });
  setText(label, name);
  return h("div", { class: "field" }, label, input);
}

function options(names: string[]): HTMLElement[] {
  const sorted = [...names].sort((a, b) => a.toLowerCase().localeCompare(b.toLowerCase(), "en"));
  return sorted.map((name) => h("option", {}, name));
}

function given(values: Filters): Filters {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
}
