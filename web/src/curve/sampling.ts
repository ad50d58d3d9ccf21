// A curve's numbers at a moment, on average, and as they are drawn.

import type { CurveObject } from "./curve";

export type Row = "arousal" | "valence" | "arousal_low" | "arousal_high" | "valence_low" | "valence_high";
/** In the order of drawing: bands below, lines above. */
export const ROWS: Row[] = ["arousal_low", "arousal_high", "valence_low", "valence_high", "valence", "arousal"];

/** The end of the time axis: the duration, or the last point where that lies behind it. */
export function lengthS(curve: CurveObject): number {
  return Math.max(curve.duration_s, curve.times_s.at(-1) ?? 0, 1e-3);
}

export function indexAt(times: number[], t: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (times[middle]! <= t) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** A value between its points, straight; the first and the last hold beyond the ends. */
export function valueAt(times: number[], values: number[], t: number): number {
  const i = indexAt(times, t);
  const here = values[i] ?? 0;
  if (i >= values.length - 1 || t <= times[i]!) return here;
  const share = (t - times[i]!) / (times[i + 1]! - times[i]!);
  return here + share * (values[i + 1]! - here);
}

/** Means of each `k` points, the last of what is left. */
export function thinned(values: number[], k: number): number[] {
  if (k === 1) return values;
  const means: number[] = [];
  for (let i = 0; i < values.length; i += k) {
    const part = values.slice(i, i + k);
    means.push(part.reduce((sum, value) => sum + value, 0) / part.length);
  }
  return means;
}

/** Round times from 0 to the end, `most` of them at most. */
export function timeTicks(duration: number, most = 9): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800];
  const step = steps.find((one) => duration / one < most) ?? 3600 * Math.ceil(duration / 3600 / most + 1e-9);
  const ticks: number[] = [];
  for (let t = 0; t < duration; t += step) ticks.push(t);
  return ticks;
}
