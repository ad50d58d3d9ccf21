// The order of the list.

import { h } from "../common/dom";
import type { MapColumns } from "../server/types";

type Key = "artist" | "title" | "duration_s" | "arousal" | "valence";
const ORDERS: [Key, string, 1 | -1][] = [
  ["artist", "Artist", 1],
  ["title", "Title", 1],
  ["arousal", "Most arousal first", -1],
  ["arousal", "Least arousal first", 1],
  ["valence", "Most positive first", -1],
  ["valence", "Most negative first", 1],
  ["duration_s", "Longest first", -1],
];

export interface Order {
  element: HTMLElement;
  /** These rows, or all, in the order that is chosen; songs that lack what it goes by come last. */
  sorted(columns: MapColumns, rows: Set<number> | null): number[];
}

export function createOrder(changed: () => void): Order {
  const options = ORDERS.map(([, name], i) => h("option", { value: i }, name));
  const element = h("select", { "aria-label": "Order" }, ...options);
  const { compare } = new Intl.Collator("en", { numeric: true });
  element.addEventListener("change", changed);
  return {
    element,
    sorted(columns, rows) {
      const [key, , direction] = ORDERS[Number(element.value)]!;
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
