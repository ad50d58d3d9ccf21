// The songs of a playlist in order, with buttons to play, move, replace and remove each.

import { h, iconButton } from "../common/dom";
import { clock, songName } from "../common/format";
import { ICONS } from "../common/icons";
import { quadrant, QUADRANTS } from "../curve/mood";
import { songRow } from "../search/song_row";
import type { PlaylistSong } from "../server/types";

export interface ListHandlers {
  play(index: number): void;
  open(index: number): void;
  move(from: number, to: number): void;
  replace(index: number): void;
  remove(index: number): void;
}

export class PlaylistList {
  readonly element = h("ol", { class: "playlist-songs", "aria-label": "Songs of the playlist" });
  private dragged: number | null = null;

  constructor(private readonly handlers: ListHandlers) {}

  show(songs: PlaylistSong[]): void {
    this.element.replaceChildren(...songs.map((song, index) => this.item(song, index, songs.length)));
  }

  /** Mark the song that plays. */
  mark(index: number | null): void {
    [...this.element.children].forEach((item, i) => {
      if (i === index) item.setAttribute("aria-current", "true");
      else item.removeAttribute("aria-current");
    });
  }

  /** Focus a button of a song, for example after it was moved; one that is disabled has a neighbor that is not. */
  focus(index: number, action: string): void {
    const buttons = [...(this.element.children[index]?.querySelectorAll<HTMLButtonElement>("button") ?? [])];
    const wanted = buttons.find((element) => element.dataset.action === action && !element.disabled);
    (wanted ?? buttons.find((element) => !element.disabled))?.focus();
  }

  private item(song: PlaylistSong, index: number, count: number): HTMLElement {
    const name = songName(song);
    const { handlers } = this;
    const tool = (
      action: keyof ListHandlers,
      label: string,
      icon: string,
      onClick: () => void,
      disabled = false,
    ): HTMLButtonElement => iconButton(label, icon, onClick, { "data-action": action, disabled });
    const row = h(
      "div",
      { class: "song-row" },
      ...songRow({ ...song, name, tags: "", quadrant: QUADRANTS[quadrant(song)]! }),
    );
    row.addEventListener("dblclick", () => handlers.open(index));
    const item = h(
      "li",
      { draggable: "true" },
      h("span", { class: "number" }, String(index + 1), h("span", { class: "time" }, clock(song.begin_s))),
      tool("play", `Play ${name}`, ICONS.play, () => handlers.play(index)),
      row,
      h(
        "div",
        { class: "song-tools" },
        tool("move", `Move ${name} up`, ICONS.up, () => handlers.move(index, index - 1), index === 0),
        tool("move", `Move ${name} down`, ICONS.down, () => handlers.move(index, index + 1), index === count - 1),
        tool("replace", `Replace ${name}`, ICONS.replace, () => handlers.replace(index)),
        tool("remove", `Remove ${name}`, ICONS.remove, () => handlers.remove(index), count === 1),
      ),
    );
    this.watchDrag(item, index);
    return item;
  }

  private watchDrag(item: HTMLElement, index: number): void {
    item.addEventListener("dragstart", (event) => {
      this.dragged = index;
      event.dataTransfer?.setData("text/plain", String(index)); // Firefox drags nothing without data
    });
    item.addEventListener("dragend", () => (this.dragged = null));
    item.addEventListener("dragover", (event) => {
      if (this.dragged === null) return; // a file
      event.preventDefault();
      item.classList.add("target");
    });
    item.addEventListener("dragleave", () => item.classList.remove("target"));
    item.addEventListener("drop", (event) => {
      if (this.dragged === null) return;
      event.preventDefault();
      event.stopPropagation();
      item.classList.remove("target");
      if (this.dragged !== index) this.handlers.move(this.dragged, index);
      this.dragged = null;
    });
  }
}
