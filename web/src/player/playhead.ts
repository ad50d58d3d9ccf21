// The position in the song: that of the audio element, or without audio a position of its own.

import { reducedMotion } from "../common/dom";

const REDUCED_MOTION_MS = 250;

export interface PlayheadHandlers {
  /** The position changed, by playing or by a seek. */
  moved(): void;
  /** The audio cannot be played. */
  failed(): void;
  /** The audio plays after an error. */
  recovered(): void;
}

export class Playhead {
  /** The end of the song; its curve may be longer than its audio. */
  length = 1;
  private state: "none" | "audio" | "failed" = "none";
  /** The position without audio. */
  private silentPosition = 0;

  constructor(
    private readonly audio: HTMLAudioElement,
    private readonly handlers: PlayheadHandlers,
  ) {
    audio.addEventListener("error", () => this.onError());
    audio.addEventListener("timeupdate", () => this.onProgress());
    for (const name of ["timeupdate", "seeked"]) audio.addEventListener(name, () => handlers.moved());
    audio.addEventListener("play", () => this.follow());
  }

  get position(): number {
    return this.state === "audio" ? Math.min(this.audio.currentTime, this.length) : this.silentPosition;
  }

  seek(t: number): void {
    const { audio, state, length } = this;
    const end = state === "audio" && Number.isFinite(audio.duration) ? audio.duration : length;
    const to = Math.max(0, Math.min(t, length, end));
    if (state === "audio") audio.currentTime = to;
    else this.silentPosition = to;
    this.handlers.moved();
  }

  toggle(): void {
    if (this.state !== "audio") return;
    if (this.audio.paused)
      this.audio.play().catch(() => undefined); // the element's `error` event reports failures
    else this.audio.pause();
  }

  /** Switch to other audio, or to none, at the current position or the start; `load` sets the element's source. */
  change(hasAudio: boolean, keepTime: boolean, load: () => void): void {
    const t = keepTime ? this.position : 0;
    const playing = keepTime && this.state === "audio" && !this.audio.paused;
    this.audio.pause();
    this.silentPosition = t;
    this.state = hasAudio ? "audio" : "none";
    load();
    if (!hasAudio) return;
    this.audio.currentTime = t;
    if (playing) this.toggle();
  }

  private onError(): void {
    if (this.state !== "audio") return;
    if (this.audio.currentTime > 0) this.silentPosition = this.audio.currentTime;
    this.state = "failed";
    this.handlers.failed();
  }

  /** Recover from an error: on machines without audio output, Firefox reports one but plays on. */
  private onProgress(): void {
    if (this.state !== "failed" || this.audio.paused || this.audio.currentTime <= this.silentPosition) return;
    this.state = "audio";
    this.handlers.recovered();
  }

  private follow(): void {
    this.handlers.moved();
    if (this.audio.paused) return;
    if (reducedMotion.matches) setTimeout(() => this.follow(), REDUCED_MOTION_MS);
    else requestAnimationFrame(() => this.follow());
  }
}
