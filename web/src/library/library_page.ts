// The library: the map of all songs, what is asked of them, the list beside it, and one song to listen into.

import * as api from "../server/api";
import { button, h, write } from "../common/dom";
import { describe } from "../curve/mood";
import { counted, duration, shown } from "../common/format";
import { noLibrary } from "./empty_library";
import type { Health, MapColumns } from "../server/types";
import { FilterForm } from "./filter_form";
import { SongList, rowName } from "./song_list";
import { SongMap } from "../map/song_map";
import { createOrder } from "./sort_menu";
import { Preview, type Chosen } from "./preview";
import { createProblems } from "./scan_problems";
import { createTip } from "../map/tooltip";

const HOVER_MS = 350;

export class LibraryView {
  readonly element: HTMLElement;
  private readonly map = new SongMap({
    hover: (row, x, y) => this.hover(row, x, y),
    pick: (row) => this.choose(row),
    lassoed: (rows) => this.lassoed(rows),
  });
  private readonly list = new SongList({
    pick: (row) => this.choose(row),
    open: (row) => this.open(row),
    play: () => this.preview.toggle(),
  });
  private readonly filters = new FilterForm((asked) => void this.load(asked));
  private readonly order = createOrder(() => this.sortList());
  private readonly preview = new Preview({
    open: () => this.open(this.marked),
    course: (path, t) => this.map.course(path, t),
    trouble: (text) => this.tell(text),
  });
  private readonly problems = createProblems();
  private readonly tip = createTip(this.map.element);
  private readonly count = h("p", { class: "count", role: "status" });
  private readonly unlasso = button("Clear lasso", () => this.lassoed(null), { class: "unlasso", hidden: true });
  private readonly trouble = h("p", { class: "trouble", role: "alert" });
  private readonly again = button("Try again", () => void this.load(this.filters.asked()), { hidden: true });
  private readonly hoverPlays = h("input", { type: "checkbox", id: "hover-plays" });
  private columns: MapColumns | null = null;
  private lassoRows: Set<number> | null = null;
  private marked: number | null = null;
  private asking = new AbortController();
  private resting = 0;
  private entered = false;

  constructor(
    private readonly health: Health,
    private readonly openSong: (token: string) => void,
  ) {
    const heading = h("h1", { tabindex: -1 }, "Library");
    this.element = h("div", { class: "library-view" }, heading);
    if (health.library && health.songs > 0) this.element.append(this.mapCard(), this.side());
    else this.element.append(h("section", { class: "card" }, noLibrary(), this.problems.element));
  }

  enter(): void {
    if (this.entered) return;
    this.entered = true;
    if (this.health.library && this.health.songs > 0) void this.load(this.filters.asked());
    if (this.health.library) void this.problems.load();
  }

  leave(): void {
    this.preview.pause();
  }

  recolor(): void {
    this.map.redraw();
  }

  /** Take a key that the view knows; tell whether it did. */
  key(event: KeyboardEvent): boolean {
    const pressed = event.target instanceof HTMLElement && event.target.closest("button, a, summary, input") !== null;
    if (event.key === "/") this.filters.search.focus();
    else if (event.key === "l") this.map.startLasso();
    else if (event.key === "Escape" && this.lassoRows !== null) this.lassoed(null);
    else if (event.key === " " && this.marked !== null && !pressed) this.preview.toggle();
    else return false;
    return true;
  }

  private mapCard(): HTMLElement {
    const ways = "Drag to move, wheel or pinch to zoom; Shift and drag, or L, for a lasso.";
    const hoverPlays = h(
      "label",
      { class: "hover-plays", for: "hover-plays" },
      this.hoverPlays,
      " Play what the pointer rests on",
    );
    this.map.element.append(this.unlasso);
    const below = h("div", { class: "row under-map" }, h("p", { class: "note", id: "map-keys" }, ways), hoverPlays);
    return h("section", { class: "card map-card", "aria-label": "Map" }, this.map.element, below);
  }

  private side(): HTMLElement {
    return h(
      "section",
      { class: "card side", "aria-label": "Songs" },
      this.filters.element,
      h("div", { class: "row" }, this.count, this.order.element),
      this.trouble,
      this.again,
      this.list.element,
      this.preview.element,
      this.problems.element,
    );
  }

  private async load(asked: api.Filters): Promise<void> {
    this.asking.abort();
    this.asking = new AbortController();
    try {
      const found = await api.map(asked, this.asking.signal);
      this.tell("");
      this.columns = found;
      this.choose(null);
      this.map.show(found);
      this.lassoed(null);
    } catch (error) {
      if (!api.aborted(error)) this.tell(api.message(error), error instanceof api.NoAnswer);
    }
  }

  /** One line that says what went wrong, or none; `passing` where it may go by itself. */
  private tell(trouble: string, passing = false): void {
    write(this.trouble, trouble);
    this.again.hidden = !passing;
  }

  private lassoed(rows: Set<number> | null): void {
    if (this.columns === null) return;
    this.lassoRows = rows;
    this.unlasso.hidden = rows === null;
    this.map.choose(rows);
    const all = this.columns.id.length;
    const [inside, total] = [rows?.size ?? 0, all].map((count) => count.toLocaleString("en"));
    write(this.count, rows === null ? counted(all, "song") : `${inside} of ${total} in the lasso`);
    this.sortList();
  }

  private sortList(): void {
    if (this.columns === null) return;
    this.list.show(this.columns, this.order.sorted(this.columns, this.lassoRows));
    this.list.mark(this.marked, false);
  }

  private choose(row: number | null): void {
    if (row === this.marked && row !== null) return;
    this.marked = row;
    this.map.mark(row);
    this.list.mark(row, true);
    this.preview.choose(row === null || this.columns === null ? null : chosen(this.columns, row));
  }

  private open(row: number | null): void {
    if (row !== null) this.openSong(`song-${this.columns!.id[row]}`);
  }

  private hover(row: number | null, x: number, y: number): void {
    clearTimeout(this.resting);
    if (row === null || this.columns === null) return this.tip.hide();
    const { name, by, mood } = songWords(this.columns, row);
    this.tip.show([name, by, mood], x, y);
    if (!this.hoverPlays.checked) return;
    this.resting = window.setTimeout(() => {
      this.choose(row);
      this.preview.play();
    }, HOVER_MS);
  }
}

function songWords(columns: MapColumns, row: number): { name: string; by: string; mood: string } {
  const at = { arousal: columns.arousal[row]!, valence: columns.valence[row]! };
  return { name: rowName(columns, row), by: shown(columns.artist[row] ?? ""), mood: describe(at) };
}

function chosen(columns: MapColumns, row: number): Chosen {
  const { name, by, mood } = songWords(columns, row);
  const seconds = columns.duration_s[row]!;
  const facts = [by, mood, duration(seconds)].filter((text) => text !== "").join(" · ");
  return { id: columns.id[row]!, name, facts, seconds };
}
