// The report of one song, written by `moodcurve analyze --report`. Curve, waveform peaks and audio are embedded in the
// page; they are shown by the same modules as on the server's page.

import "./song.css";
import "./report.css";
import { logo } from "./common/logo";
import { lengthS } from "./curve/sampling";
import type { Curve } from "./curve/curve";
import { h, isTyping } from "./common/dom";
import { aboutCard } from "./cards/about_card";
import { headline, warningList } from "./cards/headline";
import { songCard } from "./cards/song_card";
import { Player } from "./player/player";
import { createThemeSwitch } from "./common/theme";

interface Report {
  curve: Curve;
  /** Bytes in base64, from 0 to 255. */
  peaks: string;
  /** A message about the audio. */
  note: string;
  version: string;
}

build(JSON.parse(document.getElementById("data")!.textContent!) as Report);

function build({ curve, peaks, note, version }: Report): void {
  const fallback = document.querySelector("#sound"); // with controls, for browsers without JavaScript
  const source = fallback?.getAttribute("src") ?? null;
  fallback?.remove();
  const theme = createThemeSwitch(() => player.updateColors());
  const player = new Player(h("audio", { id: "sound", preload: "auto" }));
  document.body.prepend(
    h("header", { class: "bar" }, h("p", { class: "logo" }, ...logo()), h("div", { class: "row" }, theme.element)),
  );
  document
    .querySelector("main")!
    .append(
      h("p", { class: "headline" }, ...headline(curve, [])),
      h("div", { class: "warnings", role: "note", "aria-label": "Warnings" }, ...warningList(curve)),
      h("div", { class: "columns" }, player.element, player.circumplexElement),
      h(
        "p",
        { class: "note keys" },
        "Press Space to play or pause, ← or → to skip 5 s (with Shift, 1 s), + or − to zoom. Click or drag on the curves to seek.",
      ),
      h("div", { class: "cards" }, songCard(curve), aboutCard(curve)),
    );
  document.body.append(h("footer", {}, `Made by moodcurve ${version}`));
  player.show([curve], lengthS(curve), false);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    if (event.key === "t") theme.next();
    else if (!player.handleKey(event)) return;
    event.preventDefault();
  });
  // wavesurfer.js starts by loading its element's source at the end of this task
  queueMicrotask(() => {
    player.load({ source, seconds: curve.duration_s, peaks: decodePeaks(peaks), note }, false);
    document.documentElement.classList.add("ready");
  });
}

function decodePeaks(peaks: string): Float32Array {
  return Float32Array.from(atob(peaks), (byte) => byte.charCodeAt(0) / 255);
}
