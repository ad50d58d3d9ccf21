// The audio that a player plays.

/** What is heard. */
export interface Sound {
  /** A file of the reader's own, or an address; null where there is nothing to play. */
  source: Blob | string | null;
  seconds: number;
  /** Heights of equal steps, from 0 to 1; absent, the sound is decoded for them, where the browser can. */
  peaks?: Float32Array;
  /** What is to be said of it. */
  note?: string;
}
