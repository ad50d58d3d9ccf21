// The path of a song on the circumplex.

import type { Point } from "./mood";
import type { CurveObject } from "./curve";
import { lengthS, valueAt } from "./sampling";

const LEAST_SPAN_S = 4;

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
