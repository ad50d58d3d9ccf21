// Sample a curve at a time, and reduce it for drawing.

import type { Curve } from "./curve";

export type Series = "arousal" | "valence" | "arousal_low" | "arousal_high" | "valence_low" | "valence_high";
/** In drawing order: bands below, lines above. */
export const SERIES: Series[] = ["arousal_low", "arousal_high", "valence_low", "valence_high", "valence", "arousal"];

/** The end of the time axis in seconds: the duration, or the last point if that is later. */
export function lengthS(curve: Curve): number {
  return Math.max(curve.duration_s, curve.times_s.at(-1) ?? 0, 1e-3);
}

/** The index of the last time that is not after `t`. */
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

/** Interpolate linearly between points; the first and last values hold beyond the ends. */
export function valueAt(times: number[], values: number[], t: number): number {
  const i = indexAt(times, t);
  const here = values[i] ?? 0;
  if (i >= values.length - 1 || t <= times[i]!) return here;
  const fraction = (t - times[i]!) / (times[i + 1]! - times[i]!);
  return here + fraction * (values[i + 1]! - here);
}

/** Average each `k` points; the last mean may be of fewer. */
export function downsample(values: number[], k: number): number[] {
  if (k === 1) return values;
  const means: number[] = [];
  for (let i = 0; i < values.length; i += k) {
    const part = values.slice(i, i + k);
    means.push(part.reduce((sum, value) => sum + value, 0) / part.length);
  }
  return means;
}

/** At most `max` round times from 0 to the end. */
export function timeTicks(duration: number, max = 9): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800];
  const step = steps.find((one) => duration / one < max) ?? 3600 * Math.ceil(duration / 3600 / max + 1e-9);
  const ticks: number[] = [];
  for (let t = 0; t < duration; t += step) ticks.push(t);
  return ticks;
}
