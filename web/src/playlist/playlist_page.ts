// The playlist page: make a list along a path, play it, change it and save it.

import { h, setText } from "../common/dom";
import { songName } from "../common/format";
import { emptyLibrary } from "../library/empty_library";
import * as api from "../server/api";
import type { Health, PlanePoint, Playlist } from "../server/types";
import { PlaylistForm } from "./playlist_form";
import { PlaylistList } from "./playlist_list";
import { PlaylistPlane } from "./playlist_plane";
import { PlaylistPlayer } from "./playlist_player";
import { pickReplacement } from "./replace_dialog";
import { SaveRow } from "./save_row";
import { summaryOf } from "./summary";

const HINT =
  "The songs of your playlist appear here: to play, put in another order, replace and save. Choose a length and press " +
  "“Make playlist”, or draw a path on the plane with the pen.";

export interface PlaylistHandlers {
  /** Open the song of a token. */
  open(token: string): void;
  /** The list has these songs now. */
  changed(songs: number[]): void;
}

export class PlaylistPage {
  readonly element: HTMLElement;
  private readonly form = new PlaylistForm({
    submit: () => void this.make(),
    pathRemoved: () => this.plane.showPath(null),
  });
  private readonly plane = new PlaylistPlane({
    drawn: (path) => this.follow(path),
    select: (index) => this.player.play(index),
  });
  private readonly list = new PlaylistList({
    play: (index) => this.player.play(index),
    open: (index) => this.handlers.open(`song-${this.songs[index]}`),
    move: (from, to) => void this.move(from, to),
    replace: (index) => void this.replace(index),
    remove: (index) => void this.remove(index),
  });
  private readonly player = new PlaylistPlayer({
    changed: (index) => this.mark(index),
    error: (text) => setText(this.error, text),
  });
  private readonly summary = h("p", { class: "count", role: "status" }, HINT);
  private readonly error = h("p", { class: "error", role: "alert" });
  private readonly save = new SaveRow();
  private playlist: Playlist | null = null;
  private controller = new AbortController();
  private playWhenLoaded = false;

  constructor(
    private readonly health: Health,
    private readonly handlers: PlaylistHandlers,
  ) {
    const heading = h("h1", { tabindex: -1 }, "Playlist");
    this.element = h("div", { class: "playlist-view" }, heading);
    if (health.library && health.songs > 0) this.element.append(this.newList(), this.listCard());
    else this.element.append(h("section", { class: "card" }, emptyLibrary()));
    this.player.element.hidden = true;
  }

  /** The ids of its songs. */
  get songs(): number[] {
    return this.playlist?.songs.map(({ id }) => id) ?? [];
  }

  /** Show the songs of the address, or make a list around a song; without any, keep what is shown. */
  enter(songs: number[], around?: number): void {
    if (this.health.library && around !== undefined) void this.makeAround(around);
    else if (!this.health.library || songs.length === 0) this.handlers.changed(this.songs);
    else if (songs.join() !== this.songs.join()) void this.load((signal) => api.describeList(songs, null, signal));
    else this.startIfAsked();
  }

  leave(): void {
    this.player.pause();
  }

  /** Play the list as soon as it is shown. */
  playOnEntry(): void {
    this.playWhenLoaded = true;
  }

  /** Ask for a playlist in a region of the map. */
  useRegion(region: PlanePoint[], filters: api.Filters): void {
    this.form.setPath(null);
    this.form.setRegion(region, filters);
    void this.make();
  }

  /** Handle a keyboard shortcut; return true if this page has it. */
  handleKey(event: KeyboardEvent): boolean {
    const onControl = event.target instanceof HTMLElement && event.target.closest("button, a, summary, input") !== null;
    if (event.key === "n") this.player.skip(1);
    else if (event.key === "p") this.player.skip(-1);
    else if (event.key === " " && !onControl) this.player.toggle();
    else return false;
    return true;
  }

  private async makeAround(id: number): Promise<void> {
    this.form.setFirst(id, `song ${id}`);
    try {
      this.form.setFirst(id, songName(await api.song(id)));
    } catch {
      // the request of the list reports the error
    }
    await this.make();
  }

  private newList(): HTMLElement {
    return h("section", { class: "card", "aria-label": "New playlist" }, this.form.element, this.plane.element);
  }

  private listCard(): HTMLElement {
    return h(
      "section",
      { class: "card list-card", "aria-label": "Songs" },
      this.player.element,
      this.error,
      this.summary,
      this.list.element,
      this.save.element,
    );
  }

  private follow(path: PlanePoint[]): void {
    this.form.setPath(path);
    this.plane.showPath(path);
    void this.make();
  }

  private async make(): Promise<void> {
    this.list.element.setAttribute("aria-busy", "true");
    await this.load((signal) => api.makePlaylist(this.form.parameters(), signal));
    this.form.offerAnother();
  }

  /** Show the list with other songs, or in another order. */
  private async change(songs: number[]): Promise<void> {
    const { name } = this.save;
    const path = this.playlist?.path ?? null;
    await this.load(async (signal) => ({ ...(await api.describeList(songs, path, signal)), name }));
  }

  /** Show what a request returns; a later request cancels it. */
  private async load(request: (signal: AbortSignal) => Promise<Playlist>): Promise<void> {
    this.controller.abort();
    this.controller = new AbortController();
    try {
      this.show(await request(this.controller.signal));
    } catch (error) {
      if (!api.isAbort(error)) setText(this.error, api.errorText(error));
    }
    this.list.element.removeAttribute("aria-busy");
  }

  private show(playlist: Playlist): void {
    this.playlist = playlist;
    setText(this.error, "");
    this.plane.show(playlist);
    this.list.show(playlist.songs);
    this.player.setSongs(playlist.songs);
    setText(this.summary, summaryOf(playlist));
    this.save.show(playlist);
    this.handlers.changed(this.songs);
    this.startIfAsked();
  }

  private startIfAsked(): void {
    if (this.playWhenLoaded) this.player.play(0);
    this.playWhenLoaded = false;
  }

  private mark(index: number | null): void {
    this.list.mark(index);
    this.plane.mark(index);
  }

  private async move(from: number, to: number): Promise<void> {
    const songs = [...this.songs];
    const [moved] = songs.splice(from, 1);
    if (moved === undefined) return;
    songs.splice(to, 0, moved);
    await this.change(songs);
    this.list.focus(to, "move");
  }

  private async remove(index: number): Promise<void> {
    const songs = this.songs.filter((_, i) => i !== index);
    await this.change(songs);
    this.list.focus(Math.min(index, songs.length - 1), "remove");
  }

  private async replace(index: number): Promise<void> {
    const song = this.playlist?.songs[index];
    if (song === undefined) return;
    const { songs } = this;
    const path = this.playlist?.path ?? null;
    const load = (): ReturnType<typeof api.alternatives> => api.alternatives(songs, index, path, this.form.rules());
    const picked = await pickReplacement(songName(song), load);
    if (picked !== null) await this.change(songs.map((id, i) => (i === index ? picked : id)));
    this.list.focus(index, "replace");
  }
}
