// What is written around the player: name and facts above, warnings, cards below, and what went wrong.

import { compareRow, type CompareTold } from "./compare_row";
import { downloadMenu } from "./downloads";
import { button, h, write } from "./song/dom";
import { aboutCard, compareCard, headline, songCard, warningList } from "./song/facts";
import type { Track } from "./tracks";

export interface SheetTold extends CompareTold {
  compare(): void;
}

export class Sheet {
  readonly element: HTMLElement;
  private readonly title = h("h1", { dir: "auto", tabindex: -1 });
  private readonly facts = h("p", { class: "facts" });
  private readonly actions = h("div", { class: "actions" });
  private readonly pair = h("div", { class: "pair", hidden: true });
  private readonly warnings = h("div", { class: "warnings", role: "note", "aria-label": "Warnings" });
  private readonly trouble = h("p", { class: "trouble", role: "alert" });
  private readonly cards = h("div", { class: "cards" });
  private readonly board: HTMLElement;

  constructor(
    player: HTMLElement,
    plane: HTMLElement,
    progress: HTMLElement,
    private readonly told: SheetTold,
  ) {
    this.board = h("div", { class: "board" }, player, plane);
    const { title, facts, actions, pair, trouble, warnings, board, cards } = this;
    this.element = h("div", { class: "song-view" });
    this.element.append(title, facts, actions, pair, trouble, progress, warnings, board, cards);
  }

  /** Only a name: what else there is to say is not known yet. */
  name(name: string): void {
    this.head(name);
    for (const part of [this.facts, this.actions, this.cards, this.warnings]) part.replaceChildren();
    this.pair.hidden = true;
  }

  show(tracks: [Track] | [Track, Track]): void {
    const [first, second] = tracks;
    const curves = tracks.map((track) => track.curve);
    this.head(tracks.map((track) => track.name).join(" and "));
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

  /** Show the player, or leave it away where there is nothing to play. */
  set player(on: boolean) {
    this.board.hidden = !on;
  }

  private head(name: string): void {
    write(this.title, name);
    document.title = `${name} – moodcurve`;
    this.player = true;
  }
}
