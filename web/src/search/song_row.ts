// The content of a song's row in a list: title, artist and tags, mood with the color of its quadrant, and duration.

import { h } from "../common/dom";
import { displayText, duration } from "../common/format";
import { describe, type Point } from "../curve/mood";

export interface SongRow extends Point {
  name: string;
  artist: string | null;
  /** Names of the strongest tags, or empty. */
  tags: string;
  /** The quadrant's name. */
  quadrant: string;
  duration_s: number;
}

export function songRow(song: SongRow): HTMLElement[] {
  const artist = displayText(song.artist ?? "");
  const title = h("span", { class: "title", dir: "auto" }, song.name);
  const details = [
    ...(artist === "" ? [] : [h("bdi", {}, artist)]),
    ...(artist === "" || song.tags === "" ? [] : [" · "]),
    ...(song.tags === "" ? [] : [h("span", { class: "tags", title: "Likely Last.fm tags" }, song.tags)]),
  ];
  const lines = details.length === 0 ? [title] : [title, h("span", { class: "artist", dir: "auto" }, ...details)];
  return [
    h("span", { class: "song-text" }, ...lines),
    moodLabel(describe(song, 1), song.quadrant),
    h("span", { class: "time" }, duration(song.duration_s)),
  ];
}

/** A mood in words, next to a dot in the color of its quadrant. */
export function moodLabel(mood: string, quadrant: string): HTMLElement {
  return h("span", { class: "mood" }, h("i", { class: `swatch q-${quadrant}`, "aria-hidden": "true" }), mood);
}
