// Follow a job of the server: its progress and the parts of its curve.

import { problemText, job, ApiError } from "../server/api";
import { emptyCurve, type Curve } from "../curve/curve";
import type { CurvePart, Problem } from "../server/types";

const POLL_MS = 700;

export interface JobHandlers {
  progress(fraction: number): void;
  /** The curve so far. */
  partialCurve(curve: Curve): void;
}

/** Wait until a job is done; reject with an `ApiError` if it fails. */
export function waitForJob(id: string, handlers: JobHandlers, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const events = new EventSource(`api/jobs/${encodeURIComponent(id)}/events`);
    const curve = emptyCurve();
    let ended = false;
    const end = (finish: () => void): void => {
      if (ended) return;
      ended = true;
      events.close();
      finish();
    };
    const on = <T>(name: string, handle: (data: T) => void): void => {
      events.addEventListener(name, (event) => {
        if (!ended && event instanceof MessageEvent) handle(JSON.parse(String(event.data)) as T);
      });
    };
    on<{ share: number }>("progress", ({ share }) => handlers.progress(share));
    on<CurvePart>("part", (part) => {
      addPart(curve, part);
      handlers.partialCurve({ ...curve });
    });
    on("done", () => end(resolve));
    on<Problem>("failed", (problem) => end(() => reject(new ApiError(problemText(problem)))));
    // the browser reconnects by itself; once it gives up, poll instead
    events.addEventListener("error", () => {
      if (!ended && events.readyState === EventSource.CLOSED)
        end(() => poll(id, handlers, signal).then(resolve, reject));
    });
    signal.addEventListener("abort", () => end(() => reject(new DOMException("aborted", "AbortError"))));
  });
}

async function poll(id: string, handlers: JobHandlers, signal: AbortSignal): Promise<void> {
  for (;;) {
    const { state, share, problem } = await job(id);
    if (signal.aborted) throw new DOMException("aborted", "AbortError");
    handlers.progress(share);
    if (state === "done") return;
    if (state === "failed") throw new ApiError(problemText(problem ?? {}));
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Add a part, which replaces points from its start on: a new connection repeats parts. */
function addPart(curve: Curve, part: CurvePart): void {
  curve.times_s = [...curve.times_s.slice(0, part.start), ...part.times_s];
  curve.arousal = [...curve.arousal.slice(0, part.start), ...part.arousal];
  curve.valence = [...curve.valence.slice(0, part.start), ...part.valence];
}
