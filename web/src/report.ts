// The report of one song: what `moodcurve analyze --report` writes around this script. Its curve, the heights of its
// waveform and its sound are in the page; the parts that show them are those of the server's page.

import "./song.css";
import "./report.css";
import { brand } from "./common/logo";
import { lengthS } from "./curve/sampling";
import type { CurveObject } from "./curve/curve";
import { h, typing } from "./common/dom";
import { aboutCard } from "./cards/about_card";
import { headline, warningList } from "./cards/headline";
import { songCard } from "./cards/song_card";
import { Instrument } from "./player/player";
import { createThemeSwitch } from "./common/theme";

interface Report {
  curve: CurveObject;
  /** Bytes in base64: 255 is the highest. */
  peaks: string;
  /** What is to be said of the sound. */
  note: string;
  version: string;
}

build(JSON.parse(document.getElementById("data")!.textContent!) as Report);

function build({ curve, peaks, note, version }: Report): void {
  const given = document.querySelector("#sound"); // with controls, for pages without scripts
  const source = given?.getAttribute("src") ?? null;
  given?.remove();
  const theme = createThemeSwitch(() => instrument.recolor());
  const instrument = new Instrument(h("audio", { id: "sound", preload: "auto" }));
  document.body.prepend(
    h("header", { class: "bar" }, h("p", { class: "brand" }, ...brand()), h("div", { class: "row" }, theme.element)),
  );
  document
    .querySelector("main")!
    .append(
      h("p", { class: "facts" }, ...headline(curve, [])),
      h("div", { class: "warnings", role: "note", "aria-label": "Warnings" }, ...warningList(curve)),
      h("div", { class: "board" }, instrument.player, instrument.plane),
      h(
        "p",
        { class: "note keys" },
        "Space plays and pauses, ← and → move by 5 s (with Shift by 1 s), + and − zoom. Click or drag on the curves to go to a moment.",
      ),
      h("div", { class: "cards" }, songCard(curve), aboutCard(curve)),
    );
  document.body.append(h("footer", {}, `Made by moodcurve ${version}`));
  instrument.show([curve], lengthS(curve), false);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event)) return;
    if (event.key === "t") theme.next();
    else if (!instrument.key(event)) return;
    event.preventDefault();
  });
  // wavesurfer.js loads what its element has when it starts, which is at the end of this task
  queueMicrotask(() => {
    instrument.hear({ source, seconds: curve.duration_s, peaks: heights(peaks), note }, false);
    document.documentElement.classList.add("ready");
  });
}

function heights(peaks: string): Float32Array {
  return Float32Array.from(atob(peaks), (byte) => byte.charCodeAt(0) / 255);
}
