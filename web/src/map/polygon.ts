// Which songs a line on the map encloses.

import type { MapColumns } from "../server/types";

/** Rows whose places lie within a closed line, by the even-odd rule. */
export function inside(columns: MapColumns, corners: [number, number][]): Set<number> {
  const rows = new Set<number>();
  columns.id.forEach((_, row) => {
    const [x, y] = [columns.valence[row]!, columns.arousal[row]!];
    let within = false;
    corners.forEach(([x1, y1], i) => {
      const [x0, y0] = corners[(i + corners.length - 1) % corners.length]!;
      if (y1 > y !== y0 > y && x < ((x0 - x1) * (y - y1)) / (y0 - y1) + x1) within = !within;
    });
    if (within) rows.add(row);
  });
  return rows;
}
