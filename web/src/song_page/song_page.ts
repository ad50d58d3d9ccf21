// The song: what is heard, its curve as it comes, and a second one over it.

import * as api from "../server/api";
import { pick } from "../search/song_dialog";
import { createProgress } from "./progress_bar";
import { Sheet } from "./layout";
import { lengthS } from "../curve/sampling";
import { emptyCurve, type CurveObject } from "../curve/curve";
import { h } from "../common/dom";
import { Instrument } from "../player/player";
import { megabytes, shown } from "../common/format";
import { open, send, sourceOf, type Track } from "./loaded_song";
import type { Health } from "../server/types";

export interface SongTold {
  /** Open songs by their names in the address. */
  go(tokens: string[]): void;
  /** A file has been sent: these are to be opened. */
  sent(tokens: string[]): void;
  /** Another file is to be sent. */
  take(file: File): void;
}

export class SongView {
  readonly instrument: Instrument;
  private readonly audio = h("audio", { id: "sound", preload: "auto" });
  private readonly progress = createProgress(() => this.stop());
  private readonly sheet: Sheet;
  private tracks: [] | [Track] | [Track, Track] = [];
  private heard: Track["source"] | undefined;
  private doing = new AbortController();
  /** The job that is waited for. */
  private pending = "";
  /** What is known of the curve of a song that is being heard; null where none is. */
  private forming: CurveObject | null = null;
  /** A file is being sent, or could not be. */
  sending = false;

  constructor(
    private readonly health: Health,
    private readonly told: SongTold,
  ) {
    this.instrument = new Instrument(this.audio);
    this.sheet = new Sheet(this.instrument.player, this.instrument.plane, this.progress.element, {
      compare: () => void this.compare(),
      hear: (track) => this.hear(track.source, track.curve.duration_s, true),
      swap: () => this.told.go(this.tokens().reverse()),
      alone: () => this.told.go(this.tokens().slice(0, 1)),
      take: told.take,
    });
    this.audio.addEventListener("durationchange", () => this.showForming());
  }

  get element(): HTMLElement {
    return this.sheet.element;
  }

  /** Open one or two songs by their names in the address. */
  async open(tokens: string[]): Promise<void> {
    const signal = this.start();
    const [first = "", second] = tokens;
    this.sending = false;
    this.forming = null;
    try {
      const known = this.tracks.find((track) => track.token === first);
      const one = known ?? (await open(first, this.awaiting(first, second === undefined), signal));
      if (signal.aborted) return;
      this.show([one]);
      if (second !== undefined) {
        const two = await open(second, this.awaiting(second, false), signal);
        if (signal.aborted) return;
        this.show([one, two]);
      }
      this.over();
    } catch (error) {
      if (signal.aborted) return;
      const [before] = this.tracks;
      if (this.forming === null && before?.token !== first) this.clear("No such song", null);
      this.fail(error);
    }
  }

  /** Send a file and open it; as the second song where it is to stand beside another. */
  async take(file: File, beside?: string): Promise<void> {
    const signal = this.start();
    this.sending = beside === undefined;
    const most = this.health.limits.upload_bytes;
    if (beside === undefined) this.clear(shown(file.name), file);
    if (file.size > most) {
      const why = `${shown(file.name)} is larger than the ${megabytes(most)} that this server takes.`;
      return this.fail(new api.Refusal(why));
    }
    this.progress.show(shown(file.name), null);
    try {
      const token = await send(file, signal);
      this.told.sent(beside === undefined ? [token] : [beside, token]);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Take a key that the view knows; tell whether it did. */
  key(event: KeyboardEvent): boolean {
    if (event.key !== "c") return this.instrument.key(event);
    void this.compare();
    return true;
  }

  private async compare(): Promise<void> {
    const [first] = this.tracks;
    if (first === undefined) return;
    const picked = await pick(this.health, "Compare with …", first.token);
    if (picked === null) return;
    if (picked instanceof File) await this.take(picked, first.token);
    else this.told.go([first.token, picked]);
  }

  private tokens(): string[] {
    return this.tracks.map((track) => track.token);
  }

  /** Give up what is being done, and begin anew. */
  private start(): AbortSignal {
    this.doing.abort();
    this.doing = new AbortController();
    this.sheet.tell("");
    return this.doing.signal;
  }

  private stop(): void {
    this.doing.abort();
    if (this.pending !== "") api.forget(this.pending);
    this.over();
    this.told.go(this.tokens());
  }

  private over(): void {
    this.progress.hide();
    this.pending = "";
  }

  private fail(error: unknown): void {
    if (api.aborted(error)) return;
    this.over();
    if (this.tracks.length > 0) return this.sheet.tell(api.message(error));
    this.forming = null;
    this.sheet.fail(api.message(error));
    this.instrument.pause();
  }

  /** While a song is heard: its name, the progress, and the parts of its curve; beside another only the progress. */
  private awaiting(token: string, alone: boolean): Parameters<typeof open>[1] {
    return {
      named: (job) => {
        if (job.state === "done") return;
        if (alone) this.clear(shown(job.name), sourceOf(token));
        if (job.state === "failed") return;
        this.pending = job.job;
        this.progress.show(shown(job.name), 0);
      },
      progress: (share) => this.progress.show(null, share),
      forming: (curve) => {
        if (!alone) return;
        this.forming = curve;
        this.showForming();
      },
    };
  }

  /** A song of which only name and sound are known. */
  private clear(name: string, source: Track["source"]): void {
    this.tracks = [];
    this.sheet.name(name);
    this.forming = emptyCurve();
    this.hear(source, 0, false);
    this.showForming();
  }

  /** Draw what is known, over the length of the sound where the browser knows it. */
  private showForming(): void {
    const { forming, audio } = this;
    if (forming === null) return;
    const known = Number.isFinite(audio.duration) ? audio.duration : 0;
    this.instrument.show([forming], Math.max(known, lengthS(forming)), true);
  }

  private show(tracks: [Track] | [Track, Track]): void {
    const [first] = tracks;
    const curves = tracks.map((track) => track.curve);
    this.tracks = tracks;
    this.forming = null;
    this.sheet.show(tracks);
    this.hear(first.source, first.curve.duration_s, true);
    this.instrument.show(curves, Math.max(...curves.map(lengthS)), false);
  }

  private hear(source: Track["source"], seconds: number, keepTime: boolean): void {
    if (source === this.heard) return;
    this.heard = source;
    this.instrument.hear({ source, seconds }, keepTime);
  }
}
