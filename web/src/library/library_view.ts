// The library: the map of all songs, what is asked of them, the list beside it, and one song to listen into.

import * as api from "../api";
import { smoothPath, type Path } from "../song/curve";
import { button, h, write } from "../song/dom";
import { createFilters } from "./filters";
import { createList, rowName } from "./list";
import { createMap } from "./map";
import { describe } from "../song/mood";
import { noLibrary } from "../start_view";
import type { Health, MapColumns } from "../types";
import { clock, counted, shown } from "../song/words";

/** A preview begins at this part of the song: beginnings are often unlike what follows. */
const PREVIEW_FROM = 0.3;
const HOVER_MS = 350;

export interface LibraryView {
  element: HTMLElement;
  enter(): void;
  leave(): void;
  key(event: KeyboardEvent): boolean;
  recolor(): void;
}

type Order = "artist" | "title" | "duration_s" | "arousal" | "valence";
const ORDERS: [Order, string, 1 | -1][] = [
  ["artist", "Artist", 1],
  ["title", "Title", 1],
  ["arousal", "Most arousal first", -1],
  ["arousal", "Least arousal first", 1],
  ["valence", "Most positive first", -1],
  ["valence", "Most negative first", 1],
  ["duration_s", "Longest first", -1],
];

export function createLibraryView(health: Health, open: (token: string) => void): LibraryView {
  const audio = h("audio", { id: "preview", preload: "metadata" });
  const map = createMap({ hover, pick, lassoed });
  const list = createList({ pick, open: (row) => open(token(row)), play: () => play() });
  const filters = createFilters((asked) => void load(asked));
  const count = h("p", { class: "count", role: "status" });
  const unlasso = button("Clear lasso", () => lassoed(null), { hidden: true });
  const order = h("select", { "aria-label": "Order" }, ...ORDERS.map(([, name], i) => h("option", { value: i }, name)));
  const trouble = h("p", { class: "trouble", role: "alert" });
  const tip = h("div", { class: "tip", hidden: true });
  const hoverPlays = h("input", { type: "checkbox", id: "hover-plays" });
  const playButton = button("Play", () => play(), { class: "primary" });
  const openButton = button("Open", () => marked !== null && open(token(marked)));
  const chosen = h("div", { class: "chosen-words" });
  const preview = h(
    "div",
    { class: "preview", hidden: true, role: "group", "aria-label": "Chosen song" },
    chosen,
    playButton,
    openButton,
    audio,
  );
  const problems = h("details", { class: "problems", hidden: true });
  map.element.append(tip);
  const keys = h(
    "p",
    { class: "note", id: "map-keys" },
    "Drag to move, wheel or pinch to zoom; Shift and drag, or L, for a lasso.",
  );
  const mapCard = h(
    "section",
    { class: "card map-card", "aria-label": "Map" },
    map.element,
    h(
      "div",
      { class: "row under-map" },
      keys,
      h("label", { class: "hover-plays", for: "hover-plays" }, hoverPlays, " Play what the pointer rests on"),
    ),
  );
  const side = h(
    "section",
    { class: "card side", "aria-label": "Songs" },
    filters.element,
    h("div", { class: "row" }, count, unlasso, order),
    trouble,
    list.element,
    preview,
    problems,
  );
  const heading = h("h1", { tabindex: -1 }, "Library");
  const element = h(
    "div",
    { class: "library-view" },
    heading,
    ...(health.library && health.songs > 0
      ? [mapCard, side]
      : [h("section", { class: "card" }, noLibrary(), problems)]),
  );
  let columns: MapColumns | null = null;
  let lassoRows: Set<number> | null = null;
  let marked: number | null = null;
  let course: Path | null = null;
  let asking = new AbortController();
  let resting = 0;
  let started = false;

  const token = (row: number): string => `song-${columns!.id[row]}`;

  async function load(asked: api.Filters): Promise<void> {
    asking.abort();
    asking = new AbortController();
    try {
      const found = await api.map(asked, asking.signal);
      write(trouble, "");
      columns = found;
      choose(null);
      map.show(found);
      lassoed(null);
    } catch (error) {
      if (!api.aborted(error)) write(trouble, api.message(error));
    }
  }

  async function listProblems(): Promise<void> {
    const { problems: found } = await api.problems().catch(() => ({ problems: [] }));
    problems.hidden = found.length === 0;
    const rows = found.map(({ file, reason }) =>
      h("tr", {}, h("td", { dir: "auto" }, shown(file)), h("td", {}, shown(reason))),
    );
    const head = h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "file"), h("th", { scope: "col" }, "reason")));
    problems.replaceChildren(
      h("summary", {}, `${counted(found.length, "file")} of the last scan could not be used`),
      h(
        "div",
        { class: "problem-table", tabindex: 0, role: "region", "aria-label": "Problems" },
        h("table", {}, head, h("tbody", {}, ...rows)),
      ),
    );
  }

  function lassoed(rows: Set<number> | null): void {
    if (columns === null) return;
    lassoRows = rows;
    unlasso.hidden = rows === null;
    map.choose(rows);
    const all = counted(columns.id.length, "song");
    write(count, rows === null ? all : `${rows.size.toLocaleString("en")} of ${all} in the lasso`);
    sortList();
  }

  function sortList(): void {
    if (columns === null) return;
    const [key, , direction] = ORDERS[Number(order.value)]!;
    const values: (string | number | null)[] = columns[key];
    const rows = lassoRows === null ? columns.id.map((_, row) => row) : [...lassoRows];
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    rows.sort((a, b) => {
      const [one, other] = [values[a] ?? null, values[b] ?? null];
      if (one === null || other === null) return Number(one === null) - Number(other === null);
      return direction * (typeof one === "number" ? one - Number(other) : compare(one, String(other)));
    });
    list.show(columns, rows);
    list.mark(marked, false);
  }

  // ---- one song

  function pick(row: number): void {
    choose(row);
  }

  function choose(row: number | null): void {
    if (row === marked && row !== null) return;
    marked = row;
    course = null;
    audio.pause();
    audio.removeAttribute("src");
    preview.hidden = row === null;
    map.mark(row);
    list.mark(row, true);
    if (row === null || columns === null) return;
    const at = { arousal: columns.arousal[row]!, valence: columns.valence[row]! };
    const by = shown(columns.artist[row] ?? "");
    chosen.replaceChildren(
      h("strong", { dir: "auto" }, rowName(columns, row)),
      h(
        "span",
        { dir: "auto" },
        [by, describe(at), clock(columns.duration_s[row]!)].filter((text) => text !== "").join(" · "),
      ),
    );
    void drawCourse(row);
  }

  async function drawCourse(row: number): Promise<void> {
    try {
      const path = smoothPath(await api.curveAt(api.songCurve(columns!.id[row]!)));
      if (marked !== row) return;
      course = path;
      map.course(path, path.times[0] ?? 0);
    } catch {
      // the dot alone stands for the song
    }
  }

  function play(): void {
    if (marked === null || columns === null) return;
    if (!audio.paused) return audio.pause();
    if (!audio.hasAttribute("src")) {
      audio.src = api.songAudio(columns.id[marked]!);
      audio.currentTime = PREVIEW_FROM * columns.duration_s[marked]!;
    }
    audio.play().catch(() => undefined); // `error` of the element tells what there is to tell
  }

  function follow(): void {
    if (course !== null) map.course(course, audio.currentTime);
    if (!audio.paused) setTimeout(follow, 60);
  }

  audio.addEventListener("play", follow);
  audio.addEventListener("error", () => {
    if (audio.hasAttribute("src"))
      write(
        trouble,
        "This song’s sound cannot be played here: its file is gone, or the browser does not know its kind.",
      );
  });
  for (const name of ["play", "pause", "ended"]) {
    audio.addEventListener(name, () => write(playButton, audio.paused ? "Play" : "Pause"));
  }
  order.addEventListener("change", sortList);

  function hover(row: number | null, x: number, y: number): void {
    clearTimeout(resting);
    tip.hidden = row === null;
    if (row === null || columns === null) return;
    const by = shown(columns.artist[row] ?? "");
    tip.replaceChildren(
      h("strong", { dir: "auto" }, rowName(columns, row)),
      ...(by === "" ? [] : [h("span", { dir: "auto" }, by)]),
      h("span", {}, describe({ arousal: columns.arousal[row]!, valence: columns.valence[row]! })),
    );
    const wide = map.element.clientWidth;
    tip.style.left = `${Math.min(x + 14, wide - Math.min(wide, tip.offsetWidth) - 4)}px`;
    tip.style.top = `${y + 14}px`;
    if (!hoverPlays.checked) return;
    resting = window.setTimeout(() => {
      choose(row);
      if (audio.paused) play();
    }, HOVER_MS);
  }

  function key(event: KeyboardEvent): boolean {
    if (event.key === "/") filters.search.focus();
    else if (event.key === "l") map.lasso(true);
    else if (event.key === "Escape" && lassoRows !== null) lassoed(null);
    else if (
      event.key === " " &&
      marked !== null &&
      !(event.target instanceof HTMLElement && event.target.closest("button, a, summary, input"))
    )
      play();
    else return false;
    return true;
  }

  return {
    element,
    enter() {
      if (started) return;
      started = true;
      if (health.library && health.songs > 0) void load(filters.asked());
      if (health.library) void listProblems();
    },
    leave() {
      audio.pause();
    },
    key,
    recolor: () => map.redraw(),
  };
}
