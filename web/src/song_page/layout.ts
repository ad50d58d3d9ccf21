// What is written around the player: name and facts above, warnings, cards below, and what went wrong.

import { compareRow, type CompareTold } from "./comparison_bar";
import { downloadMenu } from "./download_menu";
import { fileButton } from "../common/file_input";
import { button, h, write } from "../common/dom";
import { aboutCard } from "../cards/about_card";
import { compareCard } from "../cards/comparison_card";
import { headline, warningList } from "../cards/headline";
import { songCard } from "../cards/song_card";
import type { Track } from "./loaded_song";

/** Longer names are written smaller. */
const LONG_NAME = 60;

export interface SheetTold extends CompareTold {
  compare(): void;
  take(file: File): void;
}

export class Sheet {
  readonly element: HTMLElement;
  private readonly title = h("h1", { dir: "auto", tabindex: -1 });
  private readonly facts = h("p", { class: "facts" });
  private readonly actions = h("div", { class: "actions" });
  private readonly pair = h("div", { class: "pair", hidden: true });
  private readonly warnings = h("div", { class: "warnings", role: "note", "aria-label": "Warnings" });
  private readonly trouble = h("p", { class: "trouble", role: "alert" });
  private readonly instead = h("div", { class: "actions" });
  private readonly cards = h("div", { class: "cards" });
  private readonly board: HTMLElement;

  constructor(
    player: HTMLElement,
    plane: HTMLElement,
    progress: HTMLElement,
    private readonly told: SheetTold,
  ) {
    this.board = h("div", { class: "board" }, player, plane);
    const { title, facts, actions, pair, trouble, instead, warnings, board, cards } = this;
    this.element = h("div", { class: "song-view" });
    this.element.append(title, facts, actions, progress, pair, trouble, instead, warnings, board, cards);
  }

  /** Only a name: what else there is to say is not known yet. */
  name(name: string): void {
    this.head(name);
    for (const part of [this.facts, this.actions, this.cards, this.warnings]) part.replaceChildren();
    this.instead.replaceChildren();
    this.pair.hidden = true;
  }

  show(tracks: [Track] | [Track, Track]): void {
    const [first, second] = tracks;
    const curves = tracks.map((track) => track.curve);
    this.head(...tracks.map((track) => track.name));
    this.warnings.replaceChildren(...curves.flatMap(warningList));
    this.pair.hidden = second === undefined;
    if (second === undefined) {
      const compare = button("Compare …", this.told.compare, { "aria-keyshortcuts": "c" });
      this.facts.replaceChildren(...headline(first.curve, first.facts));
      this.actions.replaceChildren(compare, downloadMenu(first));
      this.cards.replaceChildren(songCard(first.curve), aboutCard(first.curve));
    } else {
      this.facts.replaceChildren();
      this.actions.replaceChildren();
      this.pair.replaceChildren(...compareRow(first, second, this.told));
      this.cards.replaceChildren(compareCard([first.name, second.name], curves), aboutCard(first.curve));
    }
  }

  /** One line that says what went wrong, or none. */
  tell(trouble: string): void {
    write(this.trouble, trouble);
  }

  /** There is nothing to play: what went wrong, and what can be done instead. */
  fail(trouble: string): void {
    this.tell(trouble);
    this.board.hidden = true;
    const start = h("a", { href: "#/" }, "Back to the start");
    this.instead.replaceChildren(fileButton("Choose another file", this.told.take), start);
  }

  private head(...names: string[]): void {
    const parts = names.flatMap((name, i) => [...(i === 0 ? [] : [" and "]), h("bdi", {}, name)]);
    this.title.replaceChildren(...parts);
    this.title.classList.toggle("long", names.join("").length > LONG_NAME);
    document.title = `${names.join(" and ")} – moodcurve`;
    this.board.hidden = false;
    this.instead.replaceChildren();
  }
}
