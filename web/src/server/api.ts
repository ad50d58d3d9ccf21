// The server's answers, and its refusals as one line that says what went wrong.

import type { CurveObject } from "../curve/curve";
import type { Health, Job, LibrarySong, MapColumns, Problem, SongList } from "./types";

export class Refusal extends Error {}

/** Nobody is there: asking again may help. */
export class NoAnswer extends Refusal {}

export type Filters = Record<string, string>;

export const health = (): Promise<Health> => get("api/health");
export const song = (id: number): Promise<LibrarySong> => get(`api/songs/${id}`);
export const curveAt = (address: string): Promise<CurveObject> => get(`${address}?format=json`);
export const songCurve = (id: number): string => `api/songs/${id}/curve`;
export const songAudio = (id: number): string => `api/songs/${id}/audio`;
export const problems = (): Promise<{ problems: { file: string; reason: string }[] }> => get("api/problems");
export const job = (id: string): Promise<Job> => get(`api/jobs/${encodeURIComponent(id)}`);

export function search(filters: Filters, limit: number): Promise<SongList> {
  return get(`api/search?${new URLSearchParams({ ...filters, limit: String(limit) })}`);
}

export function map(filters: Filters, signal: AbortSignal): Promise<MapColumns> {
  return get(`api/map?${new URLSearchParams(filters)}`, { signal });
}

/** Send a file to be analysed; give the job's number. */
export async function analyze(file: File, signal: AbortSignal): Promise<string> {
  const form = new FormData();
  form.append("file", file);
  const started = await get<{ job: string }>("api/analyze", { method: "POST", body: form, signal });
  return started.job;
}

/** Stop a job and have the server forget it; one that is forgotten already is no trouble. */
export function forget(id: string): void {
  void fetch(`api/jobs/${encodeURIComponent(id)}`, { method: "DELETE" }).catch(() => undefined);
}

async function get<T>(address: string, options: RequestInit = {}): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(address, options);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new NoAnswer("The server does not answer. Is “moodcurve serve” still running?");
  }
  if (!answer.ok) throw new Refusal(await reason(answer));
  return (await answer.json()) as T;
}

async function reason(answer: Response): Promise<string> {
  if (answer.status === 401) {
    return "This page needs its token: open the address that “moodcurve serve” printed.";
  }
  try {
    return inWords((await answer.json()) as Problem);
  } catch {
    return `The server answered ${answer.status} ${answer.statusText}`.trim();
  }
}

export function inWords(problem: Problem): string {
  return problem.detail ?? problem.title ?? `The server answered ${problem.status ?? "with an error"}`;
}

/** Was a request given up by ourselves? */
export function aborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** What went wrong, as a sentence: the server's lines follow a name and a colon elsewhere. */
export function message(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
