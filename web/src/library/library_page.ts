// The library page: map, filters and list of all songs, and a preview of the selected song.

import * as api from "../server/api";
import { button, h, setText } from "../common/dom";
import { describe, QUADRANTS } from "../curve/mood";
import { moodLabel } from "../search/song_row";
import { pluralize, duration, displayText } from "../common/format";
import { emptyLibrary } from "./empty_library";
import type { Health, MapColumns, PlanePoint } from "../server/types";
import { FilterForm } from "./filter_form";
import { LassoBar } from "./lasso_bar";
import { SongList, rowName } from "./song_list";
import { SongMap } from "../map/song_map";
import { createSortMenu } from "./sort_menu";
import { Preview, type SelectedSong } from "./preview";
import { createProblems } from "./scan_problems";
import { createTooltip } from "../map/tooltip";

const HOVER_DELAY_MS = 350;

export interface LibraryHandlers {
  /** Open the song of a token. */
  open(token: string): void;
  /** Play songs one after the other. */
  play(songs: number[]): void;
  /** Make a playlist that stays in a region, of the songs that match filters. */
  stay(region: PlanePoint[], filters: api.Filters): void;
}

export class LibraryPage {
  readonly element: HTMLElement;
  private readonly map = new SongMap({
    hover: (row, x, y) => this.hover(row, x, y),
    select: (row) => this.select(row),
    enclose: (rows, corners) => this.setLasso(rows, corners),
  });
  private readonly list = new SongList({
    select: (row) => this.select(row),
    open: (row) => this.open(row),
    play: () => this.preview.toggle(),
  });
  private readonly filters = new FilterForm((filters) => void this.load(filters));
  private readonly sortMenu = createSortMenu(() => this.sortList());
  private readonly preview = new Preview({
    open: () => this.open(this.selected),
    position: (trajectory, t) => this.map.showTrajectory(trajectory, t),
    error: (text) => this.showError(text),
  });
  private readonly problems = createProblems();
  private readonly tooltip = createTooltip(this.map.element);
  private readonly count = h("p", { class: "count", role: "status" });
  private readonly lassoBar = new LassoBar({
    clear: () => this.setLasso(null),
    play: (songs) => this.handlers.play(songs),
    stay: (region) => this.handlers.stay(region, this.filters.values()),
  });
  private readonly error = h("p", { class: "error", role: "alert" });
  private readonly retry = button("Try again", () => void this.load(this.filters.values()), { hidden: true });
  private readonly playOnHover = h("input", { type: "checkbox", id: "play-on-hover" });
  private columns: MapColumns | null = null;
  private lassoRows: Set<number> | null = null;
  private lassoCorners: PlanePoint[] = [];
  private selected: number | null = null;
  private controller = new AbortController();
  private hoverTimer = 0;
  private loaded = false;

  constructor(
    private readonly health: Health,
    private readonly handlers: LibraryHandlers,
  ) {
    const heading = h("h1", { tabindex: -1 }, "Library");
    this.element = h("div", { class: "library-view" }, heading);
    if (health.library && health.songs > 0) this.element.append(this.mapCard(), this.side());
    else this.element.append(h("section", { class: "card" }, emptyLibrary(), this.problems.element));
  }

  enter(): void {
    if (this.loaded) return;
    this.loaded = true;
    if (this.health.library && this.health.songs > 0) void this.load(this.filters.values());
    if (this.health.library) void this.problems.load();
  }

  leave(): void {
    this.preview.pause();
  }

  updateColors(): void {
    this.map.redraw();
  }

  /** Handle a keyboard shortcut; return true if this page has it. */
  handleKey(event: KeyboardEvent): boolean {
    const onControl = event.target instanceof HTMLElement && event.target.closest("button, a, summary, input") !== null;
    if (event.key === "/") this.filters.search.focus();
    else if (event.key === "l") this.map.startLasso();
    else if (event.key === "Escape" && this.lassoRows !== null) this.setLasso(null);
    else if (event.key === " " && this.selected !== null && !onControl) this.preview.toggle();
    else return false;
    return true;
  }

