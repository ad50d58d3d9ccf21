// What the server tells the person who runs a study; see moodcurve/annotate/overview.py.

interface Similarity {
  r: number | null;
  ccc: number | null;
  rating: number | null;
}

export interface RaterState {
  rater: string;
  link: string;
  started: boolean;
  finished: boolean;
  songs: number;
  done: number;
  repeats: number;
  repeats_done: number;
  samples: number;
  missing: number;
  headphones: [number, number] | null;
  inputs: string[];
  /** When the last ratings came, in seconds since 1970. */
  last_s: number | null;
  consistency: { songs: number; arousal: Similarity; valence: Similarity };
}

interface Agreement {
  raters: number;
  cronbach_alpha: number | null;
  icc_2k: number | null;
  pairwise_r: number | null;
  pairwise_ccc: number | null;
}

export interface SongState {
  song: string;
  raters: number;
  arousal: Agreement | null;
  valence: Agreement | null;
}

export interface ModelState {
  state: "idle" | "running" | "done" | "failed";
  lines: string[];
}

export interface StudyState {
  title: string;
  mode: string;
  raters: RaterState[];
  songs: SongState[];
  model: ModelState;
}
