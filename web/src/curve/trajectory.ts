// The smoothed path of a song on the circumplex.

import type { Point } from "./mood";
import type { Curve } from "./curve";
import { lengthS, valueAt } from "./sampling";

const MIN_WINDOW_S = 4;

export interface Trajectory {
  times: number[];
  arousal: number[];
  valence: number[];
}

/** The smoothing window: a point that jumps twice a second would show no direction. */
export function smoothingWindowS(length: number): number {
  return Math.max(MIN_WINDOW_S, Math.round(length / 60));
}

/** Smooth a curve by running means, over shorter windows at both ends. */
export function smoothTrajectory(curve: Curve): Trajectory {
  const { times_s: times } = curve;
  const half = smoothingWindowS(lengthS(curve)) / 2 + 1e-9;
  const trajectory: Trajectory = { times, arousal: [], valence: [] };
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
    trajectory.arousal.push(sumA / (end - first));
    trajectory.valence.push(sumV / (end - first));
  }
  return trajectory;
}

export function pointAt(trajectory: Trajectory, t: number): Point {
  return {
    arousal: valueAt(trajectory.times, trajectory.arousal, t),
    valence: valueAt(trajectory.times, trajectory.valence, t),
  };
}
