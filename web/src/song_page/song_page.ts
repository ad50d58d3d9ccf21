// The song page: upload or open a song, show its curve while it is analyzed, and compare it with a second song.

import { h } from "../common/dom";
import { displayText, megabytes } from "../common/format";
import { emptyCurve, type Curve } from "../curve/curve";
import { lengthS } from "../curve/sampling";
import { Player } from "../player/player";
import { pickSong } from "../search/song_dialog";
import * as api from "../server/api";
import type { Health } from "../server/types";
import { SongLayout } from "./layout";
import { audioSourceOf, loadSong, uploadFile, type LoadedSong, type LoadHandlers } from "./loaded_song";
import { createProgressBar } from "./progress_bar";

export interface SongPageHandlers {
  /** Navigate to songs by their tokens. */
  open(tokens: string[]): void;
  /** An upload finished; open these songs. */
  uploaded(tokens: string[]): void;
  /** Upload another file. */
  upload(file: File): void;
}

export class SongPage {
  readonly player: Player;
  private readonly audio = h("audio", { id: "sound", preload: "auto" });
  private readonly progressBar = createProgressBar(() => this.cancel());
  private readonly layout: SongLayout;
  private songs: [] | [LoadedSong] | [LoadedSong, LoadedSong] = [];
  private audioSource: LoadedSong["source"] | undefined;
  /** Aborts the current upload or loading. */
  private controller = new AbortController();
  /** The id of the running job, or empty. */
  private jobId = "";
  /** The curve so far, while a song is analyzed. */
  private partialCurve: Curve | null = null;
  /** A file is being uploaded, or its upload failed. */
  uploading = false;

  constructor(
    private readonly health: Health,
    private readonly handlers: SongPageHandlers,
  ) {
    this.player = new Player(this.audio);
    this.layout = new SongLayout(this.player.element, this.player.circumplexElement, this.progressBar.element, {
      compare: () => void this.compare(),
      listen: (song) => this.loadAudio(song.source, song.curve, true),
      swap: () => this.handlers.open(this.tokens().reverse()),
      removeSecond: () => this.handlers.open(this.tokens().slice(0, 1)),
      upload: handlers.upload,
    });
    this.audio.addEventListener("durationchange", () => this.showPartialCurve());
  }

  get element(): HTMLElement {
    return this.layout.element;
  }

  /** Open one or two songs by their tokens. */
  async open(tokens: string[]): Promise<void> {
    const signal = this.restart();
    const [firstToken = "", secondToken] = tokens;
    this.uploading = false;
    this.partialCurve = null;
    try {
      const known = this.songs.find((song) => song.token === firstToken);
      const handlers = this.loadHandlers(firstToken, secondToken === undefined);
      const first = known ?? (await loadSong(firstToken, handlers, signal));
      if (signal.aborted) return;
      this.show([first]);
      if (secondToken !== undefined) {
        const second = await loadSong(secondToken, this.loadHandlers(secondToken, false), signal);
        if (signal.aborted) return;
        this.show([first, second]);
      }
      this.finish(true);
    } catch (error) {
      if (signal.aborted) return;
      const [previous] = this.songs;
      if (this.partialCurve === null && previous?.token !== firstToken) this.clear("Song not found", null);
      this.fail(error);
    }
  }

  /** Upload a file and open it, as the second song if `compareTo` is the token of the first. */
  async upload(file: File, compareTo?: string): Promise<void> {
    const signal = this.restart();
    this.uploading = compareTo === undefined;
    const name = displayText(file.name);
    const limit = this.health.limits.upload_bytes;
    if (compareTo === undefined) this.clear(name, file);
    if (file.size > limit) {
      return this.fail(new api.ApiError(`${name} is too large: this server accepts up to ${megabytes(limit)}.`));
    }
    this.progressBar.show(name, null);
    try {
      const token = await uploadFile(file, signal);
      this.handlers.uploaded(compareTo === undefined ? [token] : [compareTo, token]);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Handle a keyboard shortcut; return true if this page has it. */
  handleKey(event: KeyboardEvent): boolean {
    if (event.key !== "c") return this.player.handleKey(event);
    void this.compare();
    return true;
  }

  private async compare(): Promise<void> {
    const [first] = this.songs;
    if (first === undefined) return;
    const picked = await pickSong(this.health, "Compare with", first.token);
    if (picked === null) return;
    if (picked instanceof File) await this.upload(picked, first.token);
    else this.handlers.open([first.token, picked]);
  }

  private tokens(): string[] {
    return this.songs.map((song) => song.token);
  }

  /** Abort what is running, and return the signal of a new start. */
  private restart(): AbortSignal {
    this.controller.abort();
    this.controller = new AbortController();
    this.layout.showError("");
    return this.controller.signal;
  }

  private cancel(): void {
    this.controller.abort();
    if (this.jobId !== "") api.deleteJob(this.jobId);
    this.finish(false);
    this.handlers.open(this.tokens());
  }

  private finish(success: boolean): void {
    this.progressBar.hide(success);
    this.jobId = "";
  }

  private fail(error: unknown): void {
    if (api.isAbort(error)) return;
    this.finish(false);
    if (this.songs.length > 0) return this.layout.showError(api.errorText(error));
    this.partialCurve = null;
    this.layout.showFailure(api.errorText(error));
    this.player.pause();
  }

  /** While a song is analyzed, show its progress, and its name and partial curve if it is `alone`. */
  private loadHandlers(token: string, alone: boolean): LoadHandlers {
    return {
      found: (job) => {
        if (job.state === "done") return;
        if (alone) this.clear(displayText(job.name), audioSourceOf(token));
        if (job.state === "failed") return;
        this.jobId = job.job;
        this.progressBar.show(displayText(job.name), 0);
      },
      progress: (fraction) => this.progressBar.show(null, fraction),
      partialCurve: (curve) => {
        if (!alone) return;
        this.partialCurve = curve;
        this.showPartialCurve();
      },
    };
  }

  /** Show a song of which only the name and the audio are known. */
  private clear(name: string, source: LoadedSong["source"]): void {
    this.songs = [];
    this.layout.showName(name);
    this.partialCurve = emptyCurve();
    this.loadAudio(source, null, false);
    this.showPartialCurve();
  }

  /** Draw the partial curve, over the length of the audio if the browser knows it. */
  private showPartialCurve(): void {
    const { partialCurve, audio } = this;
    if (partialCurve === null) return;
    const length = Number.isFinite(audio.duration) ? audio.duration : 0;
    this.player.show([partialCurve], Math.max(length, lengthS(partialCurve)), true);
  }

  private show(songs: [LoadedSong] | [LoadedSong, LoadedSong]): void {
    const [first] = songs;
    const curves = songs.map((song) => song.curve);
    this.songs = songs;
    this.partialCurve = null;
    this.layout.show(songs);
    this.loadAudio(first.source, first.curve, true);
    this.player.show(curves, Math.max(...curves.map(lengthS)), false);
  }

  private loadAudio(source: LoadedSong["source"], curve: Curve | null, keepTime: boolean): void {
    if (source === this.audioSource) return;
    this.audioSource = source;
    const problem = typeof source === "string" ? (): Promise<string | null> => api.audioProblem(source) : undefined;
    this.player.load({ source, seconds: curve?.duration_s ?? 0, start: curve?.start_s, problem }, keepTime);
  }
}
