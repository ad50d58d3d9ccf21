// The JSON of a curve; docs/formats.md explains the keys.

import type { Tags } from "./tags";

export interface SongSummary {
  arousal: number;
  valence: number;
  quadrant: string;
  words: string[];
  arousal_low?: number;
  arousal_high?: number;
  valence_low?: number;
  valence_high?: number;
  probabilities?: Record<string, number>;
  rating?: Record<string, number>;
}

export interface Curve {
  source: string;
  model: string;
  feature_set: string;
  duration_s: number;
  /** Where the song begins in its file, if that holds several. */
  start_s?: number;
  times_s: number[];
  arousal: number[];
  valence: number[];
  arousal_low?: number[];
  arousal_high?: number[];
  valence_low?: number[];
  valence_high?: number[];
  song?: SongSummary;
  novelty?: number;
  tags?: Tags;
  /** Which points are silent; absent if none is. */
  silent?: boolean[];
  warnings?: string[];
}

/** A curve without points, to which an analysis adds. */
export function emptyCurve(): Curve {
  return { source: "", model: "", feature_set: "", duration_s: 0, times_s: [], arousal: [], valence: [] };
}
