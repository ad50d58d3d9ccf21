// A curve's numbers at a moment, on average, and as they are drawn.

import { QUADRANTS, quadrant, type Point } from "./mood";
import type { CurveObject } from "./curve_object";

const LEAST_SPAN_S = 4;

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

export interface Path {
  times: number[];
  arousal: number[];
  valence: number[];
}

/** The span of `smoothPath`: a point that jumps twice a second shows no direction. */
export function pathSpanS(length: number): number {
  return Math.max(LEAST_SPAN_S, Math.round(length / 60));
}

/** Running means over `pathSpanS`, over less at both ends. */
export function smoothPath(curve: CurveObject): Path {
  const { times_s: times } = curve;
  const half = pathSpanS(lengthS(curve)) / 2 + 1e-9;
  const path: Path = { times, arousal: [], valence: [] };
  let [first, end, sumA, sumV] = [0, 0, 0, 0];
  for (const t of times) {
    for (; end < times.length && times[end]! <= t + half; end++) {
      sumA += curve.arousal[end]!;
      sumV += curve.valence[end]!;
    }
    for (; times[first]! < t - half; first++) {
      sumA -= curve.arousal[first]!;
      sumV -= curve.valence[first]!;
    }
    path.arousal.push(sumA / (end - first));
    path.valence.push(sumV / (end - first));
  }
  return path;
}

export function pathAt(path: Path, t: number): Point {
  return { arousal: valueAt(path.times, path.arousal, t), valence: valueAt(path.times, path.valence, t) };
}

/** The end of a value axis that is symmetric about 0 and holds all curves: 0.5, 0.75 or 1. */
export function reach(curves: CurveObject[]): number {
  let highest = 0;
  for (const curve of curves) {
    for (const row of ROWS) for (const value of curve[row] ?? []) highest = Math.max(highest, Math.abs(value));
  }
  return highest <= 0.5 ? 0.5 : highest <= 0.75 ? 0.75 : 1;
}

export interface Extremes {
  mean: number;
  low: number;
  lowAt: number;
  high: number;
  highAt: number;
}

export function extremes(times: number[], values: number[]): Extremes {
  let [low, high, sum] = [0, 0, 0];
  values.forEach((value, i) => {
    if (value < values[low]!) low = i;
    if (value > values[high]!) high = i;
    sum += value;
  });
  return {
    mean: sum / values.length,
    low: values[low]!,
    lowAt: times[low]!,
    high: values[high]!,
    highAt: times[high]!,
  };
}

/** The part of the points in each quadrant and in the neutral middle, in the order of `QUADRANTS`. */
export function timeShares(curve: CurveObject): number[] {
  const counts = QUADRANTS.map(() => 0);
  curve.arousal.forEach((arousal, i) => counts[quadrant({ arousal, valence: curve.valence[i]! })]!++);
  return counts.map((count) => count / curve.arousal.length);
}

/** Round times from 0 to the end, `most` of them at most. */
export function timeTicks(duration: number, most = 9): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800];
  const step = steps.find((one) => duration / one < most) ?? 3600 * Math.ceil(duration / 3600 / most + 1e-9);
  const ticks: number[] = [];
  for (let t = 0; t < duration; t += step) ticks.push(t);
  return ticks;
}
