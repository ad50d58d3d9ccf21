// A playlist in one line: length, distance from its path, and jumps.

import { duration, pluralize } from "../common/format";
import type { Playlist } from "../server/types";

export function summaryOf({ songs, total_s, path, warnings }: Playlist): string {
  const parts = [`${pluralize(songs.length, "song")}, ${duration(total_s)}`];
  const jumps = songs.flatMap(({ jump }) => (jump === null ? [] : [jump]));
  if (path !== null) parts.push(`off the path by ${mean(songs.map((song) => song.path_distance ?? 0))}`);
  if (jumps.length > 0) parts.push(`jumps of ${mean(jumps)}`);
  return [parts.join("; "), ...warnings.map((warning) => `too short: ${warning}`)].join(". ");
}

function mean(values: number[]): string {
  return (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(2);
}
