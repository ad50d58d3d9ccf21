// Which songs lie inside a polygon.

import type { MapColumns } from "../server/types";

/** The rows of songs inside a polygon, by the even-odd rule. */
export function rowsInside(columns: MapColumns, corners: [number, number][]): Set<number> {
  const rows = new Set<number>();
  columns.id.forEach((_, row) => {
    const [x, y] = [columns.valence[row]!, columns.arousal[row]!];
    let inside = false;
    corners.forEach(([x1, y1], i) => {
      const [x0, y0] = corners[(i + corners.length - 1) % corners.length]!;
      if (y1 > y !== y0 > y && x < ((x0 - x1) * (y - y1)) / (y0 - y1) + x1) inside = !inside;
    });
    if (inside) rows.add(row);
  });
  return rows;
}
