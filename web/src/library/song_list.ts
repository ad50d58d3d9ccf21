// The list of songs; only visible rows are in the document, since a library may have thousands.

import { canvasFont, h } from "../common/dom";
import { QUADRANTS } from "../curve/mood";
import { displayText } from "../common/format";
import { songRow } from "../search/song_row";
import type { MapColumns } from "../server/types";

/** The height of a row, as in the style sheet. */
const ROW_REM = 3.1;
const EXTRA_ROWS = 6;

export interface ListHandlers {
  select(row: number): void;
  open(row: number): void;
  play(row: number): void;
}

/** `row` is a song's index in the columns, `index` its index in the sorted list. */
export class SongList {
  readonly element: HTMLElement;
  private readonly space = h("div", { class: "space", role: "presentation" });
  private columns: MapColumns | null = null;
  private order: number[] = [];
  private indexes = new Map<number, number>();
  private selected: number | null = null;

  constructor(private readonly handlers: ListHandlers) {
    const attributes = { class: "rows", role: "listbox", tabindex: 0, "aria-label": "Songs" };
    this.element = h("div", attributes, this.space);
    this.element.addEventListener("scroll", () => this.draw(), { passive: true });
    this.element.addEventListener("keydown", (event) => this.onKey(event));
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  show(columns: MapColumns, order: number[]): void {
    this.columns = columns;
    this.order = order;
    this.indexes = new Map(order.map((row, index) => [row, index]));
    this.element.scrollTop = 0;
    this.draw();
  }

  select(row: number | null, scroll: boolean): void {
    this.selected = row;
    const index = this.indexOf(row);
    if (scroll && index !== null) this.scrollTo(index);
    this.draw();
  }

  private indexOf(row: number | null): number | null {
    return row === null ? null : (this.indexes.get(row) ?? null);
  }

  private draw(): void {
    const { columns, element, order, space, selected } = this;
    if (columns === null) return;
    const rowPx = rowHeightPx();
    const first = Math.max(0, Math.floor(element.scrollTop / rowPx) - EXTRA_ROWS);
    const last = Math.min(order.length, Math.ceil((element.scrollTop + element.clientHeight) / rowPx) + EXTRA_ROWS);
    space.style.height = `${order.length * rowPx}px`;
    space.replaceChildren(...order.slice(first, last).map((row, i) => this.createOption(columns, row, first + i)));
    if (this.indexOf(selected) !== null) element.setAttribute("aria-activedescendant", `row-${selected}`);
    else element.removeAttribute("aria-activedescendant");
  }

  private createOption(columns: MapColumns, row: number, index: number): HTMLElement {
    const option = h(
      "div",
      {
        class: "song-row",
        id: `row-${row}`,
        role: "option",
        "aria-selected": String(row === this.selected),
        "aria-setsize": this.order.length,
        "aria-posinset": index + 1,
      },
      ...songRow({
        name: rowName(columns, row),
        artist: columns.artist[row] ?? null,
        tags: columns.tags[row] ?? "",
        arousal: columns.arousal[row]!,
        valence: columns.valence[row]!,
        quadrant: QUADRANTS[columns.quadrant[row]!]!,
        duration_s: columns.duration_s[row]!,
      }),
    );
    option.style.top = `${index * rowHeightPx()}px`;
    option.addEventListener("click", () => this.handlers.select(row));
    option.addEventListener("dblclick", () => this.handlers.open(row));
    return option;
  }

  private scrollTo(index: number): void {
    const { element } = this;
    const rowPx = rowHeightPx();
    const top = index * rowPx;
    const bottom = top + rowPx - element.clientHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop) element.scrollTop = bottom;
  }

  private onKey(event: KeyboardEvent): void {
    const { selected, order, handlers } = this;
    const target = this.targetIndex(event.key);
    if (target !== null && order.length > 0) handlers.select(order[Math.max(0, Math.min(order.length - 1, target))]!);
    else if (event.key === "Enter" && selected !== null) handlers.open(selected);
    else if (event.key === " " && selected !== null) handlers.play(selected);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** The index that a key moves to; it may lie beyond the ends. */
  private targetIndex(key: string): number | null {
    const index = this.indexOf(this.selected) ?? -1;
    const page = Math.max(1, Math.floor(this.element.clientHeight / rowHeightPx()) - 1);
    const moves: Record<string, number> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      PageDown: index + page,
      PageUp: index - page,
      Home: 0,
      End: this.order.length - 1,
    };
    return moves[key] ?? null;
  }
}

function rowHeightPx(): number {
  return canvasFont(ROW_REM).px;
}

export function rowName(columns: MapColumns, row: number): string {
  return displayText(columns.title[row] ?? columns.file[row] ?? "") || `Song ${columns.id[row]}`;
}
