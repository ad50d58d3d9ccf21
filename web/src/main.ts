// The page: its views by address, its keys, and files that are dropped anywhere.

import "./song/base.css";
import "./song/song.css";
import "./app.css";
import * as api from "./api";
import { brand } from "./song/brand";
import { button, h, iconButton, typing } from "./song/dom";
import { showHelp } from "./help";
import { createLibraryView, type LibraryView } from "./library/library_view";
import { createSongView, type SongView } from "./song_view";
import { createStartView } from "./start_view";
import { createThemeSwitch } from "./song/theme";
import type { Health } from "./types";

let recolor = (): void => undefined;
const theme = createThemeSwitch(() => recolor());
void start();

async function start(): Promise<void> {
  const main = h("main", { id: "main", tabindex: -1 });
  try {
    const health = await api.health();
    build(main, health);
  } catch (error) {
    document.body.append(h("header", { class: "bar" }, home()), main);
    main.append(
      h("p", { class: "trouble", role: "alert" }, api.message(error)),
      button("Try again", () => location.reload()),
    );
  }
  document.documentElement.classList.add("ready");
}

interface Views {
  song: SongView;
  library: LibraryView;
  opening: HTMLElement;
}

function build(main: HTMLElement, health: Health): void {
  const go = (tokens: string[]): void => {
    const address = tokens.length === 0 ? "#/" : `#/hear/${tokens.join("/")}`;
    if (location.hash === address) route();
    else location.hash = address;
  };
  const song = createSongView(health, go);
  const library = createLibraryView(health, (token) => go([token]));
  const opening = createStartView(
    health,
    (file) => void take(file),
    (token) => go([token]),
  );
  const views: Views = { song, library, opening };
  const links = {
    song: h("a", { href: "#/", "aria-keyshortcuts": "1" }, "Song"),
    library: h("a", { href: "#/library", "aria-keyshortcuts": "2" }, "Library"),
  };
  recolor = () => {
    song.instrument.recolor();
    library.recolor();
  };
  document.body.append(
    skipLink(main),
    h(
      "header",
      { class: "bar" },
      home(),
      h("nav", { "aria-label": "Views" }, links.song, links.library),
      h(
        "div",
        { class: "row" },
        theme.element,
        iconButton(
          "Keys and help",
          "M11 17h2v2h-2zm1-12a4 4 0 0 1 4 4c0 1.7-1 2.6-1.9 3.4-.7.6-1.1 1-1.1 1.900v.700h-2v-.700c0-1.9 1-2.7 1.8-3.4.7-.6 1.2-1 1.2-1.900a2 2 0 0 0-4 0H8a4 4 0 0 1 4-4z",
          showHelp,
          { "aria-keyshortcuts": "?" },
        ),
      ),
    ),
    main,
    h("footer", {}, `moodcurve ${health.version} · model ${health.model}`),
  );

  let last = "#/";

  function route(): void {
    const [, view = "", ...tokens] = location.hash.split("/");
    const known = tokens.filter((token) => /^(song-\d+|job-[\w-]+)$/.test(token)).slice(0, 2);
    const inLibrary = view === "library";
    const hearing = view === "hear" && known.length > 0;
    for (const [name, link] of Object.entries(links)) {
      if ((name === "library") === inLibrary) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    show(main, inLibrary ? library.element : hearing ? song.element : opening);
    if (inLibrary) {
      song.instrument.pause();
      library.enter();
      document.title = "Library – moodcurve";
    } else {
      library.leave();
      last = hearing ? location.hash : "#/";
      if (hearing) void song.open(known);
      else {
        song.instrument.pause();
        document.title = "moodcurve";
      }
    }
    links.song.href = inLibrary ? last : "#/";
  }

  async function take(file: File): Promise<void> {
    show(main, song.element);
    await song.take(file);
  }

  addEventListener("hashchange", () => {
    route();
    document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
    scrollTo(0, 0);
  });
  addEventListener("keydown", (event) => keys(event, views, take, theme.next));
  acceptDrops(take);
  route();
}

function show(main: HTMLElement, view: HTMLElement): void {
  if (main.firstChild !== view) main.replaceChildren(view);
}

function keys(
  event: KeyboardEvent,
  { song, library }: Views,
  take: (file: File) => Promise<void>,
  changeTheme: () => void,
): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event)) return;
  if (document.querySelector("dialog[open]") !== null) return;
  const inView = library.element.isConnected
    ? library.key
    : song.element.isConnected
      ? song.instrument.key
      : () => false;
  const everywhere: Record<string, () => void> = {
    "?": showHelp,
    "1": () => (location.hash = document.querySelector<HTMLAnchorElement>("nav a")?.hash ?? "#/"),
    "2": () => (location.hash = "#/library"),
    o: () => chooseFile(take),
    t: changeTheme,
  };
  if (song.element.isConnected) everywhere.c = () => void song.compare();
  const act = everywhere[event.key];
  if (act !== undefined) act();
  else if (!inView(event)) return;
  event.preventDefault();
}

function chooseFile(take: (file: File) => Promise<void>): void {
  const input = h("input", { type: "file", accept: "audio/*,video/*" });
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file !== undefined) void take(file);
  });
  input.click();
}

function acceptDrops(take: (file: File) => Promise<void>): void {
  let depth = 0;
  const mark = (by: number): void => {
    depth = Math.max(0, depth + by);
    document.documentElement.classList.toggle("dropping", depth > 0);
  };
  addEventListener("dragenter", () => mark(1));
  addEventListener("dragleave", () => mark(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    mark(-depth);
    const [file] = event.dataTransfer?.files ?? [];
    if (file !== undefined) void take(file);
  });
}

function skipLink(main: HTMLElement): HTMLElement {
  const link = h("a", { href: "#main", class: "skip" }, "Skip to the content");
  link.addEventListener("click", (event) => {
    event.preventDefault(); // the address names the view
    main.focus();
  });
  return link;
}

function home(): HTMLElement {
  return h("a", { href: "#/", class: "brand" }, ...brand());
}
