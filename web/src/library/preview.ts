// A preview of the selected song, with buttons to play and open it.

import * as api from "../server/api";
import { smoothTrajectory, type Trajectory } from "../curve/trajectory";
import { button, h, setText } from "../common/dom";
import { sentence } from "../common/format";

/** Previews start at this fraction of a song, since intros are often unlike the rest. */
const START = 0.3;
const UPDATE_MS = 60;
/** Audio that plays despite an error advances within this time. */
const RECOVERY_MS = 600;

export interface SelectedSong {
  id: number;
  name: string;
  /** Artist and duration. */
  details: string;
  mood: string;
  seconds: number;
}

export interface PreviewHandlers {
  open(): void;
  /** The song's trajectory, once loaded, and the playback position. */
  position(trajectory: Trajectory, t: number): void;
  error(text: string): void;
}

export class Preview {
  readonly element: HTMLElement;
  private readonly audio = h("audio", { id: "preview", preload: "metadata" });
  private readonly playButton = button("Play", () => this.toggle(), { class: "primary" });
  private readonly text = h("div", { class: "preview-text" });
  private song: SelectedSong | null = null;
  private trajectory: Trajectory | null = null;
  /** Where the song begins in its audio, once its curve is loaded; null if it is all of it. */
  private start: number | null = null;
  private curveLoaded: Promise<void> = Promise.resolve();

  constructor(private readonly handlers: PreviewHandlers) {
    const { audio, playButton } = this;
    const attributes = { class: "preview", hidden: true, role: "group", "aria-label": "Selected song" };
    this.element = h("div", attributes, this.text, playButton, button("Open", handlers.open), audio);
    audio.addEventListener("play", () => this.follow());
    audio.addEventListener("error", () => this.onError());
    for (const name of ["play", "pause", "ended"]) {
      audio.addEventListener(name, () => setText(playButton, audio.paused ? "Play" : "Pause"));
    }
  }

  show(song: SelectedSong | null): void {
    this.song = song;
    this.trajectory = null;
    this.start = null;
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.element.hidden = song === null;
    if (song === null) return;
    const details = h("span", { dir: "auto" }, song.details);
    this.text.replaceChildren(h("strong", { dir: "auto" }, song.name), details, h("span", {}, song.mood));
    this.curveLoaded = this.loadTrajectory(song);
  }

  toggle(): void {
    const { audio, song } = this;
    if (song === null) return;
    if (!audio.paused) return audio.pause();
    if (!audio.hasAttribute("src")) {
      audio.src = api.songAudioUrl(song.id);
      void this.curveLoaded.then(() => {
        if (this.song === song) audio.currentTime = (this.start ?? 0) + START * song.seconds;
      });
    }
    audio.play().catch(() => undefined); // the element's `error` event reports failures
  }

  play(): void {
    if (this.audio.paused) this.toggle();
  }

  pause(): void {
    this.audio.pause();
  }

  private async loadTrajectory(song: SelectedSong): Promise<void> {
    try {
      const curve = await api.fetchCurve(api.songCurveUrl(song.id));
      if (this.song !== song) return;
      const trajectory = smoothTrajectory(curve);
      this.start = curve.start_s ?? null;
      this.trajectory = trajectory;
      this.handlers.position(trajectory, trajectory.times[0] ?? 0);
    } catch {
      // the map shows only the dot of the song
    }
  }

  /** Report an error unless playback goes on, as in Firefox on machines without audio output. */
  private onError(): void {
    const { audio, song } = this;
    const failedAt = audio.currentTime;
    setTimeout(() => {
      if (this.song !== song || !audio.hasAttribute("src") || audio.currentTime > failedAt) return;
      void api.audioProblem(audio.src).then((problem) => {
        if (this.song !== song) return;
        this.handlers.error(
          sentence(`Cannot play this song: ${problem ?? "your browser does not support its format"}`),
        );
      });
    }, RECOVERY_MS);
  }

  private follow(): void {
    const t = this.audio.currentTime - (this.start ?? 0);
    if (this.trajectory !== null) this.handlers.position(this.trajectory, t);
    if (this.start !== null && this.song !== null && t >= this.song.seconds) this.audio.pause();
    if (!this.audio.paused) setTimeout(() => this.follow(), UPDATE_MS);
  }
}
