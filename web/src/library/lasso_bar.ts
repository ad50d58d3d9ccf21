// What can be done with the songs in a lasso: play them, make a playlist of them, save them, or clear it.

import { button, h } from "../common/dom";
import { createLinkMenu } from "../common/link_menu";
import { simplified } from "../curve/polyline";
import { playlistFileUrl, pointsText, type Filters } from "../server/api";
import type { PlanePoint } from "../server/types";

/** The most songs of a list in an address. */
const MAX_PLAYED = 1000;
const FORMATS: [string, string][] = [
  ["m3u8", "M3U8 (players)"],
  ["xspf", "XSPF"],
  ["jspf", "JSPF"],
];

export interface LassoBarHandlers {
  clear(): void;
  play(songs: number[]): void;
  /** Make a playlist within a region. */
  stay(region: PlanePoint[]): void;
}

export class LassoBar {
  readonly element = h("div", { class: "lasso-bar row", role: "group", "aria-label": "Songs in the lasso" });

  constructor(private readonly handlers: LassoBarHandlers) {
    this.element.hidden = true;
  }

  /** Show the bar for the songs in a lasso, in the order of the list; null hides it. */
  show(songs: number[] | null, corners: PlanePoint[], filters: Filters): void {
    this.element.hidden = songs === null;
    this.element.replaceChildren();
    if (songs === null) return;
    this.element.append(button("Clear lasso", this.handlers.clear));
    const region = simplified(corners);
    if (songs.length === 0 || region.length < 3) return;
    const fits = songs.length <= MAX_PLAYED;
    // more songs than an address holds are named by the region, in the order of artists
    const parameters: Filters = fits ? { songs: songs.join(",") } : { ...filters, region: pointsText(region) };
    const links = FORMATS.map(([format, label]) => ({
      label,
      href: playlistFileUrl(parameters, format, "Lasso"),
      download: `Lasso.${format}`,
    }));
    const play = (): void => this.handlers.play(songs.slice(0, MAX_PLAYED));
    this.element.append(
      button(fits ? "Play" : `Play the first ${MAX_PLAYED.toLocaleString("en")}`, play, { class: "primary" }),
      button("Make playlist", () => this.handlers.stay(region)),
      createLinkMenu("Save", links),
    );
  }
}
