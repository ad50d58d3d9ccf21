// The server's JSON; docs/web.md explains the keys.

import type { PlanePoint } from "../curve/polyline";
import type { Tags } from "../curve/tags";

export interface LibrarySong {
  id: number;
  file: string;
  title: string | null;
  artist: string | null;
  album: string | null;
  genre: string | null;
  year: number | null;
  duration_s: number;
  arousal: number;
  valence: number;
  quadrant: string;
  words: string[];
  tags: Tags | null;
}

export interface SongList {
  total: number;
  songs: LibrarySong[];
}

export interface ProblemList {
  total: number;
  problems: { file: string; reason: string }[];
}

export interface SimilarSong {
  song: LibrarySong;
  /** Parts in which it is among the nearest songs: course, sound, mood. */
  agrees: string[];
}

/** Matching songs as columns: value i of each column belongs to song i. */
export interface MapColumns {
  id: number[];
  arousal: number[];
  valence: number[];
  quadrant: number[];
  title: (string | null)[];
  artist: (string | null)[];
  duration_s: number[];
  /** Names of the strongest tags, such as "acoustic, folk". */
  tags: (string | null)[];
  /** File names of songs without a title. */
  file: (string | null)[];
}

export type { PlanePoint };

export interface PlaylistSong {
  id: number;
  file: string;
  title: string | null;
  artist: string | null;
  duration_s: number;
  /** Where it begins in its file; null if it is all of it. */
  start_s: number | null;
  begin_s: number;
  arousal: number;
  valence: number;
  start: PlanePoint;
  end: PlanePoint;
  path_distance: number | null;
  jump: number | null;
}

export interface Playlist {
  name: string;
  total_s: number;
  path: PlanePoint[] | null;
  songs: PlaylistSong[];
  warnings: string[];
}

export interface Health {
  version: string;
  model: string;
  library: boolean;
  songs: number;
  limits: { upload_bytes: number; minutes: number };
}

export interface Job {
  job: string;
  state: "waiting" | "running" | "done" | "failed";
  share: number;
  name: string;
  problem: Problem | null;
}

export interface Problem {
  title?: string;
  status?: number;
  detail?: string;
}

export interface CurvePart {
  start: number;
  times_s: number[];
  arousal: number[];
  valence: number[];
}

export interface LiveSession {
  live: string;
  events: string;
  sound: string;
}

export interface LiveInfo {
  /** Sessions that the server allows; 0 if it analyzes no live sound. */
  sessions: number;
  /** Sound that the server hears itself. */
  source: { live: string; name: string; events: string } | null;
}

export interface LiveRow {
  time_s: number;
  clock: string;
  arousal: number;
  valence: number;
  arousal_low?: number;
  arousal_high?: number;
  valence_low?: number;
  valence_high?: number;
  silent: boolean;
  quadrant: string;
  words: string[];
}

export interface LiveNotice {
  clock: string;
  text: string;
}
