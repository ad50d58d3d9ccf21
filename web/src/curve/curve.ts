// A curve as its JSON has it: docs/formats.md says what the keys mean.

export interface SongFacts {
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

export interface CurveObject {
  source: string;
  model: string;
  feature_set: string;
  duration_s: number;
  times_s: number[];
  arousal: number[];
  valence: number[];
  arousal_low?: number[];
  arousal_high?: number[];
  valence_low?: number[];
  valence_high?: number[];
  song?: SongFacts;
  novelty?: number;
  warnings?: string[];
}

/** A curve of which no point is known yet. */
export function emptyCurve(): CurveObject {
  return { source: "", model: "", feature_set: "", duration_s: 0, times_s: [], arousal: [], valence: [] };
}
