// The audio that the player plays.

export interface AudioSource {
  /** A file of the user or a URL; null if there is nothing to play. */
  source: Blob | string | null;
  seconds: number;
  /** Where the song begins in the audio; without it, the song is all of it. */
  start?: number | undefined;
  /** Peaks of equal time steps, from 0 to 1; without them the browser decodes the audio. */
  peaks?: Float32Array;
  /** A message about the audio, such as why there is none. */
  note?: string;
  /** Say why the server does not send the audio; null if it does. */
  problem?: (() => Promise<string | null>) | undefined;
}
