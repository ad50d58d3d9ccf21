// The tables of the overview.

import { button, h, setText } from "../common/dom";
import { displayText, signed } from "../common/format";
import type { RaterState, SongState } from "./types";

type Cell = Node | string;

export function raterTable(raters: RaterState[], remove: (rater: string) => void): HTMLElement {
  if (raters.length === 0) return h("p", {}, "Nobody is invited yet. Each rater gets a link of their own.");
  const heads = [
    "Rater",
    "Link",
    "Progress",
    "Repeats",
    "Consistency",
    "Headphones",
    "Input",
    "Samples",
    "Last seen",
    "",
  ];
  return table(
    heads,
    raters.map((rater) => [
      rater.rater,
      linkCell(rater),
      progressText(rater),
      rater.repeats > 0 ? `${rater.repeats_done} of ${rater.repeats}` : "–",
      consistencyText(rater),
      rater.headphones === null ? "–" : `${rater.headphones[0]} of ${rater.headphones[1]}`,
      rater.inputs.join(", ") || "–",
      rater.samples.toLocaleString("en") + (rater.missing > 0 ? ` (${rater.missing} missing)` : ""),
      rater.last_s === null ? "–" : new Date(1000 * rater.last_s).toLocaleString("en-GB"),
      button("Delete", () => remove(rater.rater), { "aria-label": `Delete ${rater.rater}` }),
    ]),
  );
}

export function songTable(songs: SongState[]): HTMLElement {
  const measures = ["α", "ICC(2,k)", "r", "CCC"];
  const heads = [
    "Song",
    "Raters",
    ...["arousal", "valence"].flatMap((axis) => measures.map((one) => `${axis} ${one}`)),
  ];
  return table(
    heads,
    songs.map((song) => [
      displayText(song.song),
      String(song.raters),
      ...[song.arousal, song.valence].flatMap((axis) => [
        number(axis?.cronbach_alpha),
        number(axis?.icc_2k),
        number(axis?.pairwise_r),
        number(axis?.pairwise_ccc),
      ]),
    ]),
  );
}

function linkCell({ rater, link }: RaterState): Node {
  const field = h("input", { readonly: true, value: link, "aria-label": `Link of ${rater}`, size: 14 });
  field.addEventListener("focus", () => field.select());
  const copy = button("Copy", () => {
    field.select();
    // without HTTPS, browsers have no clipboard interface; the text is selected for Ctrl+C
    void navigator.clipboard?.writeText(link).then(() => setText(copy, "Copied"));
  });
  copy.setAttribute("aria-label", `Copy the link of ${rater}`);
  return h("span", { class: "row link-cell" }, field, copy);
}

function progressText({ started, finished, done, songs }: RaterState): string {
  if (!started) return "invited";
  return finished ? `finished, ${done} of ${songs}` : `${done} of ${songs}`;
}

function consistencyText({ consistency: { songs, arousal, valence } }: RaterState): string {
  return songs === 0 ? "–" : `r ${number(arousal.r)} / ${number(valence.r)}`;
}

function number(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : signed(value);
}

function table(heads: string[], rows: Cell[][]): HTMLTableElement {
  const header = heads.map((head) => (head === "" ? h("td", {}) : h("th", { scope: "col" }, head)));
  const body = rows.map(([first = "", ...rest]) =>
    h("tr", {}, h("th", { scope: "row" }, first), ...rest.map((cell) => h("td", {}, cell))),
  );
  return h("table", {}, h("thead", {}, h("tr", {}, ...header)), h("tbody", {}, ...body));
}
