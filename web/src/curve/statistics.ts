// A curve as a whole, in numbers.

import { QUADRANTS, quadrant } from "./mood";
import type { CurveObject } from "./curve";
import { ROWS } from "./sampling";

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

export function means(curve: CurveObject): { arousal: number; valence: number } {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { arousal: mean(curve.arousal), valence: mean(curve.valence) };
}
