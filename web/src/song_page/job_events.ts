// A job of the server followed to its end: share done, and the parts of the curve as they come.

import { inWords, job, Refusal } from "../server/api";
import { emptyCurve, type CurveObject } from "../curve/curve";
import type { Part, Problem } from "../server/types";

const ASK_MS = 700;

export interface Told {
  progress(share: number): void;
  /** The curve as far as it is known. */
  forming(curve: CurveObject): void;
}

/** Follow a job until its curve is there; a problem of it is a `Refusal`. */
export function follow(id: string, told: Told, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const events = new EventSource(`api/jobs/${encodeURIComponent(id)}/events`);
    const curve = emptyCurve();
    let over = false;
    const end = (finish: () => void): void => {
      if (over) return;
      over = true;
      events.close();
      finish();
    };
    const on = <T>(name: string, act: (data: T) => void): void => {
      events.addEventListener(name, (event) => {
        if (!over && event instanceof MessageEvent) act(JSON.parse(String(event.data)) as T);
      });
    };
    on<{ share: number }>("progress", ({ share }) => told.progress(share));
    on<Part>("part", (part) => {
      join(curve, part);
      told.forming({ ...curve });
    });
    on("done", () => end(resolve));
    on<Problem>("failed", (problem) => end(() => reject(new Refusal(inWords(problem)))));
    // the browser connects again by itself; where it has given up, the job is asked instead
    events.addEventListener("error", () => {
      if (!over && events.readyState === EventSource.CLOSED) end(() => ask(id, told, signal).then(resolve, reject));
    });
    signal.addEventListener("abort", () => end(() => reject(new DOMException("given up", "AbortError"))));
  });
}

async function ask(id: string, told: Told, signal: AbortSignal): Promise<void> {
  for (;;) {
    const { state, share, problem } = await job(id);
    if (signal.aborted) throw new DOMException("given up", "AbortError");
    told.progress(share);
    if (state === "done") return;
    if (state === "failed") throw new Refusal(inWords(problem ?? {}));
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
  }
}

/** A part takes the place of what was there from its start on: a connection made again repeats some. */
function join(curve: CurveObject, part: Part): void {
  curve.times_s = [...curve.times_s.slice(0, part.start), ...part.times_s];
  curve.arousal = [...curve.arousal.slice(0, part.start), ...part.arousal];
  curve.valence = [...curve.valence.slice(0, part.start), ...part.valence];
}
