// Statistics of a whole curve.

import { QUADRANTS, quadrant } from "./mood";
import type { Curve } from "./curve";
import { SERIES } from "./sampling";

/** The limit of a symmetric value axis that fits all curves: 0.5, 0.75 or 1. */
export function valueLimit(curves: Curve[]): number {
  let highest = 0;
  for (const curve of curves) {
    for (const series of SERIES) for (const value of curve[series] ?? []) highest = Math.max(highest, Math.abs(value));
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

/** The points that count in what is said about a song: those that are not silent, or all if all are. */
function sounding({ times_s: times, silent = [] }: Curve): number[] {
  const all = times.map((_, i) => i);
  const counted = all.filter((i) => !silent[i]);
  return counted.length > 0 ? counted : all;
}

export function extremes(curve: Curve, axis: "arousal" | "valence"): Extremes {
  const { times_s: times, [axis]: values } = curve;
  const counted = sounding(curve);
  let [low, high, sum] = [counted[0]!, counted[0]!, 0];
  for (const i of counted) {
    if (values[i]! < values[low]!) low = i;
    if (values[i]! > values[high]!) high = i;
    sum += values[i]!;
  }
  return {
    mean: sum / counted.length,
    low: values[low]!,
    lowAt: times[low]!,
    high: values[high]!,
    highAt: times[high]!,
  };
}

/** The fraction of points in each quadrant and in the neutral center, in the order of `QUADRANTS`. */
export function timeShares(curve: Curve): number[] {
  const counts = QUADRANTS.map(() => 0);
  const counted = sounding(curve);
  for (const i of counted) counts[quadrant({ arousal: curve.arousal[i]!, valence: curve.valence[i]! })]!++;
  return counts.map((count) => count / counted.length);
}

export function means(curve: Curve): { arousal: number; valence: number } {
  return { arousal: extremes(curve, "arousal").mean, valence: extremes(curve, "valence").mean };
}
