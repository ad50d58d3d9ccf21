// The controls below the chart: play, time, zoom, and the values at the cursor.

import { h, iconButton, svg, setText } from "../common/dom";
import { ICONS } from "../common/icons";
import { clock, duration, signed } from "../common/format";

export interface Transport {
  element: HTMLElement;
  /** Enable or disable the play button. */
  enable(on: boolean): void;
  playing(on: boolean): void;
  time(t: number): void;
  length(seconds: number): void;
  values(arousal: number, valence: number): void;
}

/** `zoom` receives a factor, or 0 for the whole song. */
export function createTransport(toggle: () => void, zoom: (factor: number) => void): Transport {
  const play = playButton(toggle);
  const time = h("span", { id: "time" }, "0:00");
  const total = h("span", {}, "0:00");
  const readings = { arousal: h("dd", { id: "arousal" }), valence: h("dd", { id: "valence" }) };
  const element = h(
    "div",
    { class: "transport" },
    play,
    h("p", { class: "clock" }, time, " / ", total),
    zoomButtons(zoom),
    h("dl", { class: "readings" }, reading("arousal", readings.arousal), reading("valence", readings.valence)),
  );
  return {
    element,
    enable: (on) => (play.disabled = !on),
    playing(on) {
      play.classList.toggle("playing", on);
      play.setAttribute("aria-label", on ? "Pause" : "Play");
    },
    time: (t) => setText(time, clock(t)),
    length: (seconds) => setText(total, duration(seconds)),
    values(arousal, valence) {
      setText(readings.arousal, signed(arousal));
      setText(readings.valence, signed(valence));
    },
  };
}

function reading(axis: "arousal" | "valence", value: HTMLElement): HTMLElement {
  return h("div", { class: axis }, h("dt", {}, axis), value);
}

function zoomButtons(zoom: (factor: number) => void): HTMLElement {
  return h(
    "div",
    { class: "zoom", role: "group", "aria-label": "Zoom" },
    iconButton("Zoom out", ICONS.zoomOut, () => zoom(0.5), { "aria-keyshortcuts": "-" }),
    iconButton("Show whole song", ICONS.showAll, () => zoom(0), { "aria-keyshortcuts": "0" }),
    iconButton("Zoom in", ICONS.zoomIn, () => zoom(2), { "aria-keyshortcuts": "+" }),
  );
}

function playButton(onClick: () => void): HTMLButtonElement {
  const button = h(
    "button",
    { id: "play", type: "button", "aria-label": "Play", "aria-keyshortcuts": "Space", disabled: true },
    svg(
      "svg",
      { viewBox: "0 0 24 24", "aria-hidden": "true" },
      svg("path", { class: "go", d: ICONS.play }),
      svg("path", { class: "stop", d: ICONS.pause }),
    ),
  );
  button.addEventListener("click", onClick);
  return button;
}
