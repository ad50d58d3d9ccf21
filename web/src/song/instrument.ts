// The player: chart and circumplex that move with the sound of one song, or with either of two.

import { lengthS, pathSpanS, valueAt } from "./curve";
import { calm, h, iconButton, svg, write } from "./dom";
import { describe } from "./mood";
import { createPlane } from "./plane";
import { createStage } from "./stage";
import type { CurveObject } from "./curve_object";
import { LONGEST_S, type Sound } from "./wave";
import { clock, signed } from "./words";

const STEP_S = 5;
const FINE_STEP_S = 1;
const ICONS = {
  closer: "M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z",
  wider: "M5 11h14v2H5z",
  whole: "M4 9V4h5v2H6v3zm11-5h5v5h-2V6h-3zM4 15h2v3h3v2H4zm14 0h2v5h-5v-2h3z",
};

export interface Instrument {
  player: HTMLElement;
  plane: HTMLElement;
  /** Draw one curve or two; `provisional` while the song is still being heard. */
  show(curves: CurveObject[], length: number, provisional: boolean): void;
  /** What is heard; where there is nothing to play, the curve can still be walked. */
  hear(sound: Sound, keepTime: boolean): void;
  toggle(): void;
  pause(): void;
  /** Take a key that the player knows; tell whether it did. */
  key(event: KeyboardEvent): boolean;
  recolor(): void;
}

export function createInstrument(audio: HTMLAudioElement): Instrument {
  const stage = createStage(audio, seek);
  const plane = createPlane(seek);
  const play = playButton(() => toggle());
  const time = h("span", { id: "time" }, "0:00");
  const total = h("span", {}, "0:00");
  const readings = { arousal: h("dd", { id: "arousal" }), valence: h("dd", { id: "valence" }) };
  const mood = h("span", { id: "mood" });
  const otherMood = h("span", { id: "other-mood" });
  const note = h("p", { class: "note", id: "note", role: "status" });
  const marks = h("p", { class: "note" });
  let curves: CurveObject[] = [];
  let length = 1;
  let sounding = false;
  let soundless = 0; // the position while there is no sound to ask

  const player = h(
    "section",
    { class: "card player", "aria-label": "Player and course of the song" },
    legend((shown) => stage.layers(shown)),
    stage.element,
    h(
      "div",
      { class: "transport" },
      play,
      h("p", { class: "clock" }, time, " / ", total),
      h(
        "div",
        { class: "zoom", role: "group", "aria-label": "Zoom" },
        iconButton("Zoom out", ICONS.wider, () => stage.zoom(0.5), { "aria-keyshortcuts": "-" }),
        iconButton("Whole song", ICONS.whole, () => stage.zoom(0), { "aria-keyshortcuts": "0" }),
        iconButton("Zoom in", ICONS.closer, () => stage.zoom(2), { "aria-keyshortcuts": "+" }),
      ),
      h(
        "dl",
        { class: "readings" },
        ...(["arousal", "valence"] as const).map((axis) =>
          h("div", { class: axis }, h("dt", {}, axis), readings[axis]),
        ),
      ),
    ),
    note,
    audio,
  );
  const card = h(
    "section",
    { class: "card plane", "aria-label": "Circumplex" },
    plane.element,
    marks,
    h("p", { class: "now" }, h("span", { class: "label" }, "now"), mood, otherMood),
  );

  function position(): number {
    return sounding ? Math.min(audio.currentTime, length) : soundless;
  }

  function seek(t: number): void {
    const end = sounding && Number.isFinite(audio.duration) ? audio.duration : length;
    const to = Math.max(0, Math.min(t, length, end));
    if (sounding) audio.currentTime = to;
    else soundless = to;
    draw();
  }

  function draw(): void {
    const [curve] = curves;
    const t = position();
    write(time, clock(t));
    if (curve === undefined || curve.times_s.length === 0) {
      stage.at(t, 0, 0, !audio.paused);
      return;
    }
    const arousal = valueAt(curve.times_s, curve.arousal, t);
    const valence = valueAt(curve.times_s, curve.valence, t);
    const [words = "", others = ""] = plane.at(t).map((place) => describe(place));
    stage.at(t, arousal, valence, !audio.paused);
    write(readings.arousal, signed(arousal));
    write(readings.valence, signed(valence));
    write(mood, words);
    write(otherMood, others);
    // a slider that speaks on every frame would drown the music
    if (stage.slider.getAttribute("aria-valuenow") === String(Math.floor(t))) return;
    stage.slider.setAttribute("aria-valuenow", String(Math.floor(t)));
    const place = `arousal ${signed(arousal)}, valence ${signed(valence)}`;
    stage.slider.setAttribute("aria-valuetext", `${clock(t)} of ${clock(length)}, ${words}, ${place}`);
  }

  function toggle(): void {
    if (!sounding) return;
    if (audio.paused)
      audio.play().catch(() => undefined); // `error` of the element tells what there is to tell
    else audio.pause();
  }

  function follow(): void {
    draw();
    if (audio.paused) return;
    if (calm.matches) setTimeout(follow, 250);
    else requestAnimationFrame(follow);
  }

  function step(event: KeyboardEvent): number | undefined {
    const one = event.shiftKey ? FINE_STEP_S : STEP_S;
    const steps: Record<string, number> = { ArrowLeft: -one, ArrowRight: one };
    if (event.target === stage.slider) {
      const page = length / 10;
      Object.assign(steps, {
        ArrowDown: -one,
        ArrowUp: one,
        PageDown: -page,
        PageUp: page,
        Home: -length,
        End: length,
      });
    }
    return steps[event.key];
  }

  function key(event: KeyboardEvent): boolean {
    const by = step(event);
    const zooms: Record<string, number> = { "+": 2, "=": 2, "-": 0.5, "0": 0 };
    const pressed = event.target instanceof Element && event.target.closest("button, a, summary") !== null;
    if (by !== undefined) seek(position() + by);
    else if (event.key === " " && !pressed) toggle();
    else if (event.key in zooms) stage.zoom(zooms[event.key]!);
    else return false;
    return true;
  }

  audio.addEventListener("error", () => {
    if (!sounding) return;
    silence("This browser cannot play the sound; the curve can still be walked.");
  });
  for (const name of ["timeupdate", "seeked"]) audio.addEventListener(name, draw);
  audio.addEventListener("play", follow);
  for (const name of ["play", "pause", "ended"]) {
    audio.addEventListener(name, () => {
      play.classList.toggle("playing", !audio.paused);
      play.setAttribute("aria-label", audio.paused ? "Play" : "Pause");
    });
  }

  function silence(why: string): void {
    soundless = sounding && audio.currentTime > 0 ? audio.currentTime : soundless;
    sounding = false;
    play.disabled = true;
    write(note, why);
  }

  return {
    player,
    plane: card,
    show(next, nextLength, provisional) {
      curves = next;
      length = nextLength;
      write(total, clock(length));
      stage.show(curves, length, provisional);
      plane.show(curves, provisional);
      player.classList.toggle("forming", provisional);
      player.classList.toggle("two", curves.length > 1);
      write(marks, provisional || curves[0] === undefined ? "" : planeMarks(curves));
      draw();
    },
    hear(sound, keepTime) {
      const t = keepTime ? position() : 0;
      const playing = keepTime && sounding && !audio.paused;
      audio.pause();
      soundless = t;
      sounding = sound.source !== null;
      play.disabled = !sounding;
      write(note, sound.note ?? noteOn(sound));
      void stage.wave.load(sound);
      if (!sounding) return;
      audio.currentTime = t;
      if (playing) toggle();
    },
    toggle,
    pause: () => audio.pause(),
    key,
    recolor() {
      stage.wave.recolor();
      stage.course.redraw();
    },
  };
}

