// The chosen song: what it is, to be heard from its middle on, and to be opened.

import * as api from "../server/api";
import { smoothPath, type Path } from "../curve/trajectory";
import { button, h, write } from "../common/dom";

/** A preview begins at this part of the song: beginnings are often unlike what follows. */
const FROM = 0.3;
const FOLLOW_MS = 60;
/** A sound that plays moves within this time. */
const GOES_ON_MS = 600;

export interface Chosen {
  id: number;
  name: string;
  facts: string;
  seconds: number;
}

export interface PreviewTold {
  open(): void;
  /** The song's path, as soon as it is known, and where in it the sound is. */
  course(path: Path, t: number): void;
  trouble(text: string): void;
}

export class Preview {
  readonly element: HTMLElement;
  private readonly audio = h("audio", { id: "preview", preload: "metadata" });
  private readonly playButton = button("Play", () => this.toggle(), { class: "primary" });
  private readonly words = h("div", { class: "chosen-words" });
  private song: Chosen | null = null;
  private path: Path | null = null;

  constructor(private readonly told: PreviewTold) {
    const { audio, playButton } = this;
    const box = { class: "preview", hidden: true, role: "group", "aria-label": "Chosen song" };
    this.element = h("div", box, this.words, playButton, button("Open", told.open), audio);
    audio.addEventListener("play", () => this.follow());
    audio.addEventListener("error", () => this.failed());
    for (const name of ["play", "pause", "ended"]) {
      audio.addEventListener(name, () => write(playButton, audio.paused ? "Play" : "Pause"));
    }
  }

  choose(song: Chosen | null): void {
    this.song = song;
    this.path = null;
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.element.hidden = song === null;
    if (song === null) return;
    const facts = h("span", { dir: "auto" }, song.facts);
    this.words.replaceChildren(h("strong", { dir: "auto" }, song.name), facts);
    void this.draw(song);
  }

  toggle(): void {
    const { audio, song } = this;
    if (song === null) return;
    if (!audio.paused) return audio.pause();
    if (!audio.hasAttribute("src")) {
      audio.src = api.songAudio(song.id);
      audio.currentTime = FROM * song.seconds;
    }
    audio.play().catch(() => undefined); // `error` of the element tells what there is to tell
  }

  play(): void {
    if (this.audio.paused) this.toggle();
  }

  pause(): void {
    this.audio.pause();
  }

  private async draw(song: Chosen): Promise<void> {
    try {
      const path = smoothPath(await api.curveAt(api.songCurve(song.id)));
      if (this.song !== song) return;
      this.path = path;
      this.told.course(path, path.times[0] ?? 0);
    } catch {
      // the dot alone stands for the song
    }
  }

  /** Tell of an error, unless the sound goes on (Firefox, where a machine has no output for sound). */
  private failed(): void {
    const { audio, song } = this;
    const at = audio.currentTime;
    setTimeout(() => {
      if (this.song !== song || !audio.hasAttribute("src") || audio.currentTime > at) return;
      const why = "its file is gone, or the browser does not know its kind";
      this.told.trouble(`This song’s sound cannot be played here: ${why}.`);
    }, GOES_ON_MS);
  }

  private follow(): void {
    if (this.path !== null) this.told.course(this.path, this.audio.currentTime);
    if (!this.audio.paused) setTimeout(() => this.follow(), FOLLOW_MS);
  }
}
