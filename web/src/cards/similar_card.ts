// The card of songs like the song, from the library.

import { similarSongs } from "../server/api";
import { h } from "../common/dom";
import { songName } from "../common/format";

/** A card that fills itself; it stays hidden for a song that is not in the library, or like which there is none. */
export function similarCard(token: string): HTMLElement {
  const list = h("ol", { class: "similar" });
  const card = h(
    "section",
    { class: "card", hidden: true, "aria-label": "More like this" },
    h("h2", {}, "More like this"),
    list,
  );
  if (token.startsWith("song-")) void fill(card, list, Number(token.slice(5)));
  return card;
}

async function fill(card: HTMLElement, list: HTMLElement, id: number): Promise<void> {
  const found = await similarSongs(id).catch(() => []); // the page of the song works without
  const items = found.map(({ song, agrees }) => {
    const link = h("a", { href: `#/listen/song-${song.id}`, dir: "auto" }, songName(song));
    return h("li", {}, link, h("span", {}, agrees.length ? ` – alike in ${agrees.join(", ")}` : ""));
  });
  list.replaceChildren(...items);
  card.hidden = items.length === 0;
}
