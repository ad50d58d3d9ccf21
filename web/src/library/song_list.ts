// The list beside the map: as many rows as there are songs, of which only those in sight exist.

import { h } from "../common/dom";
import { QUADRANTS } from "../curve/mood";
import { duration, shown } from "../common/format";
import type { MapColumns } from "../server/types";

const ROW_PX = 46;
const SPARE = 6;

export interface ListTold {
  pick(row: number): void;
  open(row: number): void;
  play(row: number): void;
}

/** Rows are those of the columns, places those of the list. */
export class SongList {
  readonly element: HTMLElement;
  private readonly space = h("div", { class: "space", role: "presentation" });
  private columns: MapColumns | null = null;
  private order: number[] = [];
  private places = new Map<number, number>();
  private marked: number | null = null;

  constructor(private readonly told: ListTold) {
    const box = { class: "rows", role: "listbox", tabindex: 0, "aria-label": "Songs" };
    this.element = h("div", box, this.space);
    this.element.addEventListener("scroll", () => this.draw(), { passive: true });
    this.element.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  show(columns: MapColumns, order: number[]): void {
    this.columns = columns;
    this.order = order;
    this.places = new Map(order.map((row, place) => [row, place]));
    this.element.scrollTop = 0;
    this.draw();
  }

  mark(row: number | null, scroll: boolean): void {
    this.marked = row;
    const place = this.placeOf(row);
    if (scroll && place !== null) this.intoSight(place);
    this.draw();
  }

  private placeOf(row: number | null): number | null {
    return row === null ? null : (this.places.get(row) ?? null);
  }

  private draw(): void {
    const { columns, element, order, space, marked } = this;
    if (columns === null) return;
    const first = Math.max(0, Math.floor(element.scrollTop / ROW_PX) - SPARE);
    const last = Math.min(order.length, Math.ceil((element.scrollTop + element.clientHeight) / ROW_PX) + SPARE);
    space.style.height = `${order.length * ROW_PX}px`;
    space.replaceChildren(...order.slice(first, last).map((row, i) => this.line(columns, row, first + i)));
    if (this.placeOf(marked) !== null) element.setAttribute("aria-activedescendant", `row-${marked}`);
    else element.removeAttribute("aria-activedescendant");
  }

  private line(columns: MapColumns, row: number, place: number): HTMLElement {
    const option = h(
      "div",
      {
        id: `row-${row}`,
        role: "option",
        "aria-selected": String(row === this.marked),
        "aria-setsize": this.order.length,
        "aria-posinset": place + 1,
      },
      h("span", { class: `swatch q-${QUADRANTS[columns.quadrant[row]!]}`, "aria-hidden": "true" }),
      h("span", { class: "title", dir: "auto" }, rowName(columns, row)),
      h("span", { class: "by", dir: "auto" }, shown(columns.artist[row] ?? "")),
      h("span", { class: "time" }, duration(columns.duration_s[row]!)),
    );
    option.style.top = `${place * ROW_PX}px`;
    option.addEventListener("click", () => this.told.pick(row));
    option.addEventListener("dblclick", () => this.told.open(row));
    return option;
  }

  private intoSight(place: number): void {
    const { element } = this;
    const top = place * ROW_PX;
    const below = top + ROW_PX - element.clientHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (below > element.scrollTop) element.scrollTop = below;
  }

  private key(event: KeyboardEvent): void {
    const { marked, order, told } = this;
    const to = this.moved(event.key);
    if (to !== null && order.length > 0) told.pick(order[Math.max(0, Math.min(order.length - 1, to))]!);
    else if (event.key === "Enter" && marked !== null) told.open(marked);
    else if (event.key === " " && marked !== null) told.play(marked);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** The place to which a key moves, which may lie beyond the ends. */
  private moved(key: string): number | null {
    const place = this.placeOf(this.marked) ?? -1;
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW_PX) - 1);
    const moves: Record<string, number> = {
      ArrowDown: place + 1,
      ArrowUp: place - 1,
      PageDown: place + page,
      PageUp: place - page,
      Home: 0,
      End: this.order.length - 1,
    };
    return moves[key] ?? null;
  }
}

export function rowName(columns: MapColumns, row: number): string {
  return shown(columns.title[row] ?? columns.file[row] ?? "") || `Song ${columns.id[row]}`;
}
