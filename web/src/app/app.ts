// The page: its views by address, its keys, and files that are dropped anywhere.

import { h, typing } from "../common/dom";
import { acceptDrops, chooseFile } from "../common/file_input";
import type { ThemeSwitch } from "../common/theme";
import { LibraryView } from "../library/library_page";
import type { Health } from "../server/types";
import { SongView } from "../song_page/song_page";
import { createStartView } from "../start_page/start_page";
import { createBar, skipLink, type Bar } from "./header";
import { showHelp } from "./help_dialog";
import { addressOf, placeOf, SENDING } from "./route";

export class App {
  private readonly song: SongView;
  private readonly library: LibraryView;
  private readonly opening: HTMLElement;
  private readonly bar: Bar;
  /** Where the link to the song leads from the library. */
  private last = "#/";

  constructor(
    private readonly main: HTMLElement,
    health: Health,
    private readonly theme: ThemeSwitch,
  ) {
    this.song = new SongView(health, {
      go: (tokens) => this.go(tokens),
      sent: (tokens) => this.sent(tokens),
      take: this.take,
    });
    this.library = new LibraryView(health, (token) => this.go([token]));
    this.opening = createStartView(health, this.take, (token) => this.go([token]));
    this.bar = createBar(theme.element, showHelp);
    const made = h("footer", {}, `moodcurve ${health.version} · model ${health.model}`);
    document.body.append(skipLink(main), this.bar.element, main, made);
    addEventListener("hashchange", () => this.arrive());
    addEventListener("keydown", (event) => this.key(event));
    acceptDrops(this.take);
    this.route();
  }

  /** Send a file; its view has an address of its own, so that other views lead back to it. */
  private readonly take = (file: File): void => {
    void this.song.take(file);
    if (location.hash !== SENDING) history.pushState(null, "", SENDING);
    this.arrive();
  };

  private go(tokens: string[]): void {
    const address = addressOf(tokens);
    if (location.hash === address) this.route();
    else location.hash = address;
  }

  /** Songs that were sent take the place of the sending; while the library is looked at, behind its link. */
  private sent(tokens: string[]): void {
    const address = addressOf(tokens);
    if (this.library.element.isConnected) {
      this.last = address;
      this.bar.mark("library", address);
    } else if (location.hash === SENDING) {
      history.replaceState(null, "", address);
      this.route();
    } else this.go(tokens);
  }

  /** Draw all canvases in the colors of the theme. */
  recolor(): void {
    this.song.instrument.recolor();
    this.library.recolor();
  }

  private arrive(): void {
    this.route();
    document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  private route(): void {
    const place = placeOf(location.hash);
    const { element, instrument, sending } = this.song;
    if (place.view !== "song" && place.view !== "sending") instrument.pause();
    if (place.view === "library") {
      this.show(this.library.element);
      this.library.enter();
      document.title = "Library – moodcurve";
      this.bar.mark("library", this.last);
      return;
    }
    this.library.leave();
    this.bar.mark("song", "#/");
    this.last = place.view === "start" ? "#/" : location.hash;
    if (place.view === "start" || (place.view === "sending" && !sending)) {
      this.show(this.opening);
      document.title = "moodcurve";
    } else {
      this.show(element);
      if (place.view === "song") void this.song.open(place.tokens);
    }
  }

  private show(view: HTMLElement): void {
    if (this.main.firstChild !== view) this.main.replaceChildren(view);
  }

  private key(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event)) return;
    if (document.querySelector("dialog[open]") !== null) return;
    const everywhere: Record<string, () => void> = {
      "?": showHelp,
      "1": () => (location.hash = this.library.element.isConnected ? this.last : "#/"),
      "2": () => (location.hash = "#/library"),
      o: () => chooseFile(this.take),
      t: () => this.theme.next(),
    };
    const act = everywhere[event.key];
    if (act !== undefined) act();
    else if (!this.inView(event)) return;
    event.preventDefault();
  }

  /** Give a key to the view that is shown; tell whether it knew it. */
  private inView(event: KeyboardEvent): boolean {
    if (this.library.element.isConnected) return this.library.key(event);
    return this.song.element.isConnected && this.song.key(event);
  }
}