  private mapCard(): HTMLElement {
    const hint = "Drag to pan, scroll or pinch to zoom. Press L, or hold Shift and drag, to draw a lasso.";
    const playOnHover = h(
      "label",
      { class: "play-on-hover", for: "play-on-hover" },
      this.playOnHover,
      " Play songs on hover",
    );
    this.map.element.append(this.lassoBar.element);
    const below = h("div", { class: "row under-map" }, h("p", { class: "note", id: "map-keys" }, hint), playOnHover);
    return h("section", { class: "card map-card", "aria-label": "Map" }, this.map.element, below);
  }

  private side(): HTMLElement {
    return h(
      "section",
      { class: "card side", "aria-label": "Songs" },
      this.filters.element,
      h("div", { class: "row" }, this.count, this.sortMenu.element),
      this.error,
      this.retry,
      this.list.element,
      this.preview.element,
      this.problems.element,
    );
  }

  private async load(filters: api.Filters): Promise<void> {
    this.controller.abort();
    this.controller = new AbortController();
    try {
      const columns = await api.map(filters, this.controller.signal);
      this.showError("");
      this.columns = columns;
      if (columns.tags.some((tags) => tags !== null)) this.filters.showTags();
      this.select(null);
      this.map.show(columns);
      this.setLasso(null);
    } catch (error) {
      if (!api.isAbort(error)) this.showError(api.errorText(error), error instanceof api.ConnectionError);
    }
  }

  /** Show an error, or hide it if empty; offer to try again if that may help. */
  private showError(error: string, canRetry = false): void {
    setText(this.error, error);
    this.retry.hidden = !canRetry;
  }

  private setLasso(rows: Set<number> | null, corners: PlanePoint[] = []): void {
    if (this.columns === null) return;
    this.lassoRows = rows;
    this.lassoCorners = corners;
    this.map.highlight(rows);
    const all = this.columns.id.length;
    const [inside, total] = [rows?.size ?? 0, all].map((count) => count.toLocaleString("en"));
    setText(this.count, rows === null ? pluralize(all, "song") : `${inside} of ${total} in the lasso`);
    this.sortList();
  }

  private sortList(): void {
    if (this.columns === null) return;
    const order = this.sortMenu.sorted(this.columns, this.lassoRows);
    this.list.show(this.columns, order);
    this.list.select(this.selected, false);
    const songs = order.map((row) => this.columns!.id[row]!);
    this.lassoBar.show(this.lassoRows === null ? null : songs, this.lassoCorners, this.filters.values());
  }

  private select(row: number | null): void {
    if (row === this.selected && row !== null) return;
    this.selected = row;
    this.map.select(row);
    this.list.select(row, true);
    this.preview.show(row === null || this.columns === null ? null : selectedSong(this.columns, row));
  }

  private open(row: number | null): void {
    if (row !== null) this.handlers.open(`song-${this.columns!.id[row]}`);
  }

  private hover(row: number | null, x: number, y: number): void {
    clearTimeout(this.hoverTimer);
    if (row === null || this.columns === null) return this.tooltip.hide();
    const { name, artist, mood } = songTexts(this.columns, row);
    this.tooltip.show({ name, artist, mood: moodLabel(mood, QUADRANTS[this.columns.quadrant[row]!]!) }, x, y);
    if (!this.playOnHover.checked) return;
    this.hoverTimer = window.setTimeout(() => {
      this.select(row);
      this.preview.play();
    }, HOVER_DELAY_MS);
  }
}

function songTexts(columns: MapColumns, row: number): { name: string; artist: string; mood: string } {
  const point = { arousal: columns.arousal[row]!, valence: columns.valence[row]! };
  return { name: rowName(columns, row), artist: displayText(columns.artist[row] ?? ""), mood: describe(point) };
}

function selectedSong(columns: MapColumns, row: number): SelectedSong {
  const { name, artist, mood } = songTexts(columns, row);
  const seconds = columns.duration_s[row]!;
  const details = [artist, duration(seconds)].filter((text) => text !== "").join(" · ");
  return { id: columns.id[row]!, name, details, mood, seconds };
}
