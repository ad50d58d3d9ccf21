// The menu that sorts the list.

import { h } from "../common/dom";
import type { MapColumns } from "../server/types";

type Key = "artist" | "title" | "duration_s" | "arousal" | "valence";
/** Without a key, the server's order: with a drawn course the nearest first, else by artist and album. */
const ORDERS: [Key | null, string, 1 | -1][] = [
  ["artist", "Artist", 1],
  ["title", "Title", 1],
  ["arousal", "Arousal, high to low", -1],
  ["arousal", "Arousal, low to high", 1],
  ["valence", "Valence, high to low", -1],
  ["valence", "Valence, low to high", 1],
  ["duration_s", "Duration, longest first", -1],
  [null, "Nearest to the drawn course", 1],
];

export interface SortMenu {
  element: HTMLElement;
  /** Sort these rows, or all; songs without a value come last. */
  sorted(columns: MapColumns, rows: Set<number> | null): number[];
}

export function createSortMenu(onChange: () => void): SortMenu {
  const options = ORDERS.map(([, name], i) => h("option", { value: i }, name));
  const element = h("select", { "aria-label": "Sort by" }, ...options);
  const { compare } = new Intl.Collator("en", { numeric: true });
  element.addEventListener("change", onChange);
  return {
    element,
    sorted(columns, rows) {
      const [key, , direction] = ORDERS[Number(element.value)]!;
      if (key === null) return [...(rows ?? columns.id.keys())].sort((a, b) => a - b);
      const values: (string | number | null)[] = columns[key];
      const order = rows === null ? columns.id.map((_, row) => row) : [...rows];
      return order.sort((a, b) => {
        const [one, other] = [values[a] ?? null, values[b] ?? null];
        if (one === null || other === null) return Number(one === null) - Number(other === null);
        return direction * (typeof one === "number" ? one - Number(other) : compare(one, String(other)));
      });
    },
  };
}
