// Where in the song we are: the sound knows, and where there is none, the place is kept here.

import { calm } from "../common/dom";

const CALM_MS = 250;

export interface PlayheadTold {
  /** At each step of playing and at each seek. */
  moved(): void;
  /** The sound cannot be played. */
  lost(): void;
  /** It plays on after all. */
  regained(): void;
}

export class Playhead {
  /** Where the song ends: its curve may be longer than its sound. */
  length = 1;
  private state: "none" | "sound" | "lost" = "none";
  /** The position while there is no sound to ask. */
  private kept = 0;

  constructor(
    private readonly audio: HTMLAudioElement,
    private readonly told: PlayheadTold,
  ) {
    audio.addEventListener("error", () => this.lose());
    audio.addEventListener("timeupdate", () => this.regain());
    for (const name of ["timeupdate", "seeked"]) audio.addEventListener(name, () => told.moved());
    audio.addEventListener("play", () => this.follow());
  }

  get position(): number {
    return this.state === "sound" ? Math.min(this.audio.currentTime, this.length) : this.kept;
  }

  seek(t: number): void {
    const { audio, state, length } = this;
    const end = state === "sound" && Number.isFinite(audio.duration) ? audio.duration : length;
    const to = Math.max(0, Math.min(t, length, end));
    if (state === "sound") audio.currentTime = to;
    else this.kept = to;
    this.told.moved();
  }

  toggle(): void {
    if (this.state !== "sound") return;
    if (this.audio.paused)
      this.audio.play().catch(() => undefined); // `error` of the element tells what there is to tell
    else this.audio.pause();
  }

  /** Begin with another sound, or with none, where we are or at the start; `load` gives it to the element. */
  change(sounding: boolean, keepTime: boolean, load: () => void): void {
    const t = keepTime ? this.position : 0;
    const playing = keepTime && this.state === "sound" && !this.audio.paused;
    this.audio.pause();
    this.kept = t;
    this.state = sounding ? "sound" : "none";
    load();
    if (!sounding) return;
    this.audio.currentTime = t;
    if (playing) this.toggle();
  }

  private lose(): void {
    if (this.state !== "sound") return;
    if (this.audio.currentTime > 0) this.kept = this.audio.currentTime;
    this.state = "lost";
    this.told.lost();
  }

  /** Where a machine has no output for sound, Firefox tells of an error, and plays on. */
  private regain(): void {
    if (this.state !== "lost" || this.audio.paused || this.audio.currentTime <= this.kept) return;
    this.state = "sound";
    this.told.regained();
  }

  private follow(): void {
    this.told.moved();
    if (this.audio.paused) return;
    if (calm.matches) setTimeout(() => this.follow(), CALM_MS);
    else requestAnimationFrame(() => this.follow());
  }
}
