// The position in the song: that of the audio element, or without audio a position of its own. A song may be a part of
// its audio, which then plays from the song's start to its end.

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
  /** Where the song begins in the audio; null if it is all of it. */
  private start: number | null = null;
  private state: "none" | "audio" | "failed" = "none";
  /** The position without audio. */
  private silentPosition = 0;

  constructor(
    private readonly audio: HTMLAudioElement,
    private readonly handlers: PlayheadHandlers,
  ) {
    audio.addEventListener("error", () => this.onError());
    audio.addEventListener("timeupdate", () => this.onProgress());
    // drawing stops in a hidden tab
    audio.addEventListener("timeupdate", () => this.atEnd() && audio.pause());
    for (const name of ["timeupdate", "seeked"]) audio.addEventListener(name, () => handlers.moved());
    audio.addEventListener("play", () => this.follow());
  }

  get position(): number {
    return this.state === "audio" ? Math.max(0, Math.min(this.songTime(), this.length)) : this.silentPosition;
  }

  seek(t: number): void {
    const { audio, state, length } = this;
    const offset = this.start ?? 0;
    const end = state === "audio" && Number.isFinite(audio.duration) ? audio.duration - offset : length;
    const to = Math.max(0, Math.min(t, length, end));
    if (state === "audio") audio.currentTime = offset + to;
    else this.silentPosition = to;
    this.handlers.moved();
  }

  toggle(): void {
    if (this.state !== "audio") return;
    // as an audio element does at its end
    if (this.audio.paused && this.atEnd()) this.seek(0);
    if (this.audio.paused)
      this.audio.play().catch(() => undefined); // the element's `error` event reports failures
    else this.audio.pause();
  }

  /** Switch to other audio, or to none, at the current position or the start; `load` sets the element's source. */
  change(hasAudio: boolean, start: number | null, keepTime: boolean, load: () => void): void {
    const t = keepTime ? this.position : 0;
    const playing = keepTime && this.state === "audio" && !this.audio.paused;
    this.audio.pause();
    this.silentPosition = t;
    this.start = start;
    this.state = hasAudio ? "audio" : "none";
    load();
    if (!hasAudio) return;
    this.audio.currentTime = (start ?? 0) + t;
    if (playing) this.toggle();
  }

  private onError(): void {
    if (this.state !== "audio") return;
    if (this.songTime() > 0) this.silentPosition = this.songTime();
    this.state = "failed";
    this.handlers.failed();
  }

  /** Recover from an error: on machines without audio output, Firefox reports one but plays on. */
  private onProgress(): void {
    if (this.state !== "failed" || this.audio.paused || this.songTime() <= this.silentPosition) return;
    this.state = "audio";
    this.handlers.recovered();
  }

  private songTime(): number {
    return this.audio.currentTime - (this.start ?? 0);
  }

  /** Whether a song that is a part of its audio is over; all of an audio element ends by itself. */
  private atEnd(): boolean {
    return this.start !== null && this.songTime() >= this.length;
  }

  private follow(): void {
    if (this.atEnd()) this.audio.pause();
    this.handlers.moved();
    if (this.audio.paused) return;
    if (reducedMotion.matches) setTimeout(() => this.follow(), REDUCED_MOTION_MS);
    else requestAnimationFrame(() => this.follow());
  }
}
