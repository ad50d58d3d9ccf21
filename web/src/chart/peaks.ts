// Peaks of a waveform, from audio that the browser decodes.

import type { AudioSource } from "./audio_source";

/** Longer audio is not decoded for its waveform: an hour in stereo at 8 kHz takes 230 MB. */
export const MAX_DECODED_S = 60 * 60;
const DECODED_HZ = 8000;
const PEAKS_PER_S = 100;

export interface Peaks {
  peaks: Float32Array;
  seconds: number;
}

/** Peaks of an audio source, or null if it is too long or the browser cannot decode it. */
export async function decodePeaks(source: AudioSource["source"], seconds: number): Promise<Peaks | null> {
  if (source === null || seconds > MAX_DECODED_S) return null;
  try {
    const bytes = await (typeof source === "string" ? await fetch(source) : source).arrayBuffer();
    const audio = await new OfflineAudioContext(1, 1, DECODED_HZ).decodeAudioData(bytes);
    return { peaks: computePeaks(audio), seconds: audio.duration };
  } catch {
    return null; // the player reports audio that cannot be played
  }
}

/** The peaks of a part of the audio. */
export function cutPeaks({ peaks, seconds: total }: Peaks, start: number, seconds: number): Peaks {
  const [from, to] = [start, start + seconds].map((t) => Math.round((t / total) * peaks.length));
  return { peaks: peaks.slice(from, to), seconds };
}

/** The highest absolute sample of any channel in each hundredth of a second. */
function computePeaks(audio: AudioBuffer): Float32Array {
  const peaks = new Float32Array(Math.max(1, Math.ceil(audio.duration * PEAKS_PER_S)));
  const samplesPerPeak = audio.length / peaks.length;
  for (let channel = 0; channel < audio.numberOfChannels; channel++) {
    audio.getChannelData(channel).forEach((value, i) => {
      const bin = Math.min(peaks.length - 1, Math.floor(i / samplesPerPeak));
      peaks[bin] = Math.max(peaks[bin]!, Math.abs(value));
    });
  }
  return peaks;
}
