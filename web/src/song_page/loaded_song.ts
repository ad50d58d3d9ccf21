// A loaded song: one of the library, or an uploaded file. Its token in the page's address is song-27 or job-….

import * as api from "../server/api";
import type { Curve } from "../curve/curve";
import type { Job } from "../server/types";
import { waitForJob, type JobHandlers } from "./job_events";
import { displayText, songName } from "../common/format";

export interface LoadedSong {
  token: string;
  name: string;
  /** Artist, album, year and genre, as far as known. */
  details: string[];
  curve: Curve;
  /** Its audio: an uploaded file or a URL. */
  source: Blob | string | null;
  /** URL of the curve, without the format. */
  curveUrl: string;
}

/** Files uploaded by this page, for playback: the server keeps no copies. */
const uploads = new Map<string, File>();

/** Upload a file; return its token. */
export async function uploadFile(file: File, signal: AbortSignal): Promise<string> {
  const id = await api.analyze(file, signal);
  if (signal.aborted) api.deleteJob(id);
  uploads.set(id, file);
  return `job-${id}`;
}

export function audioSourceOf(token: string): LoadedSong["source"] {
  return token.startsWith("job-") ? (uploads.get(token.slice(4)) ?? null) : api.songAudioUrl(Number(token.slice(5)));
}

export interface LoadHandlers extends JobHandlers {
  /** The song is an uploaded file, with this job. */
  found(job: Job): void;
}

/** Load a song and its curve; an uploaded file may still be in analysis. */
export async function loadSong(token: string, handlers: LoadHandlers, signal: AbortSignal): Promise<LoadedSong> {
  return token.startsWith("job-") ? loadJob(token, handlers, signal) : loadLibrarySong(token);
}

async function loadLibrarySong(token: string): Promise<LoadedSong> {
  const id = Number(token.slice(5));
  const curveUrl = api.songCurveUrl(id);
  const [song, curve] = await Promise.all([api.song(id), api.fetchCurve(curveUrl)]);
  const details = [song.artist, song.album, song.year, song.genre].flatMap((value) =>
    value ? [displayText(String(value))] : [],
  );
  return { token, name: songName(song), details, curve, source: api.songAudioUrl(id), curveUrl };
}

async function loadJob(token: string, handlers: LoadHandlers, signal: AbortSignal): Promise<LoadedSong> {
  const id = token.slice(4);
  const job = await api.job(id);
  handlers.found(job);
  if (job.state === "failed") throw new api.ApiError(api.problemText(job.problem ?? {}));
  if (job.state !== "done") await waitForJob(id, handlers, signal);
  const curveUrl = `api/jobs/${encodeURIComponent(id)}/curve`;
  const curve = await api.fetchCurve(curveUrl);
  return { token, name: displayText(job.name), details: [], curve, source: uploads.get(id) ?? null, curveUrl };
}
