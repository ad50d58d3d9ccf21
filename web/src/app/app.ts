// The page around its views: routes, keyboard shortcuts, and files dropped anywhere.

import { h, isTyping } from "../common/dom";
import { acceptDrops, openFileDialog } from "../common/file_input";
import type { ThemeSwitch } from "../common/theme";
import { LibraryPage } from "../library/library_page";
import { PlaylistPage } from "../playlist/playlist_page";
import { LivePage } from "../live/live_page";
import type { Filters } from "../server/api";
import type { Health, PlanePoint } from "../server/types";
import { SongPage } from "../song_page/song_page";
import { createStartPage } from "../start_page/start_page";
import { createHeader, skipLink, type Header } from "./header";
import { showHelp } from "./help_dialog";
import { playlistRoute, songRoute, parseRoute, UPLOAD_ROUTE } from "../common/route";

export class App {
  private readonly songPage: SongPage;
  private readonly libraryPage: LibraryPage;
  private readonly playlistPage: PlaylistPage;
  private readonly livePage: LivePage;
  private readonly startPage: HTMLElement;
  private readonly header: Header;
  /** Where the Song link leads while the library is open. */
  private lastSongRoute = "#/";

  constructor(
    private readonly main: HTMLElement,
    health: Health,
    private readonly theme: ThemeSwitch,
  ) {
    this.songPage = new SongPage(health, {
      open: (tokens) => this.openSongs(tokens),
      uploaded: (tokens) => this.uploaded(tokens),
      upload: this.upload,
    });
    this.libraryPage = new LibraryPage(health, {
      open: (token) => this.openSongs([token]),
      play: (songs) => this.openPlaylist(songs),
      stay: (region, filters) => this.openRegion(region, filters),
    });
    this.playlistPage = new PlaylistPage(health, {
      open: (token) => this.openSongs([token]),
      changed: (songs) => this.playlistChanged(songs),
    });
    this.livePage = new LivePage((running) => this.header.setLive(running));
    this.startPage = createStartPage(health, this.upload, (token) => this.openSongs([token]));
    this.header = createHeader(theme.element, showHelp);
    const footer = h("footer", {}, `moodcurve ${health.version} · model ${health.model}`);
    document.body.append(skipLink(main), this.header.element, main, footer);
    addEventListener("hashchange", () => this.navigate());
    addEventListener("keydown", (event) => this.onKey(event));
    acceptDrops(this.upload);
    this.route();
  }

  /** Upload a file. The upload has its own route, so that the browser's back button and the Song link return to it. */
  private readonly upload = (file: File): void => {
    void this.songPage.upload(file);
    if (location.hash !== UPLOAD_ROUTE) history.pushState(null, "", UPLOAD_ROUTE);
    this.navigate();
  };

  private openSongs(tokens: string[]): void {
    const hash = songRoute(tokens);
    if (location.hash === hash) this.route();
    else location.hash = hash;
  }

  /** Replace the upload's route by that of its song; while another view is open, only update the Song link. */
  private uploaded(tokens: string[]): void {
    const hash = songRoute(tokens);
    const views = { library: this.libraryPage, playlist: this.playlistPage, live: this.livePage } as const;
    const shown = (["library", "playlist", "live"] as const).find((name) => views[name].element.isConnected);
    if (shown !== undefined) {
      this.lastSongRoute = hash;
      this.header.setCurrent(shown, hash);
    } else if (location.hash === UPLOAD_ROUTE) {
      history.replaceState(null, "", hash);
      this.route();
    } else this.openSongs(tokens);
  }

  /** Play songs of the library as a playlist. */
  private openPlaylist(songs: number[]): void {
    location.hash = playlistRoute(songs);
    this.playlistPage.playOnEntry();
  }

  /** Open the form of a new playlist that stays in a region. */
  private openRegion(region: PlanePoint[], filters: Filters): void {
    this.playlistPage.useRegion(region, filters);
    location.hash = playlistRoute([]);
  }

  /** Keep the songs of the playlist in its address. */
  private playlistChanged(songs: number[]): void {
    const hash = playlistRoute(songs);
    this.header.setPlaylist(hash);
    if (this.playlistPage.element.isConnected) history.replaceState(null, "", hash);
  }

  /** Redraw all canvases in the colors of the theme. */
  updateColors(): void {
    this.songPage.player.updateColors();
    this.libraryPage.updateColors();
    this.livePage.updateColors();
  }

  private navigate(): void {
    this.route();
    document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  private route(): void {
    const route = parseRoute(location.hash);
    const { element, player, uploading } = this.songPage;
    if (route.view !== "song" && route.view !== "upload") player.pause();
    if (route.view === "library") {
      this.playlistPage.leave();
      this.show(this.libraryPage.element);
      this.libraryPage.enter();
      document.title = "Library – moodcurve";
      this.header.setCurrent("library", this.lastSongRoute);
      return;
    }
    this.libraryPage.leave();
    if (route.view === "playlist") {
      this.show(this.playlistPage.element);
      this.playlistPage.enter(route.songs, route.around);
      document.title = "Playlist – moodcurve";
      this.header.setCurrent("playlist", this.lastSongRoute);
      return;
    }
    this.playlistPage.leave();
    if (route.view === "live") {
      this.show(this.livePage.element);
      void this.livePage.enter();
      document.title = "Live – moodcurve";
      this.header.setCurrent("live", this.lastSongRoute);
      return;
    }
    this.header.setCurrent("song", "#/");
    this.lastSongRoute = route.view === "start" ? "#/" : location.hash;
    if (route.view === "start" || (route.view === "upload" && !uploading)) {
      this.show(this.startPage);
      document.title = "moodcurve";
    } else {
      this.show(element);
      if (route.view === "song") void this.songPage.open(route.tokens);
    }
  }

  private show(view: HTMLElement): void {
    if (this.main.firstChild !== view) this.main.replaceChildren(view);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    if (document.querySelector("dialog[open]") !== null) return;
    const shortcuts: Record<string, () => void> = {
      "?": showHelp,
      "1": () => (location.hash = this.songPage.element.isConnected ? "#/" : this.lastSongRoute),
      "2": () => (location.hash = "#/library"),
      "3": () => (location.hash = playlistRoute(this.playlistPage.songs)),
      "4": () => (location.hash = "#/live"),
      o: () => openFileDialog(this.upload),
      t: () => this.theme.next(),
    };
    const action = shortcuts[event.key];
    if (action !== undefined) action();
    else if (!this.handleKeyInView(event)) return;
    event.preventDefault();
  }

  /** Pass a key to the visible view; return true if the view handled it. */
  private handleKeyInView(event: KeyboardEvent): boolean {
    if (this.libraryPage.element.isConnected) return this.libraryPage.handleKey(event);
    if (this.playlistPage.element.isConnected) return this.playlistPage.handleKey(event);
    if (this.livePage.element.isConnected) return this.livePage.handleKey(event);
    return this.songPage.element.isConnected && this.songPage.handleKey(event);
  }
}
