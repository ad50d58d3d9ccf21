// The player: chart, circumplex and playback controls for one song, or for either of two.

import { valueAt } from "../curve/sampling";
import type { Curve } from "../curve/curve";
import { h, setText } from "../common/dom";
import { createLegend } from "../chart/legend";
import { MAX_DECODED_S } from "../chart/peaks";
import { createCircumplexCard, type CircumplexCard } from "../circumplex/circumplex_card";
import { playerAction } from "./shortcuts";
import { Playhead } from "./playhead";
import { Chart } from "../chart/chart";
import { createTransport, type Transport } from "./transport";
import type { AudioSource } from "../chart/audio_source";
import { clock, duration, sentence, signed } from "../common/format";

const UNPLAYABLE = "This browser cannot play the audio. You can still explore the curve.";

export class Player {
  readonly element: HTMLElement;
  readonly circumplexElement: HTMLElement;
  private readonly audio: HTMLAudioElement;
  private readonly playhead: Playhead;
  private readonly chart: Chart;
  private readonly circumplex: CircumplexCard;
  private readonly transport: Transport;
  private readonly note = h("p", { class: "note", id: "note", role: "status" });
  private curves: Curve[] = [];
  private audioSource: AudioSource | null = null;

  constructor(audio: HTMLAudioElement) {
    const seek = (t: number): void => this.playhead.seek(t);
    const zoom = (factor: number): void => this.chart.zoom(factor);
    this.audio = audio;
    this.playhead = new Playhead(audio, {
      moved: () => this.draw(),
      failed: () => void this.onFailure(),
      recovered: () => this.setPlayable(true, "Playback is silent. Is an audio output device connected?"),
    });
    this.chart = new Chart(audio, seek);
    this.circumplex = createCircumplexCard(seek);
    this.transport = createTransport(() => this.playhead.toggle(), zoom);
    this.circumplexElement = this.circumplex.element;
    this.element = h(
      "section",
      { class: "card player", "aria-label": "Player" },
      createLegend((layers) => this.chart.setLayers(layers)),
      this.chart.element,
      this.transport.element,
      this.note,
      audio,
    );
    for (const name of ["play", "pause", "ended"]) {
      audio.addEventListener(name, () => this.transport.playing(!audio.paused));
    }
  }

  /** Show one or two curves; `provisional` while the analysis is running. */
  show(curves: Curve[], length: number, provisional: boolean): void {
    this.curves = curves;
    this.playhead.length = length;
    this.transport.length(length);
    this.chart.show(curves, length, provisional);
    this.circumplex.show(curves, provisional);
    this.element.classList.toggle("forming", provisional);
    this.element.classList.toggle("two", curves.length > 1);
    this.draw();
  }

  /** Load audio; without any, the curve can still be explored. */
  load(audioSource: AudioSource, keepTime: boolean): void {
    this.audioSource = audioSource;
    this.playhead.change(audioSource.source !== null, audioSource.start ?? null, keepTime, () => {
      this.setPlayable(audioSource.source !== null, audioSource.note ?? audioNote(audioSource));
      void this.chart.waveform.load(audioSource);
    });
  }

  pause(): void {
    this.audio.pause();
  }

  /** Handle a keyboard shortcut; return true if the player has it. */
  handleKey(event: KeyboardEvent): boolean {
    const action = playerAction(event, this.chart.slider, this.playhead.length);
    if (action === null) return false;
    if (action === "toggle") this.playhead.toggle();
    else if ("by" in action) this.playhead.seek(this.playhead.position + action.by);
    else this.chart.zoom(action.zoom);
    return true;
  }

  updateColors(): void {
    this.chart.waveform.updateColors();
    this.chart.curveChart.redraw();
  }

  private draw(): void {
    const [curve] = this.curves;
    const t = this.playhead.position;
    this.transport.time(t);
    if (curve === undefined || curve.times_s.length === 0) {
      this.chart.moveTo(t, 0, 0, !this.audio.paused);
      return;
    }
    const arousal = valueAt(curve.times_s, curve.arousal, t);
    const valence = valueAt(curve.times_s, curve.valence, t);
    this.chart.moveTo(t, arousal, valence, !this.audio.paused);
    this.transport.values(arousal, valence);
    const mood = this.circumplex.moveTo(t);
    this.announce(t, `${mood}, arousal ${signed(arousal)}, valence ${signed(valence)}`);
  }

  /** Describe the position to screen readers, once a second so that they do not drown the music. */
  private announce(t: number, description: string): void {
    const { slider } = this.chart;
    if (slider.getAttribute("aria-valuenow") === String(Math.floor(t))) return;
    slider.setAttribute("aria-valuenow", String(Math.floor(t)));
    slider.setAttribute("aria-valuetext", `${clock(t)} of ${duration(this.playhead.length)}, ${description}`);
  }

  /** Say why the audio does not play: the server may not send it, or the browser cannot play it. */
  private async onFailure(): Promise<void> {
    const { audioSource } = this;
    this.setPlayable(false, UNPLAYABLE);
    const problem = (await audioSource?.problem?.()) ?? null;
    if (problem === null || audioSource !== this.audioSource || this.note.textContent !== UNPLAYABLE) return;
    setText(this.note, `${sentence(problem)} You can still explore the curve.`);
  }

  private setPlayable(on: boolean, note: string): void {
    this.transport.enable(on);
    setText(this.note, note);
  }
}

function audioNote({ source, seconds, peaks }: AudioSource): string {
  if (source === null) return "No audio available. You can still explore the curve.";
  return peaks === undefined && seconds > MAX_DECODED_S ? "This audio is too long to show a waveform." : "";
}
