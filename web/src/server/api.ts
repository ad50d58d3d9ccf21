// Requests to the server; errors carry a one-line message.

import type { Curve } from "../curve/curve";
import type {
  Health,
  Job,
  LibrarySong,
  MapColumns,
  PlanePoint,
  Playlist,
  Problem,
  ProblemList,
  SimilarSong,
  SongList,
} from "./types";

export class ApiError extends Error {}

/** An error response of the server. */
export class StatusError extends ApiError {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The server cannot be reached; a retry may help. */
export class ConnectionError extends ApiError {}

export type Filters = Record<string, string>;

export const health = (): Promise<Health> => request("api/health");
export const song = (id: number): Promise<LibrarySong> => request(`api/songs/${id}`);
export const fetchCurve = (url: string): Promise<Curve> => request(`${url}?format=json`);
export const PARTS = ["course", "sound", "mood"] as const;
/** What similar songs are alike in. */
export type Part = (typeof PARTS)[number];
export type Weights = Record<Part, number>;

export async function similarSongs(id: number, weights: Weights): Promise<SimilarSong[]> {
  const parameters = new URLSearchParams(PARTS.map((part) => [part, String(weights[part])]));
  return (await request<{ songs: SimilarSong[] }>(`api/songs/${id}/similar?limit=5&${parameters}`)).songs;
}
export const songCurveUrl = (id: number): string => `api/songs/${id}/curve`;
export const songAudioUrl = (id: number): string => `api/songs/${id}/audio`;
export const job = (id: string): Promise<Job> => request(`api/jobs/${encodeURIComponent(id)}`);

export function search(filters: Filters, limit: number): Promise<SongList> {
  return request(`api/search?${new URLSearchParams({ ...filters, limit: String(limit) })}`);
}

export function problems(offset: number): Promise<ProblemList> {
  return request(`api/problems?offset=${offset}`);
}

export function map(filters: Filters, signal: AbortSignal): Promise<MapColumns> {
  return request(`api/map?${new URLSearchParams(filters)}`, { signal });
}

export function makePlaylist(parameters: Filters, signal: AbortSignal): Promise<Playlist> {
  return request(`api/playlist?${new URLSearchParams(parameters)}`, { signal });
}

/** Songs in this order as a playlist, compared with a path. */
export function describeList(ids: number[], path: PlanePoint[] | null, signal: AbortSignal): Promise<Playlist> {
  return request(listUrl(ids, path), { signal });
}

export function listUrl(ids: number[], path: PlanePoint[] | null): string {
  return `api/playlist/list?${new URLSearchParams(listParameters(ids, path))}`;
}

/** Songs that could take a place in a list, the best first. */
export function alternatives(
  ids: number[],
  place: number,
  path: PlanePoint[] | null,
  filters: Filters,
): Promise<{ songs: LibrarySong[] }> {
  const parameters = { ...filters, ...listParameters(ids, path), place: String(place) };
  return request(`api/playlist/alternatives?${new URLSearchParams(parameters)}`);
}

export function playlistFileUrl(parameters: Filters, format: string, name: string): string {
  return `api/playlist/file?${new URLSearchParams({ ...parameters, format, name })}`;
}

/** Points as the server reads them. */
export function pointsText(points: PlanePoint[]): string {
  return points.map((point) => point.map((value) => value.toFixed(4)).join(",")).join(" ");
}

function listParameters(ids: number[], path: PlanePoint[] | null): Filters {
  return { songs: ids.join(","), ...(path === null ? {} : { path: pointsText(path) }) };
}

/** Upload a file for analysis; return the job's id. */
export async function analyze(file: File, signal: AbortSignal): Promise<string> {
  const form = new FormData();
  form.append("file", file);
  const started = await request<{ job: string }>("api/analyze", { method: "POST", body: form, signal });
  return started.job;
}

/** Cancel a job and delete its results; ignore errors, since the job may already be gone. */
export function deleteJob(id: string): void {
  void fetch(`api/jobs/${encodeURIComponent(id)}`, { method: "DELETE" }).catch(() => undefined);
}

/** Send a request, and return the JSON of its response. */
export async function request<T>(url: string, options: RequestInit = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ConnectionError("Cannot reach the server. Is “moodcurve serve” still running?");
  }
  if (!response.ok) throw new StatusError(response.status, await reason(response));
  return (await response.json()) as T;
}

/** Say why the server does not send a song's audio; null if it does. */
export async function audioProblem(url: string): Promise<string | null> {
  const response = await fetch(url, { headers: { Range: "bytes=0-0" } }).catch(() => null);
  if (response === null) return "the server cannot be reached";
  return response.ok ? null : reason(response);
}

async function reason(response: Response): Promise<string> {
  if (response.status === 401) {
    return "This page needs an access token. Open the address that “moodcurve serve” printed.";
  }
  try {
    return problemText((await response.json()) as Problem);
  } catch {
    return `The server returned error ${response.status} ${response.statusText}`.trim();
  }
}

/** The message of an error response. */
export function problemText(problem: Problem): string {
  return problem.detail ?? problem.title ?? `The server returned error ${problem.status ?? ""}`.trim();
}

/** Return true if the request was canceled by the page itself. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** An error's message with a capital letter; the command line prints the same messages after a file name. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
