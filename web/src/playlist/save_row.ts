// The name of a playlist, and the menu that saves it as a file.

import { h } from "../common/dom";
import { displayText } from "../common/format";
import { createLinkMenu } from "../common/link_menu";
import { listUrl, playlistFileUrl } from "../server/api";
import type { Playlist } from "../server/types";

const NOTE = "Paths lead from your scanned folder: save the file there. The address of this page keeps the list too.";
const FORMATS: [string, string][] = [
  ["m3u8", "M3U8 (players)"],
  ["xspf", "XSPF"],
  ["jspf", "JSPF"],
];

export class SaveRow {
  readonly element: HTMLElement;
  private readonly field = h("input", { id: "playlist-name", type: "text", maxlength: 100, autocomplete: "off" });
  private menu: HTMLElement = h("div");
  private playlist: Playlist | null = null;

  constructor() {
    const label = h("label", { for: "playlist-name" }, "Name");
    const named = h("div", { class: "field" }, label, this.field);
    this.element = h("div", { class: "row save-row", hidden: true }, named, this.menu, h("p", { class: "note" }, NOTE));
    this.field.addEventListener("input", () => this.showMenu());
  }

  get name(): string {
    return displayText(this.field.value) || "Playlist";
  }

  show(playlist: Playlist): void {
    this.playlist = playlist;
    this.field.value = displayText(playlist.name);
    this.element.hidden = false;
    this.showMenu();
  }

  /** Create the menu again, since its links hold the name. */
  private showMenu(): void {
    const { playlist, name } = this;
    if (playlist === null) return;
    const songs = playlist.songs.map(({ id }) => id);
    const links = FORMATS.map(([format, label]) => ({
      label,
      href: playlistFileUrl({ songs: songs.join(",") }, format, name),
      download: `${name}.${format}`,
    }));
    links.push({ label: "JSON (all data)", href: listUrl(songs, playlist.path), download: `${name}.json` });
    const menu = createLinkMenu("Save", links);
    this.menu.replaceWith(menu);
    this.menu = menu;
  }
}
