// The player: chart and circumplex that move with the sound of one song, or with either of two.

import { valueAt } from "../curve/sampling";
import type { CurveObject } from "../curve/curve";
import { h, write } from "../common/dom";
import { createLegend } from "../chart/legend";
import { LONGEST_S } from "../chart/peaks";
import { createPlaneCard, type PlaneCard } from "../circumplex/circumplex_card";
import { playerAct } from "./shortcuts";
import { Playhead } from "./playhead";
import { Stage } from "../chart/chart";
import { createTransport, type Transport } from "./transport";
import type { Sound } from "../chart/audio_source";
import { clock, duration, signed } from "../common/format";

const UNPLAYABLE = "This browser cannot play the sound; the curve can still be walked.";

export class Instrument {
  readonly player: HTMLElement;
  readonly plane: HTMLElement;
  private readonly audio: HTMLAudioElement;
  private readonly playhead: Playhead;
  private readonly stage: Stage;
  private readonly circumplex: PlaneCard;
  private readonly transport: Transport;
  private readonly note = h("p", { class: "note", id: "note", role: "status" });
  private curves: CurveObject[] = [];

  constructor(audio: HTMLAudioElement) {
    const seek = (t: number): void => this.playhead.seek(t);
    const zoom = (factor: number): void => this.stage.zoom(factor);
    this.audio = audio;
    this.playhead = new Playhead(audio, {
      moved: () => this.draw(),
      lost: () => this.playable(false, UNPLAYABLE),
      regained: () => this.playable(true, "No sound comes out: is there a device for it?"),
    });
    this.stage = new Stage(audio, seek);
    this.circumplex = createPlaneCard(seek);
    this.transport = createTransport(() => this.playhead.toggle(), zoom);
    this.plane = this.circumplex.element;
    this.player = h(
      "section",
      { class: "card player", "aria-label": "Player and course of the song" },
      createLegend((shown) => this.stage.layers(shown)),
      this.stage.element,
      this.transport.element,
      this.note,
      audio,
    );
    for (const name of ["play", "pause", "ended"]) {
      audio.addEventListener(name, () => this.transport.playing(!audio.paused));
    }
  }

  /** Draw one curve or two; `provisional` while the song is still being heard. */
  show(curves: CurveObject[], length: number, provisional: boolean): void {
    this.curves = curves;
    this.playhead.length = length;
    this.transport.length(length);
    this.stage.show(curves, length, provisional);
    this.circumplex.show(curves, provisional);
    this.player.classList.toggle("forming", provisional);
    this.player.classList.toggle("two", curves.length > 1);
    this.draw();
  }

  /** What is heard; where there is nothing to play, the curve can still be walked. */
  hear(sound: Sound, keepTime: boolean): void {
    this.playhead.change(sound.source !== null, keepTime, () => {
      this.playable(sound.source !== null, sound.note ?? noteOn(sound));
      void this.stage.wave.load(sound);
    });
  }

  pause(): void {
    this.audio.pause();
  }

  /** Take a key that the player knows; tell whether it did. */
  key(event: KeyboardEvent): boolean {
    const act = playerAct(event, this.stage.slider, this.playhead.length);
    if (act === null) return false;
    if (act === "toggle") this.playhead.toggle();
    else if ("by" in act) this.playhead.seek(this.playhead.position + act.by);
    else this.stage.zoom(act.zoom);
    return true;
  }

  recolor(): void {
    this.stage.wave.recolor();
    this.stage.course.redraw();
  }

  private draw(): void {
    const [curve] = this.curves;
    const t = this.playhead.position;
    this.transport.time(t);
    if (curve === undefined || curve.times_s.length === 0) {
      this.stage.at(t, 0, 0, !this.audio.paused);
      return;
    }
    const arousal = valueAt(curve.times_s, curve.arousal, t);
    const valence = valueAt(curve.times_s, curve.valence, t);
    this.stage.at(t, arousal, valence, !this.audio.paused);
    this.transport.values(arousal, valence);
    const mood = this.circumplex.at(t);
    this.speak(t, `${mood}, arousal ${signed(arousal)}, valence ${signed(valence)}`);
  }

  /** Give the slider its place in words: once a second, as one that speaks on every frame would drown the music. */
  private speak(t: number, words: string): void {
    const { slider } = this.stage;
    if (slider.getAttribute("aria-valuenow") === String(Math.floor(t))) return;
    slider.setAttribute("aria-valuenow", String(Math.floor(t)));
    slider.setAttribute("aria-valuetext", `${clock(t)} of ${duration(this.playhead.length)}, ${words}`);
  }

  private playable(on: boolean, note: string): void {
    this.transport.enable(on);
    write(this.note, note);
  }
}

function noteOn({ source, seconds, peaks }: Sound): string {
  if (source === null) return "The sound is not here; the curve can still be walked.";
  return peaks === undefined && seconds > LONGEST_S ? "The sound is too long for a waveform here." : "";
}