function noteOn({ source, seconds, peaks }: Sound): string {
  if (source === null) return "The sound is not here; the curve can still be walked.";
  return peaks === undefined && seconds > LONGEST_S ? "The sound is too long for a waveform here." : "";
}

function planeMarks(curves: CurveObject[]): string {
  const box = curves[0]?.song?.arousal_low === undefined ? "" : "  ▢ 90 % interval of its mean";
  const span = `means over ${pathSpanS(lengthS(curves[0]!))} s`;
  return curves.length > 1 ? `solid: first song  dashed: second  ·  ${span}` : `○ start of the song  ● its end${box}`;
}

function playButton(press: () => void): HTMLButtonElement {
  const button = h(
    "button",
    { id: "play", type: "button", "aria-label": "Play", "aria-keyshortcuts": "Space", disabled: true },
    svg(
      "svg",
      { viewBox: "0 0 24 24", "aria-hidden": "true" },
      svg("path", { class: "go", d: "M8 5.2v13.6L19 12z" }),
      svg("path", { class: "stop", d: "M7 5h3.6v14H7zM13.4 5H17v14h-3.6z" }),
    ),
  );
  button.addEventListener("click", press);
  return button;
}

/** The names of what is drawn, which are switches for it. */
function legend(change: (shown: { arousal: boolean; valence: boolean; bands: boolean }) => void): HTMLElement {
  const shown = { arousal: true, valence: true, bands: true };
  const names = { arousal: "arousal", valence: "valence", bands: "90 % intervals" };
  const home = h("div", { class: "legend", role: "group", "aria-label": "Shown" });
  for (const layer of ["arousal", "valence", "bands"] as const) {
    const button = h("button", { type: "button", class: `layer ${layer}`, "aria-pressed": "true" }, names[layer]);
    button.addEventListener("click", () => {
      shown[layer] = !shown[layer];
      button.setAttribute("aria-pressed", String(shown[layer]));
      change({ ...shown });
    });
    home.append(button);
  }
  return home;
}
