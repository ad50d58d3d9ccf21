// Requests for live sound.

import { request } from "./api";
import type { LiveInfo, LiveSession } from "./types";

const TIMEOUT_MS = 15_000;

export const liveInfo = (): Promise<LiveInfo> => request("api/live");

export function beginLive(rate: number, signal: AbortSignal): Promise<LiveSession> {
  return request(`api/live?rate=${rate}`, { method: "POST", signal: limited(signal) });
}

/** Send samples from a position on, of which the last was heard some seconds ago. */
export async function sendSound(
  { sound }: LiveSession,
  at: number,
  age: number,
  samples: Int16Array<ArrayBuffer>,
  signal: AbortSignal,
): Promise<void> {
  const headers = { "Content-Type": "application/octet-stream" };
  const url = `${sound}?at=${at}&age=${age.toFixed(3)}`;
  await request(url, { method: "POST", body: samples, headers, signal: limited(signal) });
}

/** End a session; ignore errors, since it may already be gone. */
export function endLive(id: string): void {
  const options = { method: "DELETE", keepalive: true }; // also when the page is closed
  void fetch(`api/live/${encodeURIComponent(id)}`, options).catch(() => undefined);
}

function limited(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
}
