// The card of songs like the song, from the library: weights of what counts, and a playlist around the song.

import { type Part, PARTS, similarSongs, type Weights } from "../server/api";
import { h } from "../common/dom";
import { songName } from "../common/format";
import { aroundRoute } from "../common/route";

const DEBOUNCE_MS = 250;
const MAX_WEIGHT = 3;

/** A card that fills itself; it stays hidden for a song that is not in the library, or like which there is none. */
export function similarCard(token: string): HTMLElement {
  const card = h("section", { class: "card", hidden: true, "aria-label": "More like this" });
  if (token.startsWith("song-")) fillCard(card, Number(token.slice(5)));
  return card;
}

function fillCard(card: HTMLElement, id: number): void {
  const list = h("ol", { class: "similar" });
  const sliders = PARTS.map(weightSlider);
  const summary = h("summary", {}, "What counts");
  const weights = h("details", { class: "weights" }, summary, ...sliders.map(({ element }) => element));
  const playlist = h("a", { href: aroundRoute(id) }, "Playlist around this song");
  card.append(h("h2", {}, "More like this"), list, weights, h("p", {}, playlist));
  let timer = 0;
  let latest = 0;
  const load = async (): Promise<void> => {
    const request = ++latest;
    const wanted = Object.fromEntries(sliders.map(({ part, input }) => [part, Number(input.value)])) as Weights;
    const none = Object.values(wanted).every((weight) => weight === 0);
    const found = none ? [] : await similarSongs(id, wanted).catch(() => []); // the page of the song works without
    if (request !== latest) return;
    const items = found.map(({ song, agrees }) => {
      const link = h("a", { href: `#/listen/song-${song.id}`, dir: "auto" }, songName(song));
      return h("li", {}, link, h("span", {}, agrees.length ? ` – alike in ${agrees.join(", ")}` : ""));
    });
    list.replaceChildren(
      ...(none ? [h("li", { class: "note" }, "Nothing counts: move a slider to the right.")] : items),
    );
    if (items.length > 0) card.hidden = false;
  };
  weights.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void load(), DEBOUNCE_MS);
  });
  void load();
}

function weightSlider(part: Part): { part: Part; input: HTMLInputElement; element: HTMLElement } {
  const id = `weight-${part}`;
  const input = h("input", { type: "range", id, min: 0, max: MAX_WEIGHT, step: 0.5, value: 1 });
  const element = h("div", { class: "weight" }, h("label", { for: id }, LABELS[part]), input);
  return { part, input, element };
}

const LABELS: Record<Part, string> = { course: "Course", sound: "Sound", mood: "Mood" };
