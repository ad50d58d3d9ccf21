// The song: what is heard, its curve as it comes, and a second one over it.

import * as api from "./api";
import { lengthS } from "./song/curve";
import { button, h, write } from "./song/dom";
import { aboutCard, compareCard, headline, songCard, warningList } from "./song/facts";
import { createInstrument, type Instrument } from "./song/instrument";
import { pick } from "./picker";
import { createProgress } from "./progress";
import { open, send, sourceOf, type Track } from "./tracks";
import type { CurveObject } from "./song/curve_object";
import type { Health } from "./types";
import { shown } from "./song/words";

const FORMATS = {
  csv: "CSV, a table of the points",
  png: "PNG, a picture",
  jams: "JAMS, for research",
  json: "JSON, all there is",
};

export interface SongView {
  element: HTMLElement;
  instrument: Instrument;
  /** Open one or two songs by their names in the address. */
  open(tokens: string[]): Promise<void>;
  /** Send a file and open it; as the second song where one is to be compared. */
  take(file: File): Promise<void>;
  compare(): Promise<void>;
}

export function createSongView(health: Health, go: (tokens: string[]) => void): SongView {
  const audio = h("audio", { id: "sound", preload: "auto" });
  const instrument = createInstrument(audio);
  const title = h("h1", { dir: "auto", tabindex: -1 });
  const facts = h("p", { class: "facts" });
  const actions = h("div", { class: "actions" });
  const pair = h("div", { class: "pair", hidden: true });
  const warnings = h("div", { class: "warnings", role: "note", "aria-label": "Warnings" });
  const trouble = h("p", { class: "trouble", role: "alert" });
  const cards = h("div", { class: "cards" });
  const progress = createProgress(() => stop());
  const board = h("div", { class: "board" }, instrument.player, instrument.plane);
  const element = h(
    "div",
    { class: "song-view" },
    title,
    facts,
    actions,
    pair,
    trouble,
    progress.element,
    warnings,
    board,
    cards,
  );
  let tracks: Track[] = [];
  let heard: Track["source"] | undefined;
  let doing = new AbortController();
  let pending = ""; // the job that is waited for

  function stop(): void {
    doing.abort();
    if (pending !== "") api.forget(pending);
    pending = "";
    progress.hide();
    go(tracks.map((track) => track.token));
  }

  function hear(source: Track["source"], seconds: number, keepTime: boolean): void {
    if (source === heard) return;
    heard = source;
    instrument.hear({ source, seconds }, keepTime);
  }

  function start(): AbortSignal {
    doing.abort();
    doing = new AbortController();
    write(trouble, "");
    return doing.signal;
  }

  /** While a song is heard: its name, the progress, and the parts of its curve; beside another only the progress. */
  function awaiting(token: string, alone: boolean): Parameters<typeof open>[1] {
    return {
      named(job) {
        if (job.state === "done" || job.state === "failed") return;
        pending = job.job;
        progress.show(shown(job.name), 0);
        if (alone) clear(shown(job.name), sourceOf(token));
      },
      progress: (share) => progress.show(null, share),
      forming(curve) {
        if (!alone) return;
        const known = audio.duration;
        const length = Number.isFinite(known) ? known : lengthS(curve);
        instrument.show([curve], Math.max(length, lengthS(curve)), true);
      },
    };
  }

  function clear(name: string, source: Track["source"]): void {
    write(title, name);
    document.title = `${name} – moodcurve`;
    facts.replaceChildren();
    actions.replaceChildren();
    cards.replaceChildren();
    pair.hidden = true;
    warnings.replaceChildren();
    tracks = [];
    board.hidden = false;
    hear(source, 0, false);
    instrument.show([nothing()], 1, true);
  }

  function fail(error: unknown): void {
    if (api.aborted(error)) return;
    progress.hide();
    pending = "";
    write(trouble, api.message(error));
    if (tracks.length > 0) return;
    board.hidden = true;
    instrument.pause();
  }

  function show(): void {
    const [first, second] = tracks;
    if (first === undefined) return;
    const curves = tracks.map((track) => track.curve);
    const length = Math.max(...curves.map(lengthS));
    board.hidden = false;
    const name = tracks.map((track) => track.name).join(" and ");
    write(title, name);
    document.title = `${name} – moodcurve`;
    hear(first.source, first.curve.duration_s, true);
    instrument.show(curves, length, false);
    facts.replaceChildren(...(second === undefined ? headline(first.curve, first.facts) : []));
    actions.replaceChildren(...(second === undefined ? actionsOf(first) : []));
    pair.hidden = second === undefined;
    if (second !== undefined) pair.replaceChildren(...pairOf(first, second));
    warnings.replaceChildren(...curves.flatMap(warningList));
    cards.replaceChildren(
      second === undefined ? songCard(first.curve) : compareCard([first.name, second.name], curves),
      aboutCard(first.curve),
    );
  }

  function actionsOf(track: Track): Node[] {
    const links = Object.entries(FORMATS).map(([format, words]) =>
      h("li", {}, h("a", { href: `${track.address}?format=${format}`, download: `${track.name}.${format}` }, words)),
    );
    return [
      button("Compare …", () => void compare(), { "aria-keyshortcuts": "c" }),
      h("details", { class: "menu" }, h("summary", {}, "Download"), h("ul", {}, ...links)),
    ];
  }

  function pairOf(first: Track, second: Track): Node[] {
    const ears = [first, second].map((track, i) => {
      const ear = button(i === 0 ? "Hear the first" : "Hear the second", () => {
        hear(track.source, track.curve.duration_s, true);
        ears.forEach((other) => other.setAttribute("aria-pressed", String(other === ear)));
      });
      ear.setAttribute("aria-pressed", String(i === 0));
      return ear;
    });
    return [
      h("span", { class: "key solid", dir: "auto" }, first.name),
      h("span", { class: "key dashed", dir: "auto" }, second.name),
      h("span", { class: "spring" }),
      h("span", { class: "ears", role: "group", "aria-label": "Which song is heard" }, ...ears),
      button("Swap", () => go([second.token, first.token])),
      button("Only the first", () => go([first.token])),
    ];
  }

  async function compare(): Promise<void> {
    const [first] = tracks;
    if (first === undefined) return;
    const picked = await pick(health, "Compare with …", first.token);
    if (picked === null) return;
    if (picked instanceof File) await take(picked, first.token);
    else go([first.token, picked]);
  }

  async function take(file: File, beside?: string): Promise<void> {
    const signal = start();
    if (file.size > health.limits.upload_bytes) {
      return fail(
        new api.Refusal(
          `${shown(file.name)} is larger than the ${megabytes(health.limits.upload_bytes)} that this server takes`,
        ),
      );
    }
    if (beside === undefined) clear(shown(file.name), file);
    progress.show(shown(file.name), null);
    try {
      const token = await send(file, signal);
      go(beside === undefined ? [token] : [beside, token]);
    } catch (error) {
      fail(error);
    }
  }

  return {
    element,
    instrument,
    async open(tokens) {
      const signal = start();
      const [first, second] = tokens;
      try {
        const known = tracks.find((track) => track.token === first);
        const one = known ?? (await open(first!, awaiting(first!, second === undefined), signal));
        if (signal.aborted) return;
        tracks = [one];
        show();
        if (second !== undefined) {
          const two = await open(second, awaiting(second, false), signal);
          if (signal.aborted) return;
          tracks = [one, two];
          show();
        }
        progress.hide();
        pending = "";
      } catch (error) {
        if (signal.aborted) return;
        if (tracks.length > 0 && tracks[0]?.token !== first) clear("No such song", null);
        fail(error);
      }
    },
    take,
    compare,
  };
}

function nothing(): CurveObject {
  return { source: "", model: "", feature_set: "", duration_s: 1, times_s: [], arousal: [], valence: [] };
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20).toLocaleString("en")} MB`;
}
