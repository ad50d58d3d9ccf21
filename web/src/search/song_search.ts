// A field that searches the library, above a list of the songs it finds: an ARIA combobox whose list is always open.

import { h, setText } from "../common/dom";
import { songName } from "../common/format";
import { tagNames } from "../curve/tags";
import * as api from "../server/api";
import type { Health, LibrarySong } from "../server/types";
import { songRow } from "./song_row";

const MAX_RESULTS = 30;
const DEBOUNCE_MS = 180;

/** Create the field and its list. `onPick` receives a song's token; the song with the token `excluded` is left out. */
export function createSongSearch(health: Health, excluded: string, onPick: (token: string) => void): HTMLElement[] {
  const search = new SongSearch(excluded, onPick);
  search.showPlaceholders(Math.min(health.songs, MAX_RESULTS));
  void search.load();
  return [search.field, search.list, search.message];
}

/** The number of lists created, for their ids: the start page and the dialog each have one. */
let lists = 0;

class SongSearch {
  readonly field = h("input", FIELD);
  readonly list = h("ul", { class: "songs", role: "listbox", id: `songs-${++lists}`, "aria-label": "Songs" });
  readonly message = h("p", { class: "no-results", role: "status" });
  private options: HTMLElement[] = [];
  /** The index of the option that the keyboard is on, or -1. */
  private active = -1;
  private timer = 0;

  constructor(
    private readonly excluded: string,
    private readonly onPick: (token: string) => void,
  ) {
    this.field.setAttribute("aria-controls", this.list.id);
    this.field.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.load(), DEBOUNCE_MS);
    });
    this.field.addEventListener("keydown", (event) => this.onKey(event));
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // keep the focus in the field
  }

  /** Reserve room for songs while they load. */
  showPlaceholders(count: number): void {
    this.list.setAttribute("aria-busy", "true");
    this.list.replaceChildren(...Array.from({ length: count }, () => h("li", { class: "placeholder" })));
  }

  async load(): Promise<void> {
    const text = this.field.value.trim();
    try {
      const { songs } = await api.search(text === "" ? {} : { text }, MAX_RESULTS);
      if (text !== this.field.value.trim()) return;
      const shown = songs.filter((song) => `song-${song.id}` !== this.excluded);
      this.show(shown, shown.length === 0 ? "No matching songs." : "");
    } catch (error) {
      this.show([], api.errorText(error));
    }
  }

  private show(songs: LibrarySong[], message: string): void {
    this.options = songs.map((song) => this.createOption(song));
    this.list.replaceChildren(...this.options);
    this.list.removeAttribute("aria-busy");
    this.list.hidden = songs.length === 0;
    this.field.setAttribute("aria-expanded", String(songs.length > 0));
    this.activate(-1);
    setText(this.message, message);
  }

  private createOption(song: LibrarySong): HTMLElement {
    const attributes = {
      class: "song-row",
      id: `${this.list.id}-${song.id}`,
      role: "option",
      "aria-selected": "false",
    };
    const option = h("li", attributes, ...songRow({ ...song, name: songName(song), tags: tagNames(song.tags) }));
    option.addEventListener("click", () => this.onPick(`song-${song.id}`));
    return option;
  }

  private activate(index: number): void {
    this.options[this.active]?.setAttribute("aria-selected", "false");
    this.active = index;
    const option = this.options[index];
    if (option === undefined) return this.field.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    this.field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  private onKey(event: KeyboardEvent): void {
    const index = this.targetIndex(event.key);
    if (index !== null) this.activate(index);
    else if (event.key === "Enter" && this.active >= 0) this.options[this.active]?.click();
    else return;
    event.preventDefault();
  }

  /** The option that a key moves to. Home and End move the text cursor until an option is active. */
  private targetIndex(key: string): number | null {
    const { active, options } = this;
    const last = options.length - 1;
    if (last < 0) return null;
    if (key === "ArrowDown") return active === last ? 0 : active + 1;
    if (key === "ArrowUp") return active <= 0 ? last : active - 1;
    if (active < 0) return null;
    return key === "Home" ? 0 : key === "End" ? last : null;
  }
}

const FIELD = {
  type: "text",
  role: "combobox",
  placeholder: "Title, artist, album…",
  "aria-label": "Search the library",
  "aria-autocomplete": "list",
  "aria-expanded": "true",
  autocomplete: "off",
  enterkeyhint: "search",
};
