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

/** The fraction of points in each quadrant and in the neutral center, in the order of `QUADRANTS`. */
export function timeShares(curve: Curve): number[] {
  const counts = QUADRANTS.map(() => 0);
  curve.arousal.forEach((arousal, i) => counts[quadrant({ arousal, valence: curve.valence[i]! })]!++);
  return counts.map((count) => count / curve.arousal.length);
}

export function means(curve: Curve): { arousal: number; valence: number } {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { arousal: mean(curve.arousal), valence: mean(curve.valence) };
}
