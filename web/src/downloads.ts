// The menu of files in which a song's curve can be had.

import { h } from "./song/dom";
import type { Track } from "./tracks";

const FORMATS = {
  csv: "CSV, a table of the points",
  png: "PNG, a picture",
  jams: "JAMS, for research",
  json: "JSON, all there is",
};

export function downloadMenu({ address, name }: Track): HTMLElement {
  const links = Object.entries(FORMATS).map(([format, words]) => {
    const link = h("a", { href: `${address}?format=${format}`, download: `${name}.${format}` }, words);
    return h("li", {}, link);
  });
  return h("details", { class: "menu" }, h("summary", {}, "Download"), h("ul", {}, ...links));
}
