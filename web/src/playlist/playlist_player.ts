// Play the songs of a playlist one after the other. A song may be a part of its audio.

import { h, iconButton, setText, svg } from "../common/dom";
import { clock, duration, sentence, songName } from "../common/format";
import { ICONS } from "../common/icons";
import * as api from "../server/api";
import type { PlaylistSong } from "../server/types";

/** Audio that plays despite an error advances within this time. */
const RECOVERY_MS = 600;
/** How often the end of a part is looked for. */
const UPDATE_MS = 60;

export interface PlayerHandlers {
  /** Another song plays; null if none is left. */
  changed(index: number | null): void;
  error(text: string): void;
}

export class PlaylistPlayer {
  readonly element: HTMLElement;
  private readonly audio = h("audio", { id: "playlist-audio", preload: "auto" });
  private readonly playButton = iconButton("Play", ICONS.play, () => this.toggle(), { class: "icon play-all" });
  private readonly name = h("strong", { dir: "auto" });
  private readonly time = h("span", { class: "time" }, "0:00");
  private readonly total = h("span", {});
  private readonly slider = h("input", { type: "range", min: 0, max: 1, step: "any", value: 0 });
  private songs: PlaylistSong[] = [];
  private index: number | null = null;
  private timer = 0;

  constructor(private readonly handlers: PlayerHandlers) {
    const { audio, playButton, slider } = this;
    slider.setAttribute("aria-label", "Position in the song");
    this.element = h(
      "div",
      { class: "playlist-player", role: "group", "aria-label": "Player" },
      iconButton("Previous song", ICONS.previous, () => this.skip(-1), { "aria-keyshortcuts": "p" }),
      playButton,
      iconButton("Next song", ICONS.next, () => this.skip(1), { "aria-keyshortcuts": "n" }),
      h("div", { class: "playing" }, this.name, h("p", { class: "clock" }, this.time, " / ", this.total)),
      slider,
      audio,
    );
    for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, () => this.showState());
    audio.addEventListener("timeupdate", () => this.showTime());
    audio.addEventListener("play", () => this.watchEnd());
    audio.addEventListener("timeupdate", () => this.watchEnd()); // timers are slow in a hidden tab
    audio.addEventListener("ended", () => this.skip(1));
    audio.addEventListener("error", () => this.onError());
    slider.addEventListener("input", () => {
      if (this.song !== null) audio.currentTime = this.offset + Number(slider.value) * this.song.duration_s;
    });
  }

  /** The song that plays or is paused. */
  get song(): PlaylistSong | null {
    return this.index === null ? null : (this.songs[this.index] ?? null);
  }

  /** Take a list; a song of it that plays goes on, wherever it stands now. */
  setSongs(songs: PlaylistSong[]): void {
    const current = this.song;
    const index = current === null ? -1 : songs.findIndex(({ id }) => id === current.id);
    this.songs = songs;
    this.element.hidden = songs.length === 0;
    if (index >= 0) {
      this.index = index;
      this.handlers.changed(index);
    } else this.load(songs.length === 0 ? null : 0);
  }

  play(index: number): void {
    if (index !== this.index) this.load(index);
    this.start();
  }

  toggle(): void {
    if (this.song === null) return;
    if (this.audio.paused) this.start();
    else this.audio.pause();
  }

  pause(): void {
    this.audio.pause();
  }

  /** Go to the next song, or with -1 to the one before, which plays if this one did. */
  skip(by: number): void {
    if (this.index === null) return;
    const target = this.index + by;
    const playing = !this.audio.paused || this.audio.ended;
    if (target < 0 || target >= this.songs.length) {
      this.audio.pause();
      return;
    }
    this.load(target);
    if (playing) this.start();
  }

  private load(index: number | null): void {
    this.index = index;
    const { song, audio } = this;
    audio.pause();
    if (song === null) audio.removeAttribute("src");
    else {
      audio.src = api.songAudioUrl(song.id);
      if (song.start_s !== null) audio.currentTime = song.start_s;
    }
    setText(this.name, song === null ? "" : songName(song));
    setText(this.total, song === null ? "" : duration(song.duration_s));
    this.showTime();
    this.showState();
    this.handlers.changed(index);
  }

  /** Where the song begins in its audio. */
  private get offset(): number {
    return this.song?.start_s ?? 0;
  }

  /** Whether a song that is a part of its audio is over; all of an audio element ends by itself. */
  private partIsOver(): boolean {
    const { song, audio, offset } = this;
    return song !== null && song.start_s !== null && audio.currentTime - offset >= song.duration_s;
  }

  /** Go on with the next song where a part of the audio ends. */
  private watchEnd(): void {
    const { audio, song } = this;
    clearTimeout(this.timer);
    if (song === null || song.start_s === null || audio.paused || audio.ended) return;
    if (this.partIsOver()) this.skip(1);
    else this.timer = window.setTimeout(() => this.watchEnd(), UPDATE_MS);
  }

  private start(): void {
    if (this.audio.paused && this.partIsOver()) this.audio.currentTime = this.offset; // as an audio element at its end
    this.audio.play().catch(() => undefined); // the element's `error` event reports failures
  }

  private showState(): void {
    const { playButton, audio } = this;
    const playing = !audio.paused && !audio.ended;
    playButton.setAttribute("aria-label", playing ? "Pause" : "Play");
    playButton.title = playing ? "Pause" : "Play";
    playButton.querySelector("path")?.replaceWith(svg("path", { d: playing ? ICONS.pause : ICONS.play }));
  }

  private showTime(): void {
    const { song, audio } = this;
    const position = song === null ? 0 : Math.max(0, Math.min(audio.currentTime - this.offset, song.duration_s));
    setText(this.time, clock(position));
    this.slider.value = String(song === null ? 0 : position / song.duration_s);
    this.slider.setAttribute("aria-valuetext", `${clock(position)} of ${duration(song?.duration_s ?? 0)}`);
  }

  /** Go on with the next song, unless playback goes on, as in Firefox on machines without audio output. */
  private onError(): void {
    const { audio, song } = this;
    const failedAt = audio.currentTime;
    setTimeout(() => {
      if (song === null || this.song?.id !== song.id || audio.currentTime > failedAt) return;
      void api.audioProblem(api.songAudioUrl(song.id)).then((problem) => {
        if (!this.songs.some(({ id }) => id === song.id)) return; // another list is shown by now
        this.handlers.error(sentence(`Cannot play ${songName(song)}: ${problem ?? "your browser cannot play it"}`));
      });
      const next = this.index! + 1;
      if (next < this.songs.length) this.play(next);
    }, RECOVERY_MS);
  }
}
