// The page: its views by address, its keys, and files that are dropped anywhere.

import "./page.css";
import { addressOf, placeOf } from "./address";
import * as api from "./api";
import { createBar, home, skipLink, type Bar } from "./bar";
import { acceptDrops, chooseFile } from "./files";
import { showHelp } from "./help";
import { LibraryView } from "./library/library_view";
import { button, h, typing } from "./song/dom";
import { createThemeSwitch, type ThemeSwitch } from "./song/theme";
import { SongView } from "./song_view";
import { createStartView } from "./start_view";
import type { Health } from "./types";

let recolor = (): void => undefined;
const theme = createThemeSwitch(() => recolor());
async function start(): Promise<void> {
  const main = h("main", { id: "main", tabindex: -1 });
  try {
    new Pages(main, await api.health(), theme);
  } catch (error) {
    const again = button("Try again", () => location.reload());
    document.body.append(h("header", { class: "bar" }, home()), main);
    main.append(h("p", { class: "trouble", role: "alert" }, api.message(error)), again);
  }
  document.documentElement.classList.add("ready");
}

class Pages {
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
    this.song = new SongView(health, (tokens) => this.go(tokens));
    this.library = new LibraryView(health, (token) => this.go([token]));
    this.opening = createStartView(health, this.take, (token) => this.go([token]));
    this.bar = createBar(theme.element, showHelp);
    recolor = () => {
      this.song.instrument.recolor();
      this.library.recolor();
    };
    const made = h("footer", {}, `moodcurve ${health.version} · model ${health.model}`);
    document.body.append(skipLink(main), this.bar.element, main, made);
    addEventListener("hashchange", () => {
      this.route();
      document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
      scrollTo(0, 0);
    });
    addEventListener("keydown", (event) => this.key(event));
    acceptDrops(this.take);
    this.route();
  }

  private readonly take = (file: File): void => {
    this.show(this.song.element);
    void this.song.take(file);
  };

  private go(tokens: string[]): void {
    const address = addressOf(tokens);
    if (location.hash === address) this.route();
    else location.hash = address;
  }

  private route(): void {
    const place = placeOf(location.hash);
    if (place.view !== "song") this.song.instrument.pause();
    if (place.view === "library") {
      this.show(this.library.element);
      this.library.enter();
      document.title = "Library – moodcurve";
      this.bar.mark("library", this.last);
      return;
    }
    this.library.leave();
    this.bar.mark("song", "#/");
    if (place.view === "song") {
      this.last = location.hash;
      this.show(this.song.element);
      void this.song.open(place.tokens);
    } else {
      this.last = "#/";
      this.show(this.opening);
      document.title = "moodcurve";
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

void start();
