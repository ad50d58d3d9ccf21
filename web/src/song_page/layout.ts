// The layout of the song page: name, headline and actions above the player, cards below, and errors.

import { comparisonBar, type ComparisonHandlers } from "./comparison_bar";
import { downloadMenu } from "./download_menu";
import { fileButton } from "../common/file_input";
import { button, h, setText } from "../common/dom";
import { aboutCard } from "../cards/about_card";
import { comparisonCard } from "../cards/comparison_card";
import { headline, warningList } from "../cards/headline";
import { similarCard } from "../cards/similar_card";
import { songCard } from "../cards/song_card";
import type { LoadedSong } from "./loaded_song";

/** Longer names get a smaller font. */
const LONG_NAME = 60;

export interface LayoutHandlers extends ComparisonHandlers {
  compare(): void;
  upload(file: File): void;
}

export class SongLayout {
  readonly element: HTMLElement;
  private readonly title = h("h1", { dir: "auto", tabindex: -1 });
  private readonly headline = h("p", { class: "headline" });
  private readonly actions = h("div", { class: "actions" });
  private readonly pair = h("div", { class: "pair", hidden: true });
  private readonly warnings = h("div", { class: "warnings", role: "note", "aria-label": "Warnings" });
  private readonly error = h("p", { class: "error", role: "alert" });
  private readonly alternatives = h("div", { class: "actions" });
  private readonly cards = h("div", { class: "cards" });
  private readonly columns: HTMLElement;

  constructor(
    player: HTMLElement,
    circumplex: HTMLElement,
    progress: HTMLElement,
    private readonly handlers: LayoutHandlers,
  ) {
    this.columns = h("div", { class: "columns" }, player, circumplex);
    const { title, headline, actions, pair, error, alternatives, warnings, columns, cards } = this;
    this.element = h("div", { class: "song-view" });
    this.element.append(title, headline, actions, progress, pair, error, alternatives, warnings, columns, cards);
  }

  /** Show a song of which only the name is known. */
  showName(name: string): void {
    this.setTitle(name);
    for (const element of [this.headline, this.actions, this.cards, this.warnings]) element.replaceChildren();
    this.alternatives.replaceChildren();
    this.pair.hidden = true;
  }

  show(songs: [LoadedSong] | [LoadedSong, LoadedSong]): void {
    const [first, second] = songs;
    const curves = songs.map((song) => song.curve);
    this.setTitle(...songs.map((song) => song.name));
    this.warnings.replaceChildren(...curves.flatMap(warningList));
    this.pair.hidden = second === undefined;
    if (second === undefined) {
      const compare = button("Compare…", this.handlers.compare, { "aria-keyshortcuts": "c" });
      this.headline.replaceChildren(...headline(first.curve, first.details));
      this.actions.replaceChildren(compare, downloadMenu(first));
      this.cards.replaceChildren(songCard(first.curve), similarCard(first.token), aboutCard(first.curve));
    } else {
      this.headline.replaceChildren();
      this.actions.replaceChildren();
      this.pair.replaceChildren(...comparisonBar(first, second, this.handlers));
      this.cards.replaceChildren(comparisonCard([first.name, second.name], curves), aboutCard(first.curve));
    }
  }

  /** Show an error message, or hide it if empty. */
  showError(error: string): void {
    setText(this.error, error);
  }

  /** Show an error in place of the player, with what to do next. */
  showFailure(error: string): void {
    this.showError(error);
    this.columns.hidden = true;
    const start = h("a", { href: "#/" }, "Back to start page");
    this.alternatives.replaceChildren(fileButton("Choose another file", this.handlers.upload), start);
  }

  private setTitle(...names: string[]): void {
    const parts = names.flatMap((name, i) => [...(i === 0 ? [] : [" and "]), h("bdi", {}, name)]);
    this.title.replaceChildren(...parts);
    this.title.classList.toggle("long", names.join("").length > LONG_NAME);
    document.title = `${names.join(" and ")} – moodcurve`;
    this.columns.hidden = false;
    this.alternatives.replaceChildren();
  }
}
