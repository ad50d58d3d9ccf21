// The list beside the map: as many rows as there are songs, of which only those in sight exist.

import { h } from "../song/dom";
import { QUADRANTS } from "../song/mood";
import type { MapColumns } from "../types";
import { clock, shown } from "../song/words";

const ROW_PX = 46;
const SPARE = 6;

export interface SongRows {
  element: HTMLElement;
  show(columns: MapColumns, order: number[]): void;
  mark(row: number | null, scroll: boolean): void;
}

export interface ListTold {
  pick(row: number): void;
  open(row: number): void;
  play(row: number): void;
}

export function createList(told: ListTold): SongRows {
  const space = h("div", { class: "space", role: "presentation" });
  const element = h("div", { class: "rows", role: "listbox", tabindex: 0, "aria-label": "Songs" }, space);
  let columns: MapColumns | null = null;
  let order: number[] = [];
  let places = new Map<number, number>(); // of each row in the order
  let marked: number | null = null;

  function draw(): void {
    if (columns === null) return;
    const first = Math.max(0, Math.floor(element.scrollTop / ROW_PX) - SPARE);
    const last = Math.min(order.length, Math.ceil((element.scrollTop + element.clientHeight) / ROW_PX) + SPARE);
    const rows: HTMLElement[] = [];
    for (let place = first; place < last; place++) rows.push(line(columns, order[place]!, place));
    space.style.height = `${order.length * ROW_PX}px`;
    space.replaceChildren(...rows);
    if (marked !== null && places.has(marked)) element.setAttribute("aria-activedescendant", `row-${marked}`);
    else element.removeAttribute("aria-activedescendant");
  }

  function line(all: MapColumns, row: number, place: number): HTMLElement {
    const option = h(
      "div",
      {
        id: `row-${row}`,
        role: "option",
        "aria-selected": String(row === marked),
        "aria-setsize": order.length,
        "aria-posinset": place + 1,
      },
      h("span", { class: `swatch q-${QUADRANTS[all.quadrant[row]!]}`, "aria-hidden": "true" }),
      h("span", { class: "title", dir: "auto" }, rowName(all, row)),
      h("span", { class: "by", dir: "auto" }, shown(all.artist[row] ?? "")),
      h("span", { class: "time" }, clock(all.duration_s[row]!)),
    );
    option.style.top = `${place * ROW_PX}px`;
    option.addEventListener("click", () => told.pick(row));
    option.addEventListener("dblclick", () => told.open(row));
    return option;
  }

  function intoSight(place: number): void {
    const top = place * ROW_PX;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW_PX > element.scrollTop + element.clientHeight)
      element.scrollTop = top + ROW_PX - element.clientHeight;
  }

  element.addEventListener("scroll", draw, { passive: true });
  element.addEventListener("keydown", (event) => {
    const place = marked === null ? -1 : (places.get(marked) ?? -1);
    const page = Math.max(1, Math.floor(element.clientHeight / ROW_PX) - 1);
    const moves: Record<string, number> = {
      ArrowDown: place + 1,
      ArrowUp: place - 1,
      PageDown: place + page,
      PageUp: place - page,
      Home: 0,
      End: order.length - 1,
    };
    const to = moves[event.key];
    if (to !== undefined && order.length > 0) told.pick(order[Math.max(0, Math.min(order.length - 1, to))]!);
    else if (event.key === "Enter" && marked !== null) told.open(marked);
    else if (event.key === " " && marked !== null) told.play(marked);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  new ResizeObserver(draw).observe(element);

  return {
    element,
    show(next, nextOrder) {
      columns = next;
      order = nextOrder;
      places = new Map(order.map((row, place) => [row, place]));
      element.scrollTop = 0;
      draw();
    },
    mark(row, scroll) {
      marked = row;
      const place = row === null ? undefined : places.get(row);
      if (scroll && place !== undefined) intoSight(place);
      draw();
    },
  };
}

export function rowName(columns: MapColumns, row: number): string {
  return shown(columns.title[row] ?? "") || `Song ${columns.id[row]}`;
}
