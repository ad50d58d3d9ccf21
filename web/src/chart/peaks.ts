// The heights of a waveform, from sound that the browser decodes.

import type { Sound } from "./audio_source";

/** Longer sound is not decoded for its waveform: at 8 kHz this is 230 MB for two channels. */
export const LONGEST_S = 60 * 60;
const DECODED_HZ = 8000;
const PEAKS_PER_S = 100;

export interface Heights {
  peaks: Float32Array;
  seconds: number;
}

/** Heights of a sound; null where it is too long or the browser does not know its kind. */
export async function decoded(source: Sound["source"], seconds: number): Promise<Heights | null> {
  if (source === null || seconds > LONGEST_S) return null;
  try {
    const bytes = await (typeof source === "string" ? await fetch(source) : source).arrayBuffer();
    const sound = await new OfflineAudioContext(1, 1, DECODED_HZ).decodeAudioData(bytes);
    return { peaks: highest(sound), seconds: sound.duration };
  } catch {
    return null; // the player itself tells whether the sound can be heard
  }
}

/** The highest swing of any channel in each hundredth of a second. */
function highest(sound: AudioBuffer): Float32Array {
  const peaks = new Float32Array(Math.max(1, Math.ceil(sound.duration * PEAKS_PER_S)));
  const each = sound.length / peaks.length;
  for (let channel = 0; channel < sound.numberOfChannels; channel++) {
    sound.getChannelData(channel).forEach((value, i) => {
      const bin = Math.min(peaks.length - 1, Math.floor(i / each));
      peaks[bin] = Math.max(peaks[bin]!, Math.abs(value));
    });
  }
  return peaks;
}
