// A menu to download a song's curve.

import { createLinkMenu } from "../common/link_menu";
import type { LoadedSong } from "./loaded_song";

const FORMATS = {
  csv: "CSV (table)",
  png: "PNG (image)",
  jams: "JAMS (music annotation)",
  json: "JSON (all data)",
};

export function downloadMenu({ curveUrl, name }: LoadedSong): HTMLElement {
  const links = Object.entries(FORMATS).map(([format, label]) => ({
    label,
    href: `${curveUrl}?format=${format}`,
    download: `${name}.${format}`,
  }));
  return createLinkMenu("Download", links);
}
