// A song to be heard, from the library or from a file that was sent, by the name that the page's address has for it:
// song-27, job-….

import * as api from "../server/api";
import type { CurveObject } from "../curve/curve";
import type { Job } from "../server/types";
import { follow, type Told } from "./job_events";
import { shown, songName } from "../common/format";

export interface Track {
  token: string;
  name: string;
  facts: string[];
  curve: CurveObject;
  /** Its sound: a file that was sent, or an address. */
  source: Blob | string | null;
  /** Address of the curve, to which a format is added. */
  address: string;
}

/** Files that this page has sent: the server keeps none, and the sound is played from here. */
const sent = new Map<string, File>();

/** Send a file; give the name under which it can be opened. */
export async function send(file: File, signal: AbortSignal): Promise<string> {
  const id = await api.analyze(file, signal);
  if (signal.aborted) api.forget(id);
  sent.set(id, file);
  return `job-${id}`;
}

export function sourceOf(token: string): Track["source"] {
  return token.startsWith("job-") ? (sent.get(token.slice(4)) ?? null) : api.songAudio(Number(token.slice(5)));
}

export async function open(token: string, told: Told & { named(job: Job): void }, signal: AbortSignal): Promise<Track> {
  return token.startsWith("job-") ? openJob(token, told, signal) : openSong(token);
}

async function openSong(token: string): Promise<Track> {
  const id = Number(token.slice(5));
  const address = api.songCurve(id);
  const [song, curve] = await Promise.all([api.song(id), api.curveAt(address)]);
  const facts = [song.artist, song.album, song.year, song.genre].flatMap((fact) => (fact ? [shown(String(fact))] : []));
  return { token, name: songName(song), facts, curve, source: api.songAudio(id), address };
}

async function openJob(token: string, told: Told & { named(job: Job): void }, signal: AbortSignal): Promise<Track> {
  const id = token.slice(4);
  const job = await api.job(id);
  told.named(job);
  if (job.state === "failed") throw new api.Refusal(api.inWords(job.problem ?? {}));
  if (job.state !== "done") await follow(id, told, signal);
  const address = `api/jobs/${encodeURIComponent(id)}/curve`;
  const curve = await api.curveAt(address);
  return { token, name: shown(job.name), facts: [], curve, source: sent.get(id) ?? null, address };
}
